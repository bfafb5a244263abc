"""Guesses about foreign keys, on a real database."""

import sqlite3

import pytest

from vitrina.catalog.affinity import SQLiteType
from vitrina.engine.protocols import DatabaseSpec
from vitrina.engine.sqlite.database import SqliteDatabase
from vitrina.engine.sqlite.readers import ReaderPool
from vitrina.execute.foreign_key_guess import Option, compatible, guess_foreign_keys, name_matches


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "d.db"
    conn = sqlite3.connect(path)
    conn.executescript(
        """
        create table persons (id integer primary key);
        create table boxes (id integer primary key);
        create table pets (id integer primary key, person_id integer, box_id integer, note text);
        insert into persons values (1), (2), (3);
        insert into boxes values (1);
        insert into pets values (7, 1, null, 'x'), (8, 3, null, 'y');
        """
    )
    conn.close()
    pool = ReaderPool(1)
    opened = SqliteDatabase(DatabaseSpec("d", "d", path=str(path)), pool=pool)
    yield opened
    opened.close()
    pool.close()


async def test_values_decide(database):
    catalog = await database.ready()
    options = [Option(name, "id", "INTEGER", SQLiteType.INTEGER) for name in ("boxes", "persons", "pets")]
    found = await database.read(lambda reader: guess_foreign_keys(reader, catalog.tables["pets"], options))
    assert found["row_check"] == {
        "attempted": True,
        "status": "completed",
        "row_limit": 500,
        "sampled_rows": 2,
        "checked_options": 4,
    }
    columns = {column["column"]: column for column in found["columns"]}
    assert [each["fk_table"] for each in columns["person_id"]["options"]] == ["persons", "boxes"]
    assert columns["person_id"]["suggestions"] == [
        {
            "fk_table": "persons",
            "fk_column": "id",
            "confidence": "sampled",
            "sampled_values": 2,
            "reasons": ["type_match", "sample_values_exist", "name_match"],
        }
    ]
    assert columns["box_id"]["suggestions"] == []
    assert columns["note"]["options"] == []


@pytest.mark.parametrize(
    ("column", "table", "matches"),
    [
        ("person_id", "persons", True),
        ("box_id", "Boxes", True),
        ("city_id", "cities", True),
        ("staff_id", "staff", True),
        ("person", "persons", False),
        ("_id", "s", False),
        ("box_id", "box_lids", False),
    ],
)
def test_names(column, table, matches):
    assert name_matches(column, table) is matches


def test_affinities():
    assert compatible(SQLiteType.NUMERIC, SQLiteType.REAL)
    assert compatible(SQLiteType.TEXT, SQLiteType.TEXT)
    assert not compatible(SQLiteType.INTEGER, SQLiteType.REAL)
    assert not compatible(SQLiteType.NUMERIC, SQLiteType.TEXT)
