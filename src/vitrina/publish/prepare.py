"""Run while an image is built: databases made compact and inspected, templates compiled.

``python -m vitrina.publish.prepare DIRECTORY``, where ``DIRECTORY/data`` has the database files.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from pathlib import Path
from urllib.parse import quote

from vitrina.cli.inspect import summarize
from vitrina.errors import StartupError
from vitrina.render.templates import Templates

DATA = "data"
INSPECT_FILE = "inspect-data.json"
TEMPLATE_CACHE = "template-cache"


def prepare(directory: Path) -> None:
    """Vacuum and inspect the files in ``directory/data``, compile the built-in templates. Raises StartupError."""
    files = sorted(path for path in (directory / DATA).iterdir() if path.is_file())
    for file in files:
        compact(file)
    os.chdir(directory)
    summary = summarize([f"{DATA}/{file.name}" for file in files])
    (directory / INSPECT_FILE).write_text(json.dumps(summary, indent=2), encoding="utf-8")
    Templates(cache_dir=directory / TEMPLATE_CACHE).compile_built_in()


def compact(file: Path) -> None:
    """Rewrite a database file without free pages and without a write-ahead log. Raises StartupError."""
    fresh = file.with_name(f".{file.name}.new")
    conn = sqlite3.connect(f"file:{quote(str(file))}", uri=True)
    try:
        conn.execute("VACUUM INTO ?", (str(fresh),))
    except sqlite3.Error as error:
        raise StartupError(f"{file.name}: {error}") from error
    finally:
        conn.close()
    os.replace(fresh, file)
    for ending in ("-wal", "-shm"):
        Path(f"{file}{ending}").unlink(missing_ok=True)
    file.chmod(0o444)


if __name__ == "__main__":
    prepare(Path(sys.argv[1]).resolve())
