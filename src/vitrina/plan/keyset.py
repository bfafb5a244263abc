"""Continuation tokens of ``_next``: the key of the last row shown, and the condition for the rows behind it."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vitrina.dialect.select import escape
from vitrina.tilde import tilde_decode, tilde_encode

# Marks of values that have no text form. "$" of a real text is always tilde-encoded, so they cannot be confused.
NULL_MARK = "$null"
_BLOB_MARK = "$x"
_FLOAT_MARK = "$f"
_EMPTY_MARK = "$empty"


@dataclass(frozen=True, slots=True)
class Token:
    """A parsed token: the sort value (None: NULL, or no sort) and the primary key values, as they are bound."""

    sort_value: Any
    pk_values: tuple[Any, ...]


def may_lose_digits(value: Any) -> bool:
    """Whether SQLite might read the text form of ``value`` as another number.

    Numbers of few digits and no great exponent are read exactly by any
    algorithm; for the others the engine has to be asked.
    """
    if not isinstance(value, float) or not math.isfinite(value):
        return False
    digits, _, exponent = repr(abs(value)).partition("e")
    return bool(exponent) or len(digits) > 16


def encode_part(value: Any, inexact: Container[Any] = ()) -> str:
    """One value as a part of a token: its tilde-encoded text form, or a mark.

    Floats in ``inexact`` are written bit by bit.
    """
    if isinstance(value, int | str):
        return tilde_encode(str(value))
    if value is None:
        return NULL_MARK
    if isinstance(value, bytes):
        return _BLOB_MARK + value.hex()
    if isinstance(value, float) and math.isinf(value):
        # the text that SQLite's numeric affinity reads as infinity
        return "9e999" if value > 0 else "-9e999"
    if value in inexact:
        return _FLOAT_MARK + tilde_encode(value.hex())
    return tilde_encode(str(value))


def decode_part(part: str) -> Any:
    """Undo :func:`encode_part`; numbers stay text, the column's affinity turns them back."""
    if part == NULL_MARK:
        return None
    if part == _EMPTY_MARK:
        return ""
    try:
        if part.startswith(_BLOB_MARK):
            return bytes.fromhex(part[len(_BLOB_MARK) :])
        if part.startswith(_FLOAT_MARK):
            return float.fromhex(tilde_decode(part[len(_FLOAT_MARK) :]))
    except (ValueError, OverflowError):
        # not a mark of ours: compared as the text it is
        return part
    return tilde_decode(part)


def make_token(
    pk_values: Sequence[Any],
    *,
    sort_value: Any = None,
    sorted_by_column: bool = False,
    inexact: Container[Any] = (),
    text_key: bool = False,
) -> str:
    """The token of a row; with ``sorted_by_column`` its sort value stands first.

    ``inexact`` are floats whose text form the engine reads as another number.
    For the empty string as the only key see :func:`effective_token`.
    """
    values = (sort_value, *pk_values) if sorted_by_column else pk_values
    parts = [encode_part(value, inexact) for value in values]
    return ",".join(parts) or ("" if text_key else _EMPTY_MARK)


def effective_token(text: str | None, *, text_key: bool) -> str | None:
    """The token of a request, or None for the first page.

    An empty one means the row whose key is the empty string, which only a
    table with a single key of text (``text_key``) can have: there, the pages
    behind it are the first page when no such row exists.
    """
    return text if text or (text is not None and text_key) else None


def parse_token(text: str, *, sorted_by_column: bool) -> Token:
    """Read a token. With a sort, a token of one part is a primary key and the sort value NULL."""
    parts = tuple([decode_part(part) for part in text.split(",")])
    if sorted_by_column and len(parts) > 1:
        return Token(parts[0], parts[1:])
    return Token(None, parts)


def plan_keyset(
    token: Token,
    pk_columns: Sequence[str],
    *,
    sort: str | None,
    descending: bool,
    number: int,
    by_rowid: bool,
    nullable: bool,
) -> tuple[str | None, Mapping[str, Any]]:
    """The condition for the rows behind ``token`` and its parameters, numbered from ``number``.

    ``by_rowid``: the table has no key of its own; what follows the rowid in
    the token is not looked at. ``nullable``: its key may hold NULL, elsewhere
    the mark for NULL is an ordinary text.
    None when there is no sort and the number of key parts is wrong: the first
    page is shown. With a sort the contract has such a token refused by the
    engine, as the condition lacks its second half.
    """
    values = token.pk_values[:1] if by_rowid else token.pk_values
    if not nullable:
        values = tuple([NULL_MARK if value is None else value for value in values])
    behind_key, params = _behind_rowid(values[0], number) if by_rowid else _behind_key(pk_columns, values, number)
    if sort is None:
        return behind_key or None, params
    column = escape(sort)
    if token.sort_value is None:
        if descending:
            return f"({column} is null and {behind_key})", params
        return f"({column} is not null or ({column} is null and {behind_key}))", params
    name = f"p{number + len(params)}"
    params[name] = token.sort_value
    if descending:
        return f"({column} < :{name} or {column} is null or ({column} = :{name} and {behind_key}))", params
    return f"({column} > :{name} or ({column} = :{name} and {behind_key}))", params


def _behind_rowid(value: Any, number: int) -> tuple[str, dict[str, Any]]:
    return f"rowid > :p{number}", {f"p{number}": value}


def _behind_key(pk_columns: Sequence[str], values: Sequence[Any], number: int) -> tuple[str, dict[str, Any]]:
    """``(a > x) or (a = x and b > y) …`` with NULL keys first, as SQLite orders them."""
    if len(pk_columns) != len(values):
        return "", {}
    names = [f"p{number + position}" for position in range(len(values))]
    params = {name: value for name, value in zip(names, values, strict=True) if value is not None}
    alternatives: list[str] = []
    same: list[str] = []
    for column, name, value in zip(map(escape, pk_columns), names, values, strict=True):
        greater = f"{column} is not null" if value is None else f"{column} > :{name}"
        alternatives.append(f"({' and '.join([*same, greater])})")
        same.append(f"{column} is null" if value is None else f"{column} = :{name}")
    return "({})".format("\n  or\n".join(alternatives)), params
