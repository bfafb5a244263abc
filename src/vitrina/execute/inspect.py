"""What the ``inspect`` command finds out about database files: hash, size and row counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from vitrina.engine.protocols import DatabaseSpec
from vitrina.engine.sqlite.connections import ConnectionSetup, open_connection
from vitrina.engine.sqlite.fingerprint import Fingerprint
from vitrina.engine.sqlite.introspect import introspect
from vitrina.engine.sqlite.translate import translated


def inspect_database(spec: DatabaseSpec, setup: ConnectionSetup | None = None) -> dict[str, Any]:
    """``{hash, size, file, tables: {name: {count}}}`` of one file (blocking: reads all of it).

    The file is opened as immutable. Raises EngineError or DatabaseCorrupt
    when it cannot be read.
    """
    if spec.path is None:
        raise ValueError("only files can be inspected")
    path = Path(spec.path)
    frozen = replace(spec, is_mutable=False)
    fingerprint = Fingerprint()
    open_frozen = partial(open_connection, frozen, "read", setup or ConnectionSetup())
    with translated(spec.name):
        conn = open_frozen()
        try:
            catalog = introspect(conn, spec.name, 0)
        finally:
            conn.close()
        fingerprint.compute(spec.path, tuple(catalog.tables), open_frozen)
    counts = fingerprint.counts or {}
    return {
        "hash": fingerprint.hash,
        "size": path.stat().st_size,
        "file": spec.path,
        "tables": {name: {"count": count} for name, count in counts.items()},
    }


def inspect_databases(specs: Iterable[DatabaseSpec], setup: ConnectionSetup | None = None) -> dict[str, Any]:
    """Database name → :func:`inspect_database` of it, in order (blocking)."""
    return {spec.name: inspect_database(spec, setup) for spec in specs}
