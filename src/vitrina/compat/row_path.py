"""Primary keys in URLs and in conditions, as plugins make and read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vitrina.dialect.quoting import escape_sqlite, quote_identifier
from vitrina.tilde import tilde_decode, tilde_encode


def urlsafe_components(token: str) -> list[str]:
    """The decoded parts of a comma-separated, tilde-encoded text."""
    return [tilde_decode(part) for part in token.split(",")]


def path_from_row_pks(row: Any, pks: Sequence[str], use_rowid: bool, quote: bool = True) -> str:
    """The part of a row page's URL that names the row; ``quote=False`` leaves the values as they are.

    A value that is an object with ``value`` and ``label`` counts as its value.
    """
    values = [row["rowid"]] if use_rowid else [row[pk] for pk in pks]
    texts = [str(value["value"] if isinstance(value, dict) else value) for value in values]
    return ",".join(tilde_encode(text) if quote else text for text in texts)


def compound_keys_after_sql(pks: Sequence[str], start_index: int = 0) -> str:
    """A condition for the rows after one with these keys; its parameters are ``:p0``, ``:p1`` and so on."""
    alternatives = []
    for last, pk in enumerate(pks):
        parts = [f"{escape_sqlite(name)} = :p{start_index + number}" for number, name in enumerate(pks[:last])]
        parts.append(f"{escape_sqlite(pk)} > :p{start_index + last}")
        alternatives.append(f"({' and '.join(parts)})")
    return "({})".format("\n  or\n".join(alternatives))


async def row_sql_params_pks(db: Any, table: str, pk_values: Sequence[str]) -> tuple[str, dict[str, str], list[str]]:
    """SQL for one row, its parameters, and the columns of the key."""
    pks = await db.primary_keys(table)
    selected = "*"
    if not pks:
        selected, pks = "rowid, *", ["rowid"]
    condition = " AND ".join(f"{quote_identifier(pk)}=:p{number}" for number, pk in enumerate(pks))
    params = {f"p{number}": value for number, value in enumerate(pk_values)}
    return f"select {selected} from {escape_sqlite(table)} where {condition}", params, list(pks)
