"""Running read statements on one connection, inside a worker thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import Any

from vitrina.catalog.model import DatabaseCatalog
from vitrina.engine.observed import Seen
from vitrina.engine.protocols import Params, Rows
from vitrina.engine.sqlite.connections import LENIENT_TEXT
from vitrina.engine.sqlite.guard import MAX_RESULT_BYTES, TimeLimit, guard
from vitrina.engine.sqlite.tables_read import TablesRead
from vitrina.engine.sqlite.translate import DRIVER_ERRORS, TIME_LIMIT_MESSAGE, translate
from vitrina.errors import InvalidSQL, QueryInterrupted, VitrinaError
from vitrina.hooks.tracing import StatementNote, current_traces, untraced

_BATCH = 100


class ReadConnection:
    """One open connection with its clock; a guarded one is restricted to what people's SQL may do.

    ``tables_read`` is None where it cannot be told which tables a statement reads.
    """

    __slots__ = ("conn", "guarded", "limit", "tables_read")

    def __init__(self, conn: sqlite3.Connection, *, guarded: bool, tells_tables: bool = False) -> None:
        self.conn = conn
        self.limit = TimeLimit(conn)
        self.guarded = guarded
        self.tables_read = TablesRead(conn) if tells_tables and not guarded else None
        if guarded:
            guard(conn)


class SqliteReader:
    """Implements :class:`vitrina.engine.protocols.Reader`.

    ``guarded`` opens, on first use, the connection for people's SQL. It is
    also where statements run that need what a plugin registered: with
    ``has_hooks``, a core statement that fails for lack of a function, module
    or table is tried there again. The tables read are noted in ``seen``.
    """

    __slots__ = ("_abandoned", "_core", "_guarded", "_has_hooks", "_name", "_running", "_seen", "catalog", "generation")

    def __init__(
        self,
        name: str,
        catalog: DatabaseCatalog,
        core: ReadConnection,
        guarded: Callable[[], ReadConnection],
        *,
        has_hooks: bool,
        generation: int = 0,
        seen: Seen | None = None,
    ) -> None:
        self._name = name
        self.catalog = catalog
        self.generation = generation
        self._core = core
        self._guarded = guarded
        self._has_hooks = has_hooks
        self._seen = seen
        self._abandoned = False
        self._running = core.limit

    def abandon(self) -> None:
        """End the running statement, and refuse further ones: nobody waits for the job any more (any thread)."""
        self._abandoned = True
        self._running.expire()

    def _start(self, connection: ReadConnection, time_limit_ms: float | None, sql: str, params: Params) -> None:
        """Start the clock of a statement; the caller stops it. Raises QueryInterrupted in an abandoned job."""
        self._running = connection.limit
        connection.limit.start(time_limit_ms)
        # Only now: between the question and the clock the job could be abandoned unnoticed.
        if self._abandoned:
            connection.limit.stop()
            raise QueryInterrupted(TIME_LIMIT_MESSAGE, sql=sql, params=params)

    @property
    def conn(self) -> sqlite3.Connection:
        """The core connection, for the engine's own modules."""
        return self._core.conn

    def select(
        self,
        sql: str,
        params: Params = (),
        *,
        time_limit_ms: float | None = None,
        max_rows: int | None = None,
        untrusted: bool = False,
        may_fail: bool = False,
        has_limit: bool = False,
    ) -> Rows:
        """Run one statement and fetch its rows; the contract is in the protocol."""
        if (traces := current_traces()) is not None:
            note = StatementNote(traces, self._name, sql, params, time_limit_ms=time_limit_ms, may_fail=may_fail)
            try:
                with untraced():
                    rows = self.select(sql, params, time_limit_ms=time_limit_ms, max_rows=max_rows, untrusted=untrusted)
            except VitrinaError as error:
                note.fail(error, nobody_waits=self._abandoned)
                raise
            beyond = has_limit and rows.truncated
            note.end(len(rows.rows) + beyond, truncated=rows.truncated and not beyond)
            return rows
        if untrusted:
            return self._select(self._guarded(), sql, params, time_limit_ms, max_rows)
        try:
            return self._select(self._core, sql, params, time_limit_ms, max_rows)
        except InvalidSQL as error:
            if not self._has_hooks or not error.message.startswith("no such "):
                raise
            return self._select(self._guarded(), sql, params, time_limit_ms, max_rows)

    def iterate(
        self,
        sql: str,
        params: Params = (),
        *,
        time_limit_ms: float | None = None,
        each_row_ms: float | None = None,
        untrusted: bool = False,
    ) -> tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]:
        """Columns and a lazy iterator over the rows; the contract is in the protocol.

        ``each_row_ms`` is, instead of a limit for all, one that each row has
        for itself.
        """
        if (traces := current_traces()) is None:
            return self._iterate(sql, params, time_limit_ms, each_row_ms, untrusted)
        limit_ms = time_limit_ms if each_row_ms is None else each_row_ms
        note = StatementNote(traces, self._name, sql, params, time_limit_ms=limit_ms)
        try:
            columns, rows = self._iterate(sql, params, time_limit_ms, each_row_ms, untrusted)
        except VitrinaError as error:
            note.fail(error, nobody_waits=self._abandoned)
            raise
        return columns, self._noting(note, rows)

    def _noting(self, note: StatementNote, rows: Generator[tuple[Any, ...], None, None]) -> Iterator[tuple[Any, ...]]:
        count, failure = 0, None
        try:
            with closing(rows):
                for row in rows:
                    count += 1
                    yield row
        except VitrinaError as error:
            failure = error
            raise
        finally:
            if failure is None:
                note.end(count)
            else:
                note.fail(failure, nobody_waits=self._abandoned)

    def _iterate(
        self, sql: str, params: Params, time_limit_ms: float | None, each_row_ms: float | None, untrusted: bool
    ) -> tuple[tuple[str, ...], Generator[tuple[Any, ...], None, None]]:
        connection = self._guarded() if untrusted or self._has_hooks else self._core
        self._start(connection, time_limit_ms if each_row_ms is None else each_row_ms, sql, params)
        try:
            # The driver runs to the first row here.
            cursor = self._execute(connection, sql, params)
        except DRIVER_ERRORS as error:
            connection.limit.stop()
            raise self._translate(error, sql, params) from error
        return _columns(cursor), self._batches(connection, cursor, sql, params, each_row_ms)

    def _batches(
        self,
        connection: ReadConnection,
        cursor: sqlite3.Cursor,
        sql: str,
        params: Params,
        each_row_ms: float | None,
    ) -> Generator[tuple[Any, ...], None, None]:
        conn = connection.conn
        try:
            while True:
                if each_row_ms is not None:
                    self._start(connection, each_row_ms, sql, params)
                conn.text_factory = LENIENT_TEXT
                try:
                    rows = cursor.fetchmany(_BATCH if each_row_ms is None else 1)
                finally:
                    conn.text_factory = str
                if not rows:
                    return
                yield from rows
        except DRIVER_ERRORS as error:
            raise self._translate(error, sql, params) from error
        finally:
            connection.limit.stop()
            cursor.close()

    def _select(
        self, connection: ReadConnection, sql: str, params: Params, time_limit_ms: float | None, max_rows: int | None
    ) -> Rows:
        if time_limit_ms is not None and time_limit_ms <= 0:
            raise QueryInterrupted(TIME_LIMIT_MESSAGE, sql=sql, params=params)
        self._start(connection, time_limit_ms, sql, params)
        try:
            try:
                return self._fetch(connection, sql, params, max_rows)
            except sqlite3.OperationalError as error:
                # Text that is not UTF-8 is rare: only then pay for a Python call per cell.
                if not str(error).startswith("Could not decode to UTF-8"):
                    raise
            connection.conn.text_factory = LENIENT_TEXT
            try:
                return self._fetch(connection, sql, params, max_rows)
            finally:
                connection.conn.text_factory = str
        except DRIVER_ERRORS as error:
            raise self._translate(error, sql, params) from error
        finally:
            connection.limit.stop()

    def _execute(self, connection: ReadConnection, sql: str, params: Params) -> sqlite3.Cursor:
        """Run a statement to its first row, and note which tables it reads."""
        told = connection.tables_read
        if told is None:
            if self._seen is not None:
                self._seen.anything = True
            return connection.conn.execute(sql, params)
        told.begin()
        cursor = connection.conn.execute(sql, params)
        names = told.end(sql)
        if self._seen is not None:
            self._note(self._seen, names)
        return cursor

    def _note(self, seen: Seen, names: frozenset[str | None] | None) -> None:
        if names is None:
            seen.anything = True
            return
        tables = self.catalog.tables
        for name in names:
            table = None if name is None else tables.get(name)
            # What a view, a virtual table or a pragma shows changes with tables that are not told here.
            if table is None or table.kind != "table":
                seen.anything = True
            else:
                seen.tables.add(table.name)

    def _fetch(self, connection: ReadConnection, sql: str, params: Params, max_rows: int | None) -> Rows:
        cursor = self._execute(connection, sql, params)
        try:
            if connection.guarded:
                rows = _fetch_bounded(cursor, max_rows)
            elif max_rows is None:
                rows = cursor.fetchall()
            else:
                rows = cursor.fetchmany(max_rows + 1)
            truncated = max_rows is not None and len(rows) > max_rows
            if truncated:
                del rows[max_rows:]
            return Rows(_columns(cursor), rows, truncated)
        finally:
            # Ends the statement, and with it the read transaction.
            cursor.close()

    def _translate(self, error: BaseException, sql: str, params: Params) -> VitrinaError:
        return translate(error, database=self._name, sql=sql, params=params)


def _columns(cursor: sqlite3.Cursor) -> tuple[str, ...]:
    return tuple([item[0] for item in cursor.description]) if cursor.description else ()


def _fetch_bounded(cursor: sqlite3.Cursor, max_rows: int | None) -> list[tuple[Any, ...]]:
    """Fetch row by row, and stop before the result fills the memory."""
    rows: list[tuple[Any, ...]] = []
    size = 0
    most = None if max_rows is None else max_rows + 1
    for row in cursor:
        rows.append(row)
        for value in row:
            if type(value) is str or type(value) is bytes:
                size += len(value)
        if size > MAX_RESULT_BYTES:
            raise InvalidSQL("string or blob too big", hint="The result is larger than this server gives to one query.")
        if most is not None and len(rows) >= most:
            break
    return rows
