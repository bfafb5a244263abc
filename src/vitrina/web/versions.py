"""What this server is made of: versions of Python, SQLite and its features."""

from __future__ import annotations

import importlib.metadata
import sqlite3
import sys
from functools import cache
from typing import Any

from vitrina.version import REFERENCE_VERSION, __version__

# Each is one statement that only works where the feature is compiled in.
_EXTENSION_PROBES = (
    ("json1", "select json('{}')"),
    ("spatialite", "select spatialite_version()"),
)
_FTS_VERSIONS = ("FTS5", "FTS4", "FTS3")


def versions(asgi_version: str, note: str | None) -> dict[str, Any]:
    """The body of ``/-/versions.json`` without ``ok``.

    ``asgi_version`` is what the server said it speaks; ``note`` the text of
    ``--version-note``.
    """
    datasette: dict[str, Any] = {"version": REFERENCE_VERSION}
    if note:
        datasette["note"] = note
    return {
        "python": {"version": ".".join(map(str, sys.version_info[:3])), "full": sys.version},
        "datasette": datasette,
        "vitrina": {"version": __version__},
        "asgi": asgi_version,
        "uvicorn": _installed("uvicorn"),
        "sqlite": sqlite_features(),
    }


@cache
def _installed(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


@cache
def sqlite_features() -> dict[str, Any]:
    """Version, full-text engines, extensions and compile options of the SQLite in this process."""
    conn = sqlite3.connect(":memory:")
    try:
        options = [row[0] for row in conn.execute("pragma compile_options")]
        extensions = {}
        for name, probe in _EXTENSION_PROBES:
            value = _probe(conn, probe)
            if value is not None:
                extensions[name] = True if name == "json1" else value
        return {
            "version": sqlite3.sqlite_version,
            "fts_versions": [name for name in _FTS_VERSIONS if _has_module(conn, name)],
            "extensions": extensions,
            "compile_options": options,
        }
    finally:
        conn.close()


def _probe(conn: sqlite3.Connection, sql: str) -> Any:
    try:
        return conn.execute(sql).fetchone()[0]
    except sqlite3.OperationalError:
        return None


def _has_module(conn: sqlite3.Connection, name: str) -> bool:
    # A private memory database: nothing of it outlives this function.
    try:
        conn.execute(f"create virtual table v{name} using {name}(data)")
    except sqlite3.OperationalError:
        return False
    return True
