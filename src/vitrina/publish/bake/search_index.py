"""The index that the pages of a mirror search: words in small files by their first two letters."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vitrina.publish.bake.addresses import link_to
from vitrina.publish.bake.files import Mirror
from vitrina.publish.bake.journal import Entry

FOLDER = "-/bake/search"
SCRIPT = "-/bake/bake.js"
PAGES_IN_A_FILE = 500
_WORD = re.compile(r"[^\W]{2,}")
_ORDER = {"database": 0, "table": 1, "row": 2}


def write_search(mirror: Mirror, entries: Iterable[Entry]) -> list[str]:
    """Write the script and the index of what can be read on the pages; the files. Raises OSError."""
    script = Path(__file__).with_name("mirror_script.js").read_bytes()
    mirror.write(SCRIPT, script)
    pages = _pages(entries)
    first = sum(1 for page in pages if page[2] != "row")
    files = [SCRIPT]

    def write(name: str, value: Any) -> None:
        files.append(f"{FOLDER}/{name}.json")
        mirror.write(files[-1], json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())

    write("about", {"pages": len(pages), "first": first, "size": PAGES_IN_A_FILE})
    shards: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, (_, name, _, description) in enumerate(pages):
        for word in sorted(set(_WORD.findall(f"{name} {description}".lower()))):
            shards[word[:2]][word].append(number)
    for start in range(0, len(pages), PAGES_IN_A_FILE):
        write(f"pages-{start // PAGES_IN_A_FILE}", pages[start : start + PAGES_IN_A_FILE])
    for letters, words in shards.items():
        write(f"words-{'-'.join(f'{ord(char):x}' for char in letters)}", words)
    return files


def _pages(entries: Iterable[Entry]) -> list[tuple[str, str, str, str]]:
    """Link, name, kind and text of each page without a query string: databases and tables first."""
    by_url = {entry.url: entry for entry in entries if "?" not in entry.url}
    found = []
    for url, entry in by_url.items():
        depth = url.count("/")
        if not entry.file.endswith("index.html") or url == "/" or url.startswith("/-/"):
            continue
        kind = {1: "database", 2: "table"}.get(depth, "row")
        row = by_url.get(f"{url}.json")
        found.append((link_to(entry.file), entry.title, kind, row.text if row is not None and kind == "row" else ""))
    return sorted(found, key=lambda page: _ORDER[page[2]])
