"""Writing identifiers into SQL text; the only place where that happens."""

from __future__ import annotations

import re

_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# Words that must be quoted to be read as a name. The list is part of the contract: clients read the SQL text.
_KEYWORD_TEXT = (
    "abort action add after all alter analyze and as asc attach autoincrement before begin between by cascade case "
    "cast check collate column commit conflict constraint create cross current_date current_time current_timestamp "
    "database default deferrable deferred delete desc detach distinct drop each else end escape except exclusive "
    "exists explain fail for foreign from full glob group having if ignore immediate in index indexed initially inner "
    "insert instead intersect into is isnull join key left like limit match natural no not notnull null of offset on "
    "or order outer plan pragma primary query raise recursive references regexp reindex release rename replace "
    "restrict right rollback row savepoint select set table temp temporary then to transaction trigger union unique "
    "update using vacuum values view virtual when where with without"
)
# Newer words of SQLite that are no names when bare, which the contract's list does not have.
_NEWER = {"nothing", "returning"}
KEYWORDS = frozenset(_KEYWORD_TEXT.split()) | _NEWER


def quote_identifier(name: str) -> str:
    """``name`` in double quotes, embedded ones doubled: always safe, whatever the name."""
    return '"' + name.replace('"', '""') + '"'


def escape_sqlite(name: str) -> str:
    """``name`` bare where it is a simple word and no keyword, else in double quotes."""
    if _SIMPLE.fullmatch(name) and name.lower() not in KEYWORDS:
        return name
    return quote_identifier(name)
