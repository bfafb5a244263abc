"""Which SQLite library this process uses: Python's own, or the one named by VITRINA_SQLITE."""

from __future__ import annotations

import importlib
import os
import sys


def choose() -> None:
    """Put the library that VITRINA_SQLITE names in the place of ``sqlite3``.

    Two libraries open on one file break each other's locks, so this is for the
    whole process and comes before anything imports ``sqlite3``. Exits with a
    message when the library is not installed.
    """
    name = os.environ.get("VITRINA_SQLITE", "")
    if name in ("", "sqlite3"):
        return
    try:
        library = importlib.import_module(name)
        sys.modules["sqlite3.dbapi2"] = importlib.import_module(f"{name}.dbapi2")
    except ImportError:
        sys.exit(f"Error: VITRINA_SQLITE={name}: this library is not installed in the environment of vitrina")
    sys.modules["sqlite3"] = library
