"""What a rebuilt table looks like: its definition now, with the changes of a plan."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass, replace
from typing import Any

from vitrina.catalog.affinity import SQLiteType
from vitrina.dialect.definition import ColumnDefinition, Reference, TableDefinition
from vitrina.dialect.quoting import quote_identifier
from vitrina.dialect.table_sql import ColumnParts, TableParts, parse_table, renamed_in_style
from vitrina.errors import InvalidBody
from vitrina.execute.change_rows import table_sql
from vitrina.execute.references import resolved
from vitrina.plan.alter import AlterPlan

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_QUOTED = re.compile(r"[xX]?'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_WORD = re.compile(r"[A-Za-z_]\w*")
_ROWID_NAMES = ("rowid", "_rowid_", "oid")
_NO_ACTION = "NO ACTION"


@dataclass(frozen=True, slots=True)
class Rebuild:
    """The new definition; ``copied`` has pairs of new and old column names; ``rowid`` the name to copy it by, or ""."""

    definition: TableDefinition
    copied: tuple[tuple[str, str], ...]
    rowid: str

    def named(self, name: str) -> TableDefinition:
        """The definition under another name."""
        return replace(self.definition, name=name)


@dataclass(slots=True)
class _Shape:
    """The table as it is: columns and keys by name, and foreign keys of several columns as SQL."""

    columns: list[ColumnDefinition]
    primary_key: tuple[str, ...]
    compound: list[tuple[tuple[str, ...], str]]
    parts: TableParts


def plan_rebuild(conn: sqlite3.Connection, table: str, plan: AlterPlan, before: str) -> Rebuild:
    """The new shape of ``table``, whose columns were renamed already where SQLite could (blocking).

    ``before`` is its SQL as it was then. Raises InvalidBody.
    """
    shape = _shape_of(conn, table, before)
    renamed = {old.lower(): new for old, new in plan.renamed.items()}
    present = {column.name.lower(): column.name for column in shape.columns}

    def now(name: str) -> str:
        """The name that a column of the request has at this moment."""
        new = renamed.get(name.lower())
        if new is not None and present.get(new.lower()) == new and name.lower() not in present:
            return new
        return present.get(name.lower(), name)

    _check_named(shape, plan, now)
    _check_dropped(shape, plan, now)
    shape = _with_foreign_keys(conn, shape, plan, now)
    columns = [_changed(column, plan, now) for column in shape.columns]
    columns, sources = _dropped_and_replaced(columns, plan, now)
    key = tuple([now(name) for name in plan.primary_key]) if plan.primary_key is not None else shape.primary_key
    kept = {column.name for column in columns}
    columns = _ordered(columns, [now(name) for name in plan.order])
    if len(key) == 1 and key[0] not in kept:
        columns.insert(0, ColumnDefinition(key[0], "INTEGER"))
    if not columns:
        raise InvalidBody("Tables must have at least one column")
    compound = [sql for names, sql in shape.compound if all(name in kept for name in names)]
    gone = {column.name.lower() for column in shape.columns} - {name.lower() for name in kept}
    constraints = [each.sql for each in shape.parts.constraints if each.is_check or not each.names & gone]
    definition = TableDefinition(
        table,
        tuple(columns),
        key,
        shape.parts.autoincrement and key == shape.primary_key and key[0] in kept,
        (*constraints, *compound),
        shape.parts.options.upper(),
    )
    return Rebuild(definition, tuple(sources), _rowid_of(shape, definition, {new for new, _ in sources}))


def _check_named(shape: _Shape, plan: AlterPlan, now: Any) -> None:
    """Raise InvalidBody where a column that is not there, or will not be, is to become NOT NULL or get a default."""
    dropped = {now(name) for name in plan.dropped}
    columns = [column for column in shape.columns if column.name not in dropped]
    kept = [column.name for column in columns]
    for kind, named, there in (
        ("not_null", plan.not_null, [column.name for column in columns if column.not_null]),
        ("defaults", plan.defaults, [column.name for column in columns if column.default is not None]),
    ):
        wanted = [now(name) for name in named]
        if any(name not in kept for name in wanted):
            if kind == "not_null" and not any(named.values()):
                there = []
            raise InvalidBody(f"{kind} set {_as_set([*wanted, *there])} includes items not in columns {_as_set(kept)}")


def _as_set(names: list[str]) -> str:
    return f"{{{', '.join([repr(name) for name in dict.fromkeys(names)])}}}"


def _check_dropped(shape: _Shape, plan: AlterPlan, now: Any) -> None:
    """Raise InvalidBody where a CHECK or a generated column that stays needs a column that goes."""
    dropped = {now(name).lower(): now(name) for name in plan.dropped}
    for column in shape.columns:
        needs = shape.parts.columns.get(column.name.lower(), ColumnParts()).needs
        if column.name.lower() not in dropped and needs & dropped.keys():
            # SQLite would take a name in double quotes that is gone for text.
            gone = dropped[min(needs & dropped.keys())]
            raise InvalidBody(f"Cannot drop column '{gone}': it is used by the generated column '{column.name}'")
    staying = [each for name, parts in shape.parts.columns.items() if name not in dropped for each in parts.checks]
    for check in [*staying, *[each for each in shape.parts.constraints if each.is_check]]:
        for name in dropped.keys() & check.names:
            raise InvalidBody(f"Cannot drop column '{dropped[name]}': it is used by CHECK constraint {check.label!r}")


def _shape_of(conn: sqlite3.Connection, table: str, before: str) -> _Shape:
    sql = table_sql(conn, table)
    if sql is None:
        raise InvalidBody(f"Table {table} cannot be altered")
    parts = parse_table(renamed_in_style(before, sql))
    references, compound = _foreign_keys(conn, table, parts)
    columns, keys = [], []
    for row in conn.execute(f"PRAGMA table_xinfo({quote_identifier(table)})").fetchall():
        _, name, declared, not_null, default, pk, hidden = tuple(row)
        if hidden == 1:
            # An inner column of a virtual table, which an ordinary one does not have.
            continue
        found = parts.columns.get(name.lower(), ColumnParts())
        if pk:
            keys.append((pk, name))
        columns.append(
            ColumnDefinition(
                name,
                _type(declared),
                bool(not_null),
                None if found.generated else _default(default),
                " ".join([*found.extra, *([found.generated] if found.generated else [])]),
                references.get(name),
            )
        )
    return _Shape(columns, tuple([name for _, name in sorted(keys)]), compound, parts)


def _type(declared: str) -> str:
    """The plain name of a type; one whose affinity has no plain name is kept, so that no value changes."""
    affinity = SQLiteType.from_declared_type(declared).value
    return affinity if declared and affinity in ("TEXT", "INTEGER", "REAL", "BLOB") else declared


def _default(text: str | None) -> str | None:
    """A default as PRAGMAs tell it, as SQL that means the same."""
    if text is None or _QUOTED.fullmatch(text):
        return text
    if _NUMBER.fullmatch(text):
        return f"'{text}'"
    return text if _WORD.fullmatch(text) else f"({text})"


def _foreign_keys(
    conn: sqlite3.Connection, table: str, parts: TableParts
) -> tuple[dict[str, Reference], list[tuple[tuple[str, ...], str]]]:
    """References of single columns, and those of several as constraints."""
    grouped: dict[int, list[tuple[Any, ...]]] = {}
    for row in conn.execute(f"PRAGMA foreign_key_list({quote_identifier(table)})").fetchall():
        grouped.setdefault(row[0], []).append(tuple(row))
    references: dict[str, Reference] = {}
    compound: list[tuple[tuple[str, ...], str]] = []
    for rows in grouped.values():
        rows.sort(key=lambda row: int(row[1]))
        target, on_update, on_delete = rows[0][2], rows[0][5], rows[0][6]
        tail = "".join(
            [
                f" ON {event} {action}"
                for event, action in (("UPDATE", on_update), ("DELETE", on_delete))
                if action != _NO_ACTION
            ]
        ).strip()
        names = tuple([row[3] for row in rows])
        if len(rows) == 1:
            column = parts.columns.get(names[0].lower(), ColumnParts())
            tail = " ".join([part for part in (tail, column.deferrable) if part])
            references[names[0]] = _known(conn, Reference(target, rows[0][4], tail))
        else:
            others = [row[4] for row in rows if row[4] is not None]
            where = f"({', '.join(map(quote_identifier, others))})" if others else ""
            sql = (
                f"FOREIGN KEY ({', '.join(map(quote_identifier, names))}) REFERENCES {quote_identifier(target)}{where}"
            )
            compound.append((names, f"{sql} {tail}".strip()))
    return references, compound


def _known(conn: sqlite3.Connection, reference: Reference) -> Reference:
    """With the column it points to where that can be told; a dangling one is kept as it is."""
    try:
        return resolved(conn, reference)
    except InvalidBody:
        return reference


def _with_foreign_keys(conn: sqlite3.Connection, shape: _Shape, plan: AlterPlan, now: Any) -> _Shape:
    references = {column.name: column.reference for column in shape.columns}
    compound = shape.compound
    if plan.foreign_keys is not None:
        references = dict.fromkeys(references)
        compound = []
    for name in plan.dropped_foreign_keys:
        references[now(name)] = None
        compound = [(names, sql) for names, sql in compound if now(name) not in names]
    for name, reference in [*(plan.foreign_keys or {}).items(), *plan.added_foreign_keys.items()]:
        references[now(name)] = resolved(conn, reference)
    columns = [replace(column, reference=references.get(column.name)) for column in shape.columns]
    return _Shape(columns, shape.primary_key, compound, shape.parts)


def _changed(column: ColumnDefinition, plan: AlterPlan, now: Any) -> ColumnDefinition:
    for name, kind in plan.types.items():
        if now(name) == column.name:
            column = replace(column, type=kind)
    for name, not_null in plan.not_null.items():
        if now(name) == column.name:
            column = replace(column, not_null=not_null)
    for name, default in plan.defaults.items():
        if now(name) == column.name:
            column = replace(column, default=default)
    return column


def _dropped_and_replaced(
    columns: list[ColumnDefinition], plan: AlterPlan, now: Any
) -> tuple[list[ColumnDefinition], list[tuple[str, str]]]:
    """Columns that stay, with pairs of new and old names for their values.

    One that is renamed to the name of another takes that one's place: its
    values are kept, the other's are lost.
    """
    dropped = {now(name).lower() for name in plan.dropped}
    by_name = {column.name: column for column in columns}
    taken = {
        now(old): new for old, new in plan.renamed.items() if new in by_name and now(old) != new and now(old) in by_name
    }
    kept: list[ColumnDefinition] = []
    pairs: list[tuple[str, str]] = []
    for column in columns:
        if column.name.lower() in dropped or column.name in taken.values():
            continue
        target = by_name[taken[column.name]] if column.name in taken else column
        kept.append(target)
        if "GENERATED ALWAYS" not in target.extra:
            pairs.append((target.name, column.name))
    return kept, pairs


def _ordered(columns: list[ColumnDefinition], first: list[str]) -> list[ColumnDefinition]:
    by_name = {column.name: column for column in columns}
    front = [by_name[name] for name in dict.fromkeys(first) if name in by_name]
    return [*front, *[column for column in columns if column not in front]]


def _rowid_of(shape: _Shape, definition: TableDefinition, copied: set[str]) -> str:
    """The name by which row numbers are copied; "" where a column is the row's number, or rows have none."""
    if "WITHOUT ROWID" in definition.options:
        return ""
    names = {column.name.lower() for column in (*shape.columns, *definition.columns)}
    alias = definition.primary_key[0] if len(definition.primary_key) == 1 else None
    if alias is not None and any(column.name == alias and column.type == "INTEGER" for column in definition.columns):
        return "" if alias in copied else next((name for name in _ROWID_NAMES if name not in names), "")
    return next((name for name in _ROWID_NAMES if name not in names), "")
