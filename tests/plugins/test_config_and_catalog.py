"""What plugins read: their configuration level by level, and names of tables in the order they know."""

import sqlite3

import pytest

from vitrina.facade.datasette import Datasette

TOP = {"gauge": {"at": "top"}}
SHOP = {"plugins": {"gauge": {"at": "shop"}}}


@pytest.mark.parametrize(
    ("databases", "place", "fallback", "expected"),
    [
        ({}, {}, True, "top"),
        ({}, {"table": "goods"}, True, "top"),
        ({}, {"table": "goods"}, False, None),
        ({}, {"database": "shop"}, True, "top"),
        ({}, {"database": "shop"}, False, None),
        ({"shop": {}}, {"database": "shop"}, True, "top"),
        ({"shop": {"allow": True}}, {"database": "shop"}, True, None),
        ({"shop": {"allow": True}}, {"database": "shop", "table": "goods"}, True, "top"),
        ({"shop": {"allow": True}}, {"database": "other"}, True, "top"),
        ({"shop": SHOP}, {"database": "shop"}, True, "shop"),
        ({"shop": SHOP}, {"database": "shop", "table": "goods"}, True, "shop"),
        ({"shop": SHOP}, {"database": "shop", "table": "goods"}, False, None),
    ],
)
def test_configuration_of_a_plugin(databases, place, fallback, expected):
    instance = Datasette(config={"plugins": TOP, "databases": databases})
    try:
        found = instance.plugin_config("gauge", **place, fallback=fallback)
    finally:
        instance.close()
    assert (found and found["at"]) == expected


def test_an_empty_section_counts_at_its_own_level_only():
    config = {"plugins": TOP, "databases": {"shop": {"plugins": {"gauge": {}}}}}
    instance = Datasette(config=config)
    try:
        assert instance.plugin_config("gauge", database="shop") == {}
        assert instance.plugin_config("gauge", database="shop", table="goods") == {"at": "top"}
    finally:
        instance.close()


async def test_names_of_tables_are_sorted(tmp_path):
    path = tmp_path / "fleet.db"
    conn = sqlite3.connect(path)
    conn.executescript(
        'create table tides (a); create table "Boats" (a); create table _log (a);'
        'create virtual table boats_fts using fts4(a, content="Boats");'
    )
    conn.close()
    instance = Datasette([str(path)])
    try:
        database = instance.get_database("fleet")
        tables = await database.table_names()
        assert tables == sorted(tables)
        assert tables[0] == "Boats"
        hidden = await database.hidden_table_names()
        assert hidden[0] == "_log"
        assert hidden[-1] == "boats_fts"
        assert hidden[:-1] == sorted(hidden[:-1])
    finally:
        instance.close()
