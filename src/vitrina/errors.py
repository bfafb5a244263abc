"""The whole exception tree of Vitrina.

    VitrinaError
    ├── ClientError (400)           the request cannot be answered as it is
    │   ├── BadRequest (400)
    │   │   ├── InvalidBody         a request body that is not what the endpoint takes
    │   │   ├── InvalidSQL          the engine refused a statement
    │   │   └── QueryInterrupted    a statement or page ran out of its time
    │   ├── TokenInvalid (401)
    │   ├── ArgumentNotAllowed (403)    a query string argument that the actor may not use
    │   ├── Forbidden (403)
    │   ├── NotFound (404)
    │   │   ├── DatabaseNotFound
    │   │   ├── TableNotFound
    │   │   └── RowNotFound
    │   ├── MethodNotAllowed (405)
    │   ├── Conflict (409)
    │   │   └── RowChanged          a row is not what the client was given
    │   └── PayloadTooLarge (413)
    ├── PluginError (500)           a plugin failed; names plugin and hook
    ├── EngineError (500)           the database could not be used
    │   ├── DatabaseCorrupt
    │   └── DatabaseClosed
    ├── Unavailable (503)           locked, queue full, too many streams
    └── StartupError                the server cannot start
        └── ConfigError             names the key and, where known, the line

Each becomes an HTTP answer in exactly one place, ``vitrina.http.errors``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: messages of one error at most
MOST_MESSAGES = 1000


class VitrinaError(Exception):
    """An error with an HTTP status, the contract's message, and advice.

    ``message`` is what programs and people read; ``messages`` where there are
    several; ``hint`` one sentence on what to do next (HTML page and log only);
    ``title`` the heading of the HTML page; ``extra`` further keys of the JSON
    body that the contract names for this case.
    """

    status = 500

    def __init__(
        self,
        message: str | Sequence[str] = "",
        *,
        status: int | None = None,
        hint: str | None = None,
        title: str | None = None,
        message_html: str | None = None,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.messages: list[str] = [message] if isinstance(message, str) else list(message)
        self.message = "; ".join(self.messages)
        Exception.__init__(self, self.message)
        if status is not None:
            self.status = status
        self.hint = hint
        self.title = title
        # Trusted HTML shown instead of the message on an HTML page.
        self.message_html = message_html
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})


class ClientError(VitrinaError):
    """The request cannot be answered as it is."""

    status = 400


class BadRequest(ClientError):
    status = 400


class InvalidBody(BadRequest):
    """A request body that is not what the endpoint takes; ``messages`` say everything that is wrong with it.

    What is wrong beyond :data:`MOST_MESSAGES` is only counted, as a small body may have a million faults.
    """

    def __init__(self, message: str | Sequence[str] = "", **options: Any) -> None:
        if not isinstance(message, str) and len(message) > MOST_MESSAGES:
            message = [*message[:MOST_MESSAGES], f"and {len(message) - MOST_MESSAGES} more"]
        super().__init__(message, **options)


class InvalidSQL(BadRequest):
    """The engine refused a statement; ``message`` is the engine's own text."""


class QueryInterrupted(BadRequest):
    """A statement ran longer than its limit.

    ``sql`` and ``params`` are the statement, for the log and the HTML page.
    """

    def __init__(self, message: object = "SQL query took too long", sql: str = "", params: Any = None) -> None:
        super().__init__(str(message), title="SQL Interrupted")
        # What the driver said, under the name that plugins know.
        self.e = message
        self.sql = sql
        self.params = params

    def __str__(self) -> str:
        return self.message if isinstance(self.e, str) else f"QueryInterrupted: {self.message}"


class TokenInvalid(ClientError):
    """A bearer token that a handler recognised and refused."""

    status = 401


class Forbidden(ClientError):
    """The actor may not do this.

    ``if_missing`` is what is said where the thing in question does not exist:
    the answer to those who are not to learn whether it does.
    """

    status = 403

    def __init__(self, message: str = "", *, if_missing: VitrinaError | None = None, **options: Any) -> None:
        super().__init__(message, **options)
        self.if_missing = if_missing


class ArgumentNotAllowed(ClientError):
    """The page may be seen, but not with this argument; said in the format of the page."""

    status = 403


class NotFound(ClientError):
    status = 404


class DatabaseNotFound(NotFound):
    """``database_name`` is what the address says."""

    def __init__(self, database_name: str, message: str = "Database not found", **options: Any) -> None:
        super().__init__(message, **options)
        self.database_name = database_name


class TableNotFound(NotFound):
    """Neither a table nor a view of ``database_name`` is called ``table``."""

    def __init__(self, database_name: str, table: str, message: str = "Table not found", **options: Any) -> None:
        super().__init__(message, **options)
        self.database_name = database_name
        self.table = table


class RowNotFound(NotFound):
    """No row of the table has the key ``pk_values``, the decoded parts of the address."""

    def __init__(
        self, database_name: str, table: str, pk_values: Sequence[str], message: str = "Row not found", **options: Any
    ) -> None:
        super().__init__(message, **options)
        self.database_name = database_name
        self.table_name = table
        self.pk_values = list(pk_values)


class MethodNotAllowed(ClientError):
    status = 405


class Conflict(ClientError):
    status = 409


class RowChanged(Conflict):
    """A row is not as the client expected; ``row`` is what it is now, ``columns`` those that differ."""

    def __init__(self, row: Mapping[str, Any], columns: Sequence[str]) -> None:
        super().__init__("The row was changed by somebody else since you loaded it")
        self.row = row
        self.columns = list(columns)


class PayloadTooLarge(ClientError):
    status = 413


class PluginError(VitrinaError):
    """A plugin raised or returned the wrong type; the message names plugin and hook."""


class EngineError(VitrinaError):
    """The database itself could not be used."""


class DatabaseCorrupt(EngineError):
    pass


class DatabaseClosed(EngineError, RuntimeError):
    pass


class Unavailable(VitrinaError):
    """Try again later: locked, queue full, too many streams. Carries ``Retry-After``."""

    status = 503


class StartupError(VitrinaError):
    """The server cannot start; the message is printed and the exit status is 1."""


class ConfigError(StartupError):
    """A configuration file or setting is wrong; the message names the key and the line."""
