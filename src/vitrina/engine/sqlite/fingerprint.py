"""Hash and row counts of an immutable file: computed once, since they cannot change."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from vitrina.dialect.quoting import quote_identifier
from vitrina.engine.sqlite.translate import translated

# Files up to this size, in bytes, are read at once by the first request.
_SMALL_FILE = 16 * 1024 * 1024
_CHUNK = 1024 * 1024


@dataclass(slots=True)
class Fingerprint:
    """SHA-256 in hex and table → rows; None for what is not known yet."""

    hash: str | None = None
    counts: dict[str, int] | None = None
    # set when nobody waits for it any more
    stopped: threading.Event = field(default_factory=threading.Event)
    #: whether nothing is left to begin
    begun: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.begun = self.begun or (self.hash is not None and self.counts is not None)

    def begin(
        self, name: str, path: str, size: int, tables: Iterable[str], open_connection: Callable[[], sqlite3.Connection]
    ) -> None:
        """Compute once what is missing: of a file of few bytes now, of a larger one in a thread named after ``name``.

        Raises VitrinaError where a small file cannot be read.
        """
        with self._lock:
            if self.begun:
                return
            self.begun = True
            job = partial(self.compute, path, tuple(tables), open_connection)
            if size <= _SMALL_FILE:
                with translated(name):
                    job()
            else:
                threading.Thread(target=job, name=f"vitrina-fingerprint-{name}", daemon=True).start()

    def compute(self, path: str, names: Iterable[str], open_connection: Callable[[], sqlite3.Connection]) -> None:
        """Find out what is missing (blocking: reads the whole file).

        Only for immutable files: on a mutable one, opening and closing the
        file would drop SQLite's locks in this process.
        """
        if self.hash is None:
            self.hash = self._hash(path)
        if self.counts is None and not self.stopped.is_set():
            conn = open_connection()
            try:
                conn.set_progress_handler(self.stopped.is_set, 10_000)
                counts = count_all(conn, names)
            finally:
                conn.close()
            if not self.stopped.is_set():
                self.counts = counts

    def _hash(self, path: str) -> str | None:
        digest = hashlib.sha256()
        with open(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                if self.stopped.is_set():
                    return None
                digest.update(chunk)
        return digest.hexdigest()


def count_all(conn: sqlite3.Connection, names: Iterable[str]) -> dict[str, int]:
    """Table → exact number of rows (blocking, without limit); tables that cannot be read are left out."""
    counts: dict[str, int] = {}
    for name in names:
        try:
            counts[name] = conn.execute(f"SELECT count(*) FROM {quote_identifier(name)}").fetchone()[0]
        except sqlite3.Error:
            continue
    return counts
