"""Which SQL a person may run: read statements and a few PRAGMA table functions."""

from __future__ import annotations

import re

from vitrina.errors import InvalidSQL

#: PRAGMAs that may be read through their table function, in the order in which messages list them
ALLOWED_PRAGMAS = (
    "database_list",
    "foreign_key_list",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "page_count",
    "max_page_count",
    "page_size",
    "schema_version",
    "table_info",
    "table_xinfo",
    "table_list",
)

_LEADING = r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*(?:[^*]|\*(?!/))*\*/)*"
_READS = re.compile(_LEADING + r"(?:explain\s+(?:query\s+plan\s+)?)?(?:select|with)\b", re.IGNORECASE)
_ALLOWED_PRAGMA = re.compile("pragma_(?:" + "|".join(ALLOWED_PRAGMAS) + ")", re.IGNORECASE)
_PRAGMA = re.compile("pragma", re.IGNORECASE)


def check_select(sql: str) -> None:
    """Raise InvalidSQL unless ``sql`` is a statement that a person may run.

    A first look at the words only, for a clear message; the authorizer of
    the engine is what holds.
    """
    text = "\n".join(line for line in sql.split("\n") if not line.lstrip().startswith("--"))
    if _READS.match(text) is None:
        raise InvalidSQL(
            "Statement must be a SELECT",
            hint="Only reading statements run here: SELECT, WITH, EXPLAIN SELECT and EXPLAIN QUERY PLAN.",
        )
    if _PRAGMA.search(_ALLOWED_PRAGMA.sub("", text)):
        allowed = ", ".join(f"pragma_{name}()" for name in ALLOWED_PRAGMAS)
        raise InvalidSQL(f"Statement contained a disallowed PRAGMA. Allowed pragma functions are {allowed}")
