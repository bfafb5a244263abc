"""Saying why a database file cannot be served."""

from __future__ import annotations

import os
from pathlib import Path

from vitrina.engine.protocols import DatabaseSpec


def explain(spec: DatabaseSpec) -> tuple[str, str] | None:
    """What is wrong with the file of ``spec``, and what to do; None where nothing is seen.

    Looks at names and rights only: opening a mutable file outside of SQLite
    would drop its locks.
    """
    if spec.path is None:
        return None
    path = Path(spec.path)
    if path.is_dir():
        return (f"{path} is a directory, not a database file", "Give the files in it, or this directory alone.")
    if not path.exists():
        if spec.mode == "rwc" and path.parent.is_dir():
            return None
        return (f"Database file {path} does not exist", "Check the path, or use --create to make an empty database.")
    if not os.access(path, os.R_OK):
        return (f"Database file {path} may not be read", "Give the user that runs this server the right to read it.")
    if spec.is_mutable and not os.access(path.parent, os.W_OK):
        return (
            f"Database file {path} cannot be opened in a directory that may not be written to",
            "A database in WAL mode needs files beside it; serve it with -i if nothing ever changes it.",
        )
    return None
