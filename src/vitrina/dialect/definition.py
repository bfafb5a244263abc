"""Tables and columns as they are to be, and the text of the statements that create them."""

from __future__ import annotations

from dataclasses import dataclass

from vitrina.dialect.quoting import quote_identifier


@dataclass(frozen=True, slots=True)
class Reference:
    """What a column points to; ``column`` is None for the target's single primary key. ``tail`` is further SQL."""

    table: str
    column: str | None = None
    tail: str = ""


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """One column: ``type``, ``default`` and ``extra`` (further constraints) are SQL."""

    name: str
    type: str
    not_null: bool = False
    default: str | None = None
    extra: str = ""
    reference: Reference | None = None


@dataclass(frozen=True, slots=True)
class TableDefinition:
    """A table: ``constraints`` are SQL that stands behind the columns, ``options`` behind everything."""

    name: str
    columns: tuple[ColumnDefinition, ...]
    primary_key: tuple[str, ...] = ()
    autoincrement: bool = False
    constraints: tuple[str, ...] = ()
    options: str = ""


def create_table(table: TableDefinition) -> str:
    """The statement that creates ``table``: one column per line."""
    single = table.primary_key[0] if len(table.primary_key) == 1 else None
    lines = [_column(column, table, is_key=column.name == single) for column in table.columns]
    if len(table.primary_key) > 1:
        lines.append(f"PRIMARY KEY ({', '.join(map(quote_identifier, table.primary_key))})")
    lines.extend(table.constraints)
    body = ",\n".join([f"   {line}" for line in lines])
    options = f" {table.options}" if table.options else ""
    return f"CREATE TABLE {quote_identifier(table.name)} (\n{body}\n){options}"


def _column(column: ColumnDefinition, table: TableDefinition, *, is_key: bool) -> str:
    parts = [quote_identifier(column.name)]
    if column.type:
        parts.append(column.type)
    if is_key:
        parts.append("PRIMARY KEY AUTOINCREMENT" if table.autoincrement else "PRIMARY KEY")
    if column.not_null:
        parts.append("NOT NULL")
    if column.default is not None:
        parts.append(f"DEFAULT {column.default}")
    if column.extra:
        parts.append(column.extra)
    if column.reference is not None:
        parts.append(_reference(column.reference))
    return " ".join(parts)


def _reference(reference: Reference) -> str:
    target = quote_identifier(reference.table)
    if reference.column is not None:
        target += f"({quote_identifier(reference.column)})"
    return f"REFERENCES {target}{f' {reference.tail}' if reference.tail else ''}"
