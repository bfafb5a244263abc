"""The words that spans use, and what is known of the code and the instances that they describe."""

from __future__ import annotations

import re
import weakref
from typing import Any

#: key in an ASGI scope of the request's span
REQUEST_SPAN_SCOPE_KEY = "datasette.telemetry.request_span"
#: characters of a statement that are shown
MAX_SQL_LENGTH = 2048
_CUT = "…[truncated]"
_READS = ("EXPLAIN", "PRAGMA", "SELECT", "WITH")
_WRITES = ("DELETE", "INSERT", "REPLACE", "UPDATE")
_CHANGES = ("ALTER", "ANALYZE", "CREATE", "DROP", "VACUUM")
DB_OPERATION_ALLOWLIST = frozenset((*_READS, *_WRITES, *_CHANGES))
_METHODS = frozenset(("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"))
_WORD = re.compile(r"\s*([A-Za-z]+)\b")

#: instances that metrics describe
instances: weakref.WeakSet[Any] = weakref.WeakSet()


def register_datasette(ds: Any) -> None:
    """Observe an instance until it is closed or forgotten."""
    instances.add(ds)


def unregister_datasette(ds: Any) -> None:
    """Observe it no more."""
    instances.discard(ds)


def clamp_http_method(method: str) -> str:
    """The method, ``_OTHER`` for one that is not usual."""
    return method.upper() if method.upper() in _METHODS else "_OTHER"


def callback_name(fn: Any) -> str:
    """A name for a function, whatever it is."""
    return str(getattr(fn, "__qualname__", None) or type(fn).__qualname__)


def sql_operation_name(sql: str) -> str | None:
    """The first word of a statement in capitals, None for one that is not expected."""
    found = _WORD.match(sql)
    word = found.group(1).upper() if found else None
    return word if word in DB_OPERATION_ALLOWLIST else None


def sql_attribute(sql: str) -> str:
    """A statement as it is shown: without white space around it, and not too long."""
    text = sql.strip()
    return text if len(text) <= MAX_SQL_LENGTH else text[:MAX_SQL_LENGTH] + _CUT
