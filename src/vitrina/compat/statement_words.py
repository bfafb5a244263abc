"""The words by which plugins recognise statements themselves."""

from __future__ import annotations

import re

from vitrina.dialect.quoting import KEYWORDS
from vitrina.dialect.statement import ALLOWED_PRAGMAS

#: words that need quotes as names
reserved_words = set(KEYWORDS)
allowed_pragmas = ALLOWED_PRAGMAS

#: white space and comments before a statement
comment_re = r"\s*(?:(?:--[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)\s*)*"

_STARTS = (
    r"select\b",
    r"explain\s+select\b",
    r"explain\s+query\s+plan\s+select\b",
    r"with\b",
    r"explain\s+with\b",
    r"explain\s+query\s+plan\s+with\b",
)
#: a statement that matches one of these reads
allowed_sql_res = [re.compile(f"^{comment_re}{start}") for start in _STARTS]
#: pairs of a pattern and the message for a statement that has it
disallawed_sql_res = [
    (
        re.compile(f"pragma(?!_({'|'.join(ALLOWED_PRAGMAS)}))"),
        "Statement contained a disallowed PRAGMA. Allowed pragma functions are "
        + ", ".join(f"pragma_{name}()" for name in ALLOWED_PRAGMAS),
    )
]


def detect_fts_sql(table: str) -> tuple[str, dict[str, str]]:
    """SQL, with its parameters, for the name of the full-text table of ``table``."""
    sql = (
        "SELECT name FROM sqlite_master WHERE rootpage = 0 AND sql LIKE '%VIRTUAL TABLE%USING FTS%' "
        "AND (tbl_name = :table OR instr(lower(sql), :quoted) OR instr(lower(sql), :bracketed))"
    )
    return sql, {
        "table": table,
        "quoted": f'content="{table.lower()}"',
        "bracketed": f"content=[{table.lower()}]",
    }
