"""Opening SQLite connections: URIs, flags, limits and set-up."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal
from urllib.parse import quote

from vitrina.engine.protocols import DatabaseSpec
from vitrina.engine.sqlite import functions
from vitrina.errors import StartupError

Purpose = Literal["read", "guarded", "foreign", "write"]

#: (path, entry point or None)
Extension = str | tuple[str, str | None]

READ_TIMEOUT_S = 2.0
WRITE_TIMEOUT_S = 5.0
_CACHED_STATEMENTS = 256

#: text of a cell whose bytes are not UTF-8 gets replacement characters
LENIENT_TEXT: Callable[[bytes], Any] = partial(str, encoding="utf-8", errors="replace")


@dataclass(frozen=True, slots=True)
class ConnectionSetup:
    """What is done to new connections.

    ``extensions`` are loaded everywhere but into the internal database.
    ``prepare`` are callables ``(conn, database_name)``, the plugins' hooks:
    they run on connections of the foreign pool, on the write connection and
    on those that run people's SQL, never on those of core plans. ``prepared``
    says whether they would do anything now.
    """

    cache_size_kb: int = 0
    extensions: tuple[Extension, ...] = ()
    prepare: tuple[Callable[[sqlite3.Connection, str], Any], ...] = ()
    prepared: Callable[[], bool] | None = None

    @property
    def has_hooks(self) -> bool:
        """Whether a connection that hooks have not seen differs from one that they have."""
        return bool(self.prepare) if self.prepared is None else self.prepared()


class _Probe(sqlite3.Connection):
    """Remembers the authorizer that a hook sets."""

    authorizer: Callable[..., int] | None = None

    def set_authorizer(self, authorizer_callback: Callable[..., int] | None) -> None:
        self.authorizer = authorizer_callback


class CoreConnection(sqlite3.Connection):
    """A connection that hooks do not touch, and what they forbid all the same."""

    foreign_authorizer: Callable[..., int] | None = None


def foreign_authorizer(setup: ConnectionSetup, database: str) -> Callable[..., int] | None:
    """The authorizer that the plugins' hooks set on connections of a database, None where they set none.

    A plugin that hides columns in this way hides them from every page.
    """
    if not setup.has_hooks:
        return None
    probe = sqlite3.connect(":memory:", factory=_Probe, check_same_thread=False)
    try:
        for prepare in setup.prepare:
            prepare(probe, database)
        return probe.authorizer
    finally:
        probe.close()


def uri_of(spec: DatabaseSpec, purpose: Purpose) -> str:
    """The SQLite URI that opens ``spec`` for ``purpose``."""
    if spec.memory_name is not None:
        return f"file:{quote(spec.memory_name, safe='')}?mode=memory&cache=shared"
    if spec.path is None:
        return "file::memory:"
    path = "file:" + quote(spec.path)
    if not spec.is_mutable:
        return path + "?immutable=1&mode=ro"
    if purpose == "write" or spec.is_temp_disk:
        return path + f"?mode={spec.mode or 'rwc'}" + ("&nolock=1" if spec.nolock else "")
    return path + "?mode=ro" + ("&nolock=1" if spec.nolock else "")


def open_connection(
    spec: DatabaseSpec, purpose: Purpose, setup: ConnectionSetup, attach: tuple[tuple[str, str], ...] = ()
) -> sqlite3.Connection:
    """Open and set up a connection (blocking: opens the file).

    ``attach`` has (schema name, URI) pairs. Raises sqlite3.Error as the driver does.
    """
    conn = sqlite3.connect(
        uri_of(spec, purpose),
        uri=True,
        timeout=WRITE_TIMEOUT_S if purpose == "write" else READ_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_CACHED_STATEMENTS,
        factory=CoreConnection if purpose in ("read", "guarded") else sqlite3.Connection,
    )
    try:
        _set_up(conn, spec, purpose, setup, attach)
    except BaseException:
        conn.close()
        raise
    return conn


def _set_up(
    conn: sqlite3.Connection,
    spec: DatabaseSpec,
    purpose: Purpose,
    setup: ConnectionSetup,
    attach: tuple[tuple[str, str], ...],
) -> None:
    functions.register(conn)
    if setup.cache_size_kb:
        conn.execute(f"PRAGMA cache_size=-{int(setup.cache_size_kb)}")
    if setup.extensions:
        _load_extensions(conn, setup.extensions)
    for schema, uri in attach:
        conn.execute("ATTACH DATABASE ? AS ?", (uri, schema))
    if isinstance(conn, CoreConnection):
        conn.execute("PRAGMA query_only=1")
        conn.foreign_authorizer = foreign_authorizer(setup, spec.name)
        if conn.foreign_authorizer is not None:
            conn.set_authorizer(conn.foreign_authorizer)
    if purpose in ("foreign", "write"):
        conn.row_factory = sqlite3.Row
        conn.text_factory = LENIENT_TEXT
    if purpose != "read":
        for prepare in setup.prepare:
            prepare(conn, spec.name)
    if purpose == "guarded":
        # A hook may have changed what core relies on.
        conn.row_factory = None
        conn.text_factory = str
    # Reads the schema now, so that the time limit of the first statement is its own.
    conn.execute("SELECT 1 FROM sqlite_master LIMIT 0")


def _load_extensions(conn: sqlite3.Connection, extensions: tuple[Extension, ...]) -> None:
    if not hasattr(conn, "enable_load_extension"):
        raise StartupError(
            "This Python's sqlite3 module cannot load extensions",
            hint="Use a Python that was built with --enable-loadable-sqlite-extensions.",
        )
    conn.enable_load_extension(True)
    try:
        for extension in extensions:
            if isinstance(extension, str):
                conn.load_extension(extension)
            else:
                path, entry_point = extension
                if entry_point is None:
                    conn.load_extension(path)
                else:
                    conn.execute("SELECT load_extension(?, ?)", (path, entry_point))
    finally:
        conn.enable_load_extension(False)
