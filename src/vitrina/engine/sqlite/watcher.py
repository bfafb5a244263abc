"""Noticing that a database changed: by this process, another one, or by a new file in its place."""

from __future__ import annotations

import itertools
import os
import sqlite3
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace

from vitrina.catalog.model import DatabaseCatalog
from vitrina.engine.protocols import DatabaseSpec
from vitrina.engine.sqlite.changes import Changes
from vitrina.engine.sqlite.introspect import introspect
from vitrina.engine.sqlite.translate import DRIVER_ERRORS, is_locked, translate
from vitrina.errors import EngineError, VitrinaError

_serials = itertools.count(1)


@dataclass(frozen=True, slots=True)
class _Commit:
    """A commit of this process that is under way, to ``tables``, begun in ``epoch``.

    An ``exclusive`` one lets nobody else commit until it is noted.
    """

    tables: frozenset[str]
    exclusive: bool
    epoch: int


class Watcher:
    """One connection per database that is never written through.

    ``PRAGMA data_version`` on it changes with every commit of any other
    connection, in this process or not. Not thread-safe: callers hold the
    database's lock. ``generation`` rises when the contents may have changed,
    ``epoch`` when the file itself was replaced and connections must be opened
    anew.
    """

    def __init__(self, spec: DatabaseSpec, open_connection: Callable[[], sqlite3.Connection]) -> None:
        self._spec = spec
        self._open = open_connection
        self._conn: sqlite3.Connection | None = None
        self._data_version = -1
        self._identity: tuple[int, int] | None = None
        # (size, time of change) when the version counter had changed last, and whether a write-ahead log stands beside
        self._stamp: tuple[int | None, int | None] = (None, None)
        self._is_wal = False
        # another file may be in this place: the schema's number says nothing
        self._in_doubt = False
        # what the schema said when it was read last
        self._schema_digest: int | None = None
        self._committing: _Commit | None = None
        self.generation = 0
        #: which tables changed in which generation
        self.changes = Changes()
        self.epoch = 0
        #: the last epoch of which no connection may go on, as the file was overwritten where it stands
        self.spoiled = -1
        #: rises with changes that others made: pages kept from before may be those of a file that was overwritten
        self.outside = 0
        self.catalog: DatabaseCatalog | None = None
        #: where one file after another comes in this place with the same schema, what is under way goes on
        self.expects_others = False
        # that of the file which stood here before
        self._replaced: DatabaseCatalog | None = None
        self.size = spec.size
        self.mtime_ns: int | None = None

    @property
    def is_connected(self) -> bool:
        """Whether a connection is open."""
        return self._conn is not None

    def rename(self, spec: DatabaseSpec) -> None:
        """Name the catalogs to come after ``spec``, which is the same file under another name."""
        self._spec = spec
        self.catalog = self._replaced = None

    def look(self) -> DatabaseCatalog:
        """The current catalog, after looking at the file's version counter (blocking).

        While another program holds the file, the last catalog is returned at
        once under a new generation: whoever reads waits for himself, not all
        behind each other here. Raises DatabaseCorrupt, EngineError, or
        Unavailable when the file is locked and was never read.
        """
        self.look_at_file()
        catalog = self.catalog
        if catalog is not None and not self._spec.is_mutable and not catalog.attached:
            return catalog
        for may_try_again in (self._conn is not None, False):
            try:
                return self._look()
            except DRIVER_ERRORS as error:
                if is_locked(error):
                    if catalog is None:
                        raise translate(error, database=self._spec.name) from error
                    self._advance()
                    return catalog
                # Whatever stands there when it can be read again, no connection may go on with pages it has kept.
                self.distrust()
                if not may_try_again:
                    raise translate(error, database=self._spec.name) from error
        raise AssertionError("unreachable")

    def _look(self) -> DatabaseCatalog:
        data_version = self._read_version()
        if data_version == self._data_version and self.may_be_overwritten():
            self.distrust()
            data_version = self._read_version()
        catalog = self.catalog
        # Attached files have counters of their own, so nothing there is ever taken as unchanged.
        if catalog is not None and data_version == self._data_version and not catalog.attached:
            return catalog
        self._advance()
        self.outside += 1
        if catalog is not None and not self._in_doubt and self._is_of_another_file(catalog):
            self.distrust()
            data_version = self._read_version()
        conn = self._conn
        assert conn is not None
        # Taken after the counter: what is committed in between will be seen by the counter.
        self._stamp = self._stamp_of_file()
        if (
            catalog is None
            or self._in_doubt
            or catalog.schema_version != conn.execute("PRAGMA schema_version").fetchone()[0]
        ):
            catalog = self.catalog = self._introspect(conn)
            self._in_doubt = False
            conn.execute("PRAGMA busy_timeout=0")
        # Only now: had reading the schema failed, the next look would have to try again.
        self._data_version = data_version
        return catalog

    def _is_of_another_file(self, catalog: DatabaseCatalog) -> bool:
        """Whether no commit leads from the schema that was read last to what is there now.

        Another file was copied over this one then, and connections that know
        its schema by the same number would read, and write, what is not there.
        """
        conn = self._conn
        assert conn is not None
        version = conn.execute("PRAGMA schema_version").fetchone()[0]
        if version != catalog.schema_version or self._is_wal or self._spec.path is None:
            return bool(version < catalog.schema_version)
        return self._schema_digest != _digest_of_schema(conn)

    def _introspect(self, conn: sqlite3.Connection) -> DatabaseCatalog:
        """What is there now; the catalog before, where another file with the same schema was expected."""
        if not self._is_wal and self._spec.path is not None:
            self._schema_digest = _digest_of_schema(conn)
        fresh = introspect(conn, self._spec.name, next(_serials))
        before, self._replaced = self.catalog or self._replaced, None
        if self.expects_others and before is not None and replace(fresh, serial=before.serial) == before:
            return before
        return fresh

    def _advance(self, tables: frozenset[str] | None = None) -> None:
        """The contents may have changed: those of ``tables``, or anything."""
        self.generation += 1
        self.changes.note(self.generation, tables)

    # Commits of this process

    @property
    def tells_commits(self) -> bool:
        """Whether one commit can be told from another here."""
        return self._spec.path is not None and not self._spec.nolock and self._spec.is_mutable

    def begin_commit(self, tables: frozenset[str], *, exclusive: bool) -> bool:
        """Take note of all that was committed until now: the caller, who holds the write lock, is about to commit.

        Rows of ``tables`` will change, no others. With ``exclusive`` the
        caller makes sure that nobody else commits before :meth:`end_commit`,
        which must follow where this gives True. With False the commit cannot
        be told from others: the next look takes it for a change of anything.
        """
        if not self.tells_commits:
            return False
        try:
            self.look_at_file()
            if self._look().attached:
                return False
        except (*DRIVER_ERRORS, VitrinaError):
            return False
        self._committing = _Commit(tables, exclusive, self.epoch)
        return True

    def end_commit(self, nobody_else: Callable[[], bool] | None) -> None:
        """The commit is done; None for ``nobody_else`` says that it failed.

        ``nobody_else`` is asked after the version counter was read, and says
        whether no other connection had committed by then.
        """
        commit, self._committing = self._committing, None
        if nobody_else is None or commit is None or self._conn is None or commit.epoch != self.epoch:
            return
        try:
            data_version = self._read_version()
            if data_version == self._data_version or not nobody_else():
                return
        except DRIVER_ERRORS:
            return
        self._advance(commit.tables)
        self._stamp = self._stamp_of_file()
        self._data_version = data_version

    def is_committing(self) -> bool:
        """Whether a commit of this process is under way that locks the file, which is still the one last seen."""
        if self._committing is None or not self._committing.exclusive:
            return False
        self.look_at_file()
        return self._committing.epoch == self.epoch

    def must_wait(self) -> bool:
        """Whether a commit of this process is under way, and keeps a look from telling what changed."""
        if self._committing is None:
            return False
        if self._committing.exclusive:
            # The file is locked, or about to be.
            return True
        try:
            return self._read_version() != self._data_version
        except DRIVER_ERRORS:
            return False

    def distrust(self) -> None:
        """No connection may go on: what they keep is perhaps of another file."""
        self.spoiled = self.epoch
        self.renew()

    def renew(self) -> None:
        """Whoever comes from now on opens connections of his own; those in use go on with the file that they opened."""
        self.close()
        self.epoch += 1
        self._advance()
        self._in_doubt = True

    def _read_version(self) -> int:
        self.connect()
        assert self._conn is not None
        version: int = self._conn.execute("PRAGMA data_version").fetchone()[0]
        return version

    def may_be_overwritten(self) -> bool:
        """Whether the file was written to since the version counter changed last.

        Where the counter has not changed since, no commit did that: another
        file, with the same counter, was copied over this one, and connections
        would go on to mix the pages they keep with those of the new file. In
        WAL mode the file also changes when nothing is committed.
        """
        return not self._is_wal and self._spec.is_mutable and self._stamp != (self.size, self.mtime_ns)

    def _stamp_of_file(self) -> tuple[int | None, int | None]:
        if self._spec.path is None:
            return (None, None)
        try:
            found = os.stat(self._spec.path)
        except OSError:
            # Gone at this moment: the next look says so.
            return (None, None)
        return (found.st_size, found.st_mtime_ns)

    def connect(self) -> None:
        """Open the connection if it is not open (blocking); raises sqlite3.Error as the driver does."""
        if self._conn is None:
            self._conn = self._open()
            self._data_version = -1
            self._is_wal = self._conn.execute("PRAGMA journal_mode").fetchone()[0] == "wal"

    def look_at_file(self) -> None:
        """See whether another file stands in the place of this one; costs one ``stat``."""
        if self._spec.path is None or not self._spec.is_mutable:
            return
        try:
            found = os.stat(self._spec.path)
        except OSError as error:
            raise EngineError(
                f"Database {self._spec.name}: file {self._spec.path} cannot be opened: {error.strerror}",
                hint="The file was moved or deleted while it was served.",
            ) from error
        if not stat.S_ISREG(found.st_mode):
            # Opening a pipe would wait for somebody who writes to it.
            raise EngineError(f"Database {self._spec.name}: {self._spec.path} is not a file any more")
        self.size = found.st_size
        self.mtime_ns = found.st_mtime_ns
        identity = (found.st_dev, found.st_ino)
        if self._identity is not None and identity != self._identity:
            # Another file stands in its place: SQLite's own counters know nothing of that.
            self.epoch += 1
            self._advance()
            self.catalog, self._replaced = None, self.catalog or self._replaced
            self.close()
        self._identity = identity

    def close(self) -> None:
        """Close the connection; the next look opens it again."""
        conn, self._conn = self._conn, None
        if conn is not None:
            conn.close()


def _digest_of_schema(conn: sqlite3.Connection) -> int:
    return hash(tuple(conn.execute("SELECT name, rootpage, sql FROM sqlite_master")))
