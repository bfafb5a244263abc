"""The database object that plugins know, delegating to an engine."""

from __future__ import annotations

import sqlite3
import sys
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from vitrina.catalog.derive import direct_sources
from vitrina.engine.sqlite.connections import open_connection
from vitrina.engine.sqlite.database import SqliteDatabase
from vitrina.engine.sqlite.guard import TimeLimit
from vitrina.errors import QueryInterrupted
from vitrina.execute.counts import count_tables
from vitrina.execute.observed_write import Submit, observed
from vitrina.facade.analysis import analysis_of
from vitrina.facade.observed_reads import CountedSets, read_with_spans, select_with_spans
from vitrina.facade.results import AttachedDatabase, ExecuteWriteResult, Results
from vitrina.facade.temporary_file import temporary_file
from vitrina.hooks import telemetry
from vitrina.hooks.telemetry_registry import EXECUTEMANY, EXECUTESCRIPT
from vitrina.hooks.tracing import trace

if TYPE_CHECKING:
    from vitrina.catalog.model import DatabaseCatalog, Table
    from vitrina.engine.sqlite.queued import Watch
    from vitrina.engine.sqlite.reader import SqliteReader
    from vitrina.facade.analysis import SQLAnalysis

T = TypeVar("T")
Params = Mapping[str, Any] | Sequence[Any]


class Database:
    """One database of an instance.

    Made by a plugin with ``Database(datasette, path=...)`` or
    ``memory_name=...`` and handed to ``datasette.add_database``; the engine is
    opened there.
    """

    # More rows than this are not counted one by one for pages.
    count_limit = 10_000

    def __init__(
        self,
        ds: Any,
        path: str | None = None,
        is_mutable: bool = True,
        is_memory: bool = False,
        memory_name: str | None = None,
        mode: str | None = None,
        is_temp_disk: bool = False,
    ) -> None:
        self.ds = ds
        self.name: str | None = None
        self._route: str | None = None
        self.path = str(path) if path is not None else None
        self.is_mutable = is_mutable
        self.is_memory = is_memory or memory_name is not None
        self.memory_name = memory_name
        self.mode = mode
        self.is_temp_disk = is_temp_disk
        self._remove_file: Callable[[], Any] | None = None
        if is_temp_disk and self.path is None:
            self.path, self._remove_file = temporary_file(self)
        self._engine: SqliteDatabase | None = None

    @classmethod
    def around(cls, ds: Any, engine: SqliteDatabase) -> Database:
        """The plugin-facing object of an engine that is already open."""
        spec = engine.spec
        database = cls(ds, spec.path, spec.is_mutable, spec.is_memory, spec.memory_name, spec.mode, spec.is_temp_disk)
        database.attach(engine)
        return database

    def attach(self, engine: SqliteDatabase) -> None:
        """Bind the opened engine; called once by the instance."""
        self._engine = engine
        self.name = engine.spec.name
        self._route = engine.route

    def renamed(self, name: str, route: str) -> SqliteDatabase | None:
        """Give an open database, such as the internal one, another name; None for one that was not opened yet."""
        if self._engine is not None:
            self._engine.rename(name, route)
            self.attach(self._engine)
        return self._engine

    @property
    def engine(self) -> SqliteDatabase:
        """The engine behind this object; one that was not added to its instance gets one of its own."""
        if self._engine is None:
            name = self.memory_name or self.path or "_memory"
            return self.ds.open_engine(self, name, name)  # type: ignore[no-any-return]
        return self._engine

    @property
    def route(self) -> str | None:
        """The part of URLs that names it; plugins change it at start-up."""
        return self._route

    @route.setter
    def route(self, route: str | None) -> None:
        self._route = route
        if self._engine is not None and route is not None:
            self._engine.route = route

    @property
    def hash(self) -> str | None:
        """SHA-256 of an immutable file; blocks to compute that of a small one, None while a large one's is made."""
        engine = self.engine
        if engine.hash is None and not engine.is_mutable and engine.path is not None:
            engine.look_now()
        return engine.hash

    @property
    def size(self) -> int:
        """Bytes of the file, 0 for memory and for a file that is not there yet."""
        try:
            return self.engine.size or 0
        except FileNotFoundError:
            return 0

    @property
    def mtime_ns(self) -> int | None:
        return self.engine.mtime_ns

    @property
    def color(self) -> str:
        return self.engine.color

    # -- reading

    async def execute(
        self,
        sql: str,
        params: Params | None = None,
        truncate: bool = False,
        custom_time_limit: int | None = None,
        page_size: int | None = None,
        log_sql_errors: bool = True,
    ) -> Results:
        """Run one reading statement. Raises QueryInterrupted on its time limit, else the driver's own errors."""
        settings = self.ds.site.settings
        limit_ms = settings.sql_time_limit_ms
        if custom_time_limit and custom_time_limit < limit_ms:
            limit_ms = custom_time_limit
        max_rows: int | None = None
        if truncate:
            max_rows = settings.max_returned_rows
            if max_rows == (page_size or settings.default_page_size):
                max_rows += 1

        def run(conn: sqlite3.Connection) -> Results:
            return _select(conn, sql, params or {}, limit_ms=limit_ms, max_rows=max_rows, log_errors=log_sql_errors)

        if telemetry.active():
            is_short = limit_ms < settings.sql_time_limit_ms
            return await select_with_spans(
                self.engine, run, sql, params, limit_ms=limit_ms, is_short=is_short, log_sql_errors=log_sql_errors
            )
        with trace("sql", database=self.name, sql=sql.strip(), params=params):
            return await self.engine.foreign_read(run)

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``fn(conn)`` in a reader thread."""
        if telemetry.active():
            return await read_with_spans(self.engine, fn)
        return await self.engine.foreign_read(fn)

    # -- writing

    async def execute_write(
        self,
        sql: str,
        params: Params | None = None,
        block: bool = True,
        request: Any = None,
        return_all: bool = False,
        returning_limit: int = 10,
        transaction: bool = True,
        time_limit_ms: int | None = 2000,
    ) -> Any:
        """Run one writing statement in its own transaction; an :class:`ExecuteWriteResult`, or a task id.

        ``time_limit_ms`` None is no limit. Raises QueryInterrupted on it, ValueError
        for a negative ``returning_limit``, else the driver's own errors.
        """
        if returning_limit < 0:
            raise ValueError("returning_limit must be >= 0")

        def run(conn: sqlite3.Connection) -> ExecuteWriteResult:
            return _write(conn, sql, params or (), limit_ms=time_limit_ms, most=None if return_all else returning_limit)

        about = {"sql": sql, "params": params}
        return await self._submit(run, about, block=block, transaction=transaction, request=request)

    async def execute_write_script(self, sql: str, block: bool = True, request: Any = None) -> Any:
        """Run several statements."""
        about = {"sql": sql, "more": {EXECUTESCRIPT: True}}
        return await self._submit(
            lambda conn: conn.executescript(sql), about, block=block, transaction=False, request=request
        )

    async def execute_write_many(
        self, sql: str, params_seq: Iterable[Params], block: bool = True, request: Any = None
    ) -> Any:
        """Run one statement with many sets of parameters."""
        sets = params_seq
        learned: Callable[[], Mapping[str, Any]] = dict
        if telemetry.active() and block:
            sets = counted = CountedSets(params_seq)
            learned = counted.attributes
        about = {"sql": sql, "more": {EXECUTEMANY: True}}
        return await self._submit(
            lambda conn: conn.executemany(sql, sets), about, block=block, request=request, learned=learned
        )

    async def execute_write_fn(
        self, fn: Callable[..., Any], block: bool = True, transaction: bool = True, request: Any = None
    ) -> Any:
        """Run ``fn(conn)`` or ``fn(conn, track_event)`` on the writer; its value when ``block``, else a task id."""
        return await self._submit(fn, {"callback": fn}, block=block, transaction=transaction, request=request)

    async def _submit(
        self,
        fn: Callable[..., Any],
        about: dict[str, Any],
        *,
        block: bool = True,
        transaction: bool = True,
        request: Any = None,
        learned: Callable[[], Mapping[str, Any]] = dict,
    ) -> Any:
        """Give a write to the writer; telemetry says ``about`` of it, and what was ``learned`` when it is done."""

        async def submit(watch: Watch | None = None) -> Any:
            writes = self.ds.site.writes
            pending = writes.foreign(self.engine, fn, request=request, transaction=transaction, watch=watch)
            if block:
                return await pending
            self.ds.keep(pending)
            return uuid.uuid4()

        if not telemetry.active():
            return await submit()
        name = self.engine.name
        return await observed(name, submit, about, block=block, transaction=transaction, learned=learned)

    async def execute_isolated_fn(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``fn(conn)`` on a connection of its own while writes wait."""
        submit: Submit[T] = partial(self.engine.isolated, fn)
        if not telemetry.active():
            return await submit()
        return await observed(self.engine.name, submit, {"callback": fn}, isolated=True)

    async def analyze_sql(self, sql: str, params: Params | None = None) -> SQLAnalysis:
        """What a statement would do, without running it. Raises the driver's own errors."""
        return analysis_of(await self.engine.analyze(sql, params or {}))

    def connect(self, write: bool = False) -> sqlite3.Connection:
        """A connection of the caller's own, set up as those of hooks are (blocking); the caller closes it."""
        engine = self.engine
        return open_connection(engine.spec, "write" if write else "foreign", engine.setup)

    def suggest_name(self) -> str:
        """The name it gets where none is given."""
        if self.is_temp_disk:
            return "_temp_disk"
        return Path(self.path).stem if self.path else self.memory_name or "db"

    @property
    def cached_table_counts(self) -> Mapping[str, int] | None:
        """The rows of an immutable file's tables, once they are known."""
        return self._engine.known_counts if self._engine is not None else None

    def close(self) -> None:
        """Close every connection. Later use raises DatabaseClosed."""
        if self._engine is not None:
            self._engine.close()
        if self._remove_file is not None:
            self._remove_file()

    # -- what exists

    async def _catalog(self) -> DatabaseCatalog:
        await self.engine.look()
        return await self.engine.ready()

    async def _table(self, name: str) -> Table | None:
        return (await self._catalog()).get(name)

    async def _table_in_any_case(self, name: str) -> Table | None:
        """As SQLite's own pragmas find a table."""
        catalog = await self._catalog()
        found = catalog.get(name)
        if found is None:
            wanted = name.lower()
            every = (*catalog.tables.values(), *catalog.views.values())
            found = next((table for table in every if table.name.lower() == wanted), None)
        return found

    async def table_exists(self, table: str) -> bool:
        return table in (await self._catalog()).tables

    async def view_exists(self, view: str) -> bool:
        return view in (await self._catalog()).views

    async def table_names(self) -> list[str]:
        return sorted((await self._catalog()).tables)

    async def view_names(self) -> list[str]:
        return list((await self._catalog()).views)

    async def hidden_table_names(self) -> list[str]:
        hidden = [table for table in (await self._catalog()).tables.values() if table.hidden]
        # Search indexes come after what the engine keeps for them.
        return [table.name for table in sorted(hidden, key=lambda table: (table.kind == "virtual", table.name))]

    async def table_columns(self, table: str) -> list[str]:
        found = await self._table_in_any_case(table)
        return list(found.column_names) if found else []

    async def table_column_details(self, table: str) -> list[Any]:
        found = await self._table_in_any_case(table)
        return list(found.columns) if found else []

    async def primary_keys(self, table: str) -> list[str]:
        found = await self._table_in_any_case(table)
        return list(found.primary_keys) if found else []

    async def fts_table(self, table: str) -> str | None:
        found = await self._table_in_any_case(table)
        return found.fts_table if found else None

    async def label_column_for_table(self, table: str) -> str | None:
        """The column whose value stands for a row: configured, else detected."""
        configured = self.ds.site.config.table(self.name, table).get("label_column")
        if configured:
            return str(configured)
        found = await self._table(table)
        return found.label_column if found else None

    async def foreign_keys_for_table(self, table: str) -> list[dict[str, Any]]:
        """Outgoing single-column foreign keys as ``{column, other_table, other_column}``."""
        found = await self._table_in_any_case(table)
        return [
            {"column": key.column, "other_table": key.other_table, "other_column": key.other_column}
            for key in (found.single_foreign_keys if found else ())
        ]

    async def get_all_foreign_keys(self) -> dict[str, dict[str, list[dict[str, Any]]]]:
        """Table → ``{incoming, outgoing}`` lists of ``{other_table, column, other_column}``."""
        return {
            table.name: {
                "incoming": [
                    {"other_table": key.other_table, "column": key.column, "other_column": key.other_column}
                    for key in table.incoming
                ],
                "outgoing": [
                    {"other_table": key.other_table, "column": key.column, "other_column": key.other_column}
                    for key in sorted(table.single_foreign_keys, key=lambda key: (key.other_table, key.column))
                ],
            }
            for _, table in sorted((await self._catalog()).tables.items())
        }

    async def get_table_definition(self, table: str, type_: str = "table") -> str | None:
        """The SQL that made the table, with the SQL of its indexes; None where there is no such table."""
        catalog = await self._catalog()
        found = (catalog.views if type_ == "view" else catalog.tables).get(table)
        if found is None:
            return None
        parts = [f"{found.sql};"] + [f"{index.sql};" for index in found.indexes if index.sql]
        return "\n".join(parts)

    async def get_view_definition(self, view: str) -> str | None:
        return await self.get_table_definition(view, "view")

    async def table_counts(self, limit: int = 10) -> dict[str, int | None]:
        """Table → rows, None where counting took longer than ``limit`` milliseconds."""

        def job(reader: SqliteReader) -> dict[str, int | None]:
            counted = count_tables(reader, self.engine, limit) or {}
            return {name: counted[name].count if name in counted else None for name in sorted(reader.catalog.tables)}

        return await self.engine.read(job)

    async def attached_databases(self) -> list[AttachedDatabase]:
        """What ``ATTACH`` added, with ``seq``, ``name`` and ``file``."""
        return [AttachedDatabase(*row) for row in await self.engine.foreign_read(_attached)]

    async def derived_table_dependencies(self) -> dict[str, str | None]:
        """Derived table (FTS shadow and the like) → the table it is made from, None where unknown."""
        tables = (await self._catalog()).tables.values()
        return {
            name: source or None for name, source in direct_sources({each.name: each.sql for each in tables}).items()
        }

    def __repr__(self) -> str:
        notes = [
            *(["mutable"] if self.is_mutable else []),
            *(["memory"] if self.is_memory else []),
            *(["temp_disk"] if self.is_temp_disk else []),
            *([f"hash={self._engine.hash}"] if self._engine is not None and self._engine.hash else []),
            f"size={self.size if self._engine is not None else 0}",
        ]
        return f"<Database: {self.name} ({', '.join(notes)})>"


def _attached(conn: sqlite3.Connection) -> list[Any]:
    return [row for row in conn.execute("pragma database_list").fetchall() if row[0] > 1]


def _write(
    conn: sqlite3.Connection, sql: str, params: Params, *, limit_ms: float | None, most: int | None
) -> ExecuteWriteResult:
    """Runs in the writer's thread; ``most`` rows of a RETURNING clause are kept, None for all."""
    limit = TimeLimit(conn)
    limit.start(limit_ms)
    cursor = conn.cursor()
    try:
        cursor.execute(sql, params)
        rows, truncated = [], False
        if cursor.description and most is None:
            rows = cursor.fetchall()
        elif cursor.description and most is not None:
            rows = cursor.fetchmany(most + 1)
            truncated = len(rows) > most
        # Everything is done before the first row comes; how many rows it was is only known after the last.
        rowcount = -1 if truncated else cursor.rowcount
        return ExecuteWriteResult(rowcount, cursor.lastrowid, cursor.description, rows[:most], truncated)
    except sqlite3.OperationalError as error:
        if str(error) == "interrupted":
            raise QueryInterrupted(error, sql=sql, params=params or None) from error
        raise
    finally:
        cursor.close()
        limit.stop()
        conn.set_progress_handler(None, 0)


def _select(
    conn: sqlite3.Connection,
    sql: str,
    params: Params,
    *,
    limit_ms: float,
    max_rows: int | None,
    log_errors: bool,
) -> Results:
    """Runs in a reader thread, on a connection of the foreign pool."""
    limit = TimeLimit(conn)
    limit.start(limit_ms)
    try:
        cursor = conn.execute(sql, params)
        if max_rows is None:
            return Results(cursor.fetchall(), False, cursor.description)
        rows = cursor.fetchmany(max_rows + 1)
        return Results(rows[:max_rows], len(rows) > max_rows, cursor.description)
    except sqlite3.OperationalError as error:
        if str(error) == "interrupted":
            raise QueryInterrupted(error, sql=sql, params=params or None) from error
        if log_errors:
            sys.stderr.write(f"ERROR: conn={conn}, sql = {sql!r}, params = {params or None}: {error}\n")
        raise
    finally:
        limit.stop()
