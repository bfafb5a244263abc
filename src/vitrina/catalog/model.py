"""The immutable snapshot of what exists in one database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

TableKind = Literal["table", "view", "virtual", "shadow"]


class Column(NamedTuple):
    """One column as ``PRAGMA table_xinfo`` reports it, a tuple because plugins take it apart as one.

    ``is_pk`` is 0 or the 1-based position in the primary key; ``hidden`` is 0
    ordinary, 1 hidden column of a virtual table, 2 virtual and 3 stored
    generated column.
    """

    cid: int
    name: str
    type: str
    notnull: int
    default_value: str | None
    is_pk: int
    hidden: int


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """One row of ``PRAGMA foreign_key_list``; compound keys share ``id``.

    ``other_column`` is resolved to the target's single primary key where the
    declaration leaves it out; None where that is not possible.
    ``declared_column`` is what the declaration says, None where it leaves it out.
    """

    id: int
    seq: int
    column: str
    other_table: str
    other_column: str | None
    on_update: str = "NO ACTION"
    on_delete: str = "NO ACTION"
    match: str = "NONE"
    declared_column: str | None = None


@dataclass(frozen=True, slots=True)
class IncomingForeignKey:
    """Another table's single-column foreign key that leads here.

    ``column`` is resolved, "" where that is not possible; ``declared_column``
    is None where the declaration leaves it out.
    """

    other_table: str
    other_column: str
    column: str
    declared_column: str | None = None


@dataclass(frozen=True, slots=True)
class Index:
    seq: int
    name: str
    unique: int
    origin: str
    partial: int
    columns: tuple[str | None, ...]
    sql: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view.

    ``primary_keys`` is empty for rowid tables and views. ``foreign_keys`` has
    every outgoing key column, ``single_foreign_keys`` only those of
    single-column keys that the pages use. ``fts_table`` is the full-text table
    detected for this table. ``label_column`` is detected, configuration may
    override it. ``source_table`` is set for derived tables (FTS and R*Tree
    shadow tables, external-content FTS, fts5vocab, fts4aux): the table whose
    permission decides; "" where the source is unknown or itself derived.
    ``changes_others`` says that a change of its rows may change other tables
    too, by a trigger or by the action of a foreign key.
    """

    name: str
    kind: TableKind
    sql: str | None
    rootpage: int
    columns: tuple[Column, ...]
    primary_keys: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    single_foreign_keys: tuple[ForeignKey, ...] = ()
    incoming: tuple[IncomingForeignKey, ...] = ()
    indexes: tuple[Index, ...] = ()
    without_rowid: bool = False
    hidden: bool = False
    fts_table: str | None = None
    label_column: str | None = None
    source_table: str | None = None
    changes_others: bool = False
    column_names: tuple[str, ...] = ()
    column_by_name: Mapping[str, Column] = field(default_factory=dict)

    @property
    def is_view(self) -> bool:
        return self.kind == "view"

    @property
    def uses_rowid(self) -> bool:
        """True for a table without declared primary key, which pages address by ``rowid``."""
        return self.kind != "view" and not self.primary_keys


@dataclass(frozen=True, slots=True)
class DatabaseCatalog:
    """Everything that exists in one database at one schema version.

    ``tables`` and ``views`` are in the order of ``sqlite_master``; look-ups are
    case-sensitive, as URLs are. ``serial`` rises with every snapshot published
    in this process and identifies it.
    """

    name: str
    serial: int
    schema_version: int
    tables: Mapping[str, Table]
    views: Mapping[str, Table]
    # (type, name, tbl_name, sql) of every sqlite_master row that has SQL, in its order
    definitions: tuple[tuple[str, str, str, str], ...] = ()
    attached: tuple[str, ...] = ()

    def get(self, name: str) -> Table | None:
        """The table or view of that name, or None."""
        return self.tables.get(name) or self.views.get(name)
