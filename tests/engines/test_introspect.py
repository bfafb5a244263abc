"""What the catalog says about every kind of table."""

import asyncio
import sqlite3

import pytest

from vitrina.engine.sqlite.introspect import introspect

SCHEMA = """
create table people (id integer primary key, name text, boss integer references people);
create table pets (
  tag text primary key, owner integer references PEOPLE(id), vet integer references gone(id)
) without rowid;
create table pairs (a, b, primary key (b, a));
create table uses (x, y, p integer references people(id), foreign key (x, y) references pairs(a, b));
create index pets_owner on pets(owner desc, tag);
create unique index pets_part on pets(owner) where owner > 3;
create table plain (word text, n integer default 7 not null, twice integer as (n * 2), kept integer as (n) stored);
create table docs (id integer primary key, title text, body text);
create virtual table docs_fts using fts5(title, content="docs");
create virtual table notes using fts4(body);
create virtual table boxes using rtree(id, x0, x1);
create virtual table words using fts5vocab(notes5, 'row');
create virtual table notes5 using fts5(body);
create virtual table docs_words using fts5vocab(docs_fts, 'row');
create table _secret (id integer primary key autoincrement);
create view v as select id, name from people;
"""


@pytest.fixture
def catalog(make_file):
    conn = sqlite3.connect(make_file(SCHEMA))
    try:
        yield introspect(conn, "data", 5)
    finally:
        conn.close()


def test_names_and_kinds(catalog):
    assert (catalog.name, catalog.serial) == ("data", 5)
    assert list(catalog.tables)[:3] == ["people", "pets", "pairs"]
    assert list(catalog.views) == ["v"]
    assert catalog.get("v").is_view
    assert catalog.get("nothing") is None
    kinds = {name: catalog.tables[name].kind for name in ("people", "docs_fts", "docs_fts_data", "boxes_node")}
    assert kinds == {"people": "table", "docs_fts": "virtual", "docs_fts_data": "shadow", "boxes_node": "shadow"}


def test_columns_and_primary_keys(catalog):
    plain = catalog.tables["plain"]
    assert plain.column_names == ("word", "n", "twice", "kept")
    assert [column.hidden for column in plain.columns] == [0, 0, 2, 3]
    assert (plain.column_by_name["n"].notnull, plain.column_by_name["n"].default_value) == (1, "7")
    assert plain.uses_rowid
    assert catalog.tables["pairs"].primary_keys == ("b", "a")
    assert catalog.tables["pets"].without_rowid
    assert not catalog.tables["people"].without_rowid
    assert catalog.views["v"].column_names == ("id", "name")
    assert not catalog.views["v"].uses_rowid


def test_foreign_keys(catalog):
    uses = catalog.tables["uses"]
    assert len(uses.foreign_keys) == 3
    assert [(key.column, key.other_table, key.other_column) for key in uses.single_foreign_keys] == [
        ("p", "people", "id")
    ]
    (boss,) = catalog.tables["people"].single_foreign_keys
    assert (boss.other_column, boss.declared_column) == ("id", None)
    assert [(key.other_table, key.other_column, key.column) for key in catalog.tables["people"].incoming] == [
        ("people", "boss", "id"),
        ("uses", "p", "id"),
    ]
    vet, owner = catalog.tables["pets"].single_foreign_keys
    assert (vet.other_table, owner.other_table) == ("gone", "PEOPLE")


def test_indexes(catalog):
    indexes = {index.name: index for index in catalog.tables["pets"].indexes}
    assert indexes["pets_owner"].columns == ("owner", "tag")
    assert (indexes["pets_part"].unique, indexes["pets_part"].partial) == (1, 1)
    assert indexes["pets_owner"].sql.startswith("CREATE INDEX") or indexes["pets_owner"].sql.startswith("create index")
    assert any(index.origin == "pk" for index in indexes.values())


def test_full_text_search(catalog):
    tables = catalog.tables
    assert tables["docs"].fts_table == "docs_fts"
    assert tables["notes"].fts_table == "notes"
    assert tables["people"].fts_table is None


def test_hidden_tables(catalog):
    hidden = {name for name, table in catalog.tables.items() if table.hidden}
    assert {"docs_fts", "docs_fts_data", "notes_content", "boxes_node", "_secret"} <= hidden
    assert "sqlite_sequence" not in hidden
    assert not hidden & {"people", "docs", "notes", "boxes", "plain"}


def test_derived_tables(catalog):
    sources = {name: table.source_table for name, table in catalog.tables.items() if table.source_table is not None}
    assert sources["docs_fts"] == "docs"
    assert sources["notes_content"] == "notes"
    assert sources["boxes_rowid"] == "boxes"
    assert sources["words"] == "notes5"
    # One step only: what derives from a derived table has no source that may decide.
    assert sources["docs_fts_data"] == ""
    assert sources["docs_words"] == ""
    assert "docs" not in sources


def test_definitions(catalog):
    kinds = {(kind, name) for kind, name, _, _ in catalog.definitions}
    assert {("table", "people"), ("index", "pets_owner"), ("view", "v")} <= kinds
    assert all(sql for _, _, _, sql in catalog.definitions)


def test_many_tables_take_few_statements(make_file):
    def statements(tables):
        sql = "".join(
            f"create table t{i} (id integer primary key, a text unique, b references t0);" for i in range(tables)
        )
        conn = sqlite3.connect(make_file(sql, name=f"{tables}.db"))
        seen = []
        conn.set_trace_callback(seen.append)
        catalog = introspect(conn, "data", 1)
        conn.close()
        assert len(catalog.tables) == tables
        # SQLite reports the statements inside its PRAGMA functions as comments.
        return [text for text in seen if not text.startswith("--")]

    assert len(statements(200)) == len(statements(2)) <= 8


def test_the_hops_of_a_first_read(make_file, open_database, pool):
    database = open_database(make_file(SCHEMA))
    asyncio.run(database.read(lambda reader: reader.catalog))
    assert pool.hops == 1
