"""Finding the named parameters of SQL text."""

from __future__ import annotations

import re

# What may hold a colon without meaning a parameter: comments, strings, quoted names.
_OPAQUE = re.compile(
    r"""
    /\*.*?(?:\*/|\Z)            # block comment, possibly never closed
    | --[^\n]*                  # line comment
    | '(?:[^']|'')*'            # string
    | "(?:[^"]|"")*"            # quoted identifier
    | \[[^\]]*\]
    | `(?:[^`]|``)*`
    """,
    re.VERBOSE | re.DOTALL,
)
_PARAMETER = re.compile(r":(\w+)")


def named_parameters(sql: str) -> list[str]:
    """Names written ``:name`` in ``sql``, in order and with repeats, outside comments, strings and quoted names."""
    if ":" not in sql:
        return []
    return _PARAMETER.findall(_OPAQUE.sub(" ", sql))


def unique_parameters(sql: str) -> list[str]:
    """As :func:`named_parameters`, each name once, at its first place."""
    return list(dict.fromkeys(named_parameters(sql)))
