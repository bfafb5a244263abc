"""Methods of the database object as its documentation describes them."""

import sqlite3

import pytest

pytestmark = pytest.mark.asyncio


@pytest.fixture
async def database(with_plugin):
    instance = with_plugin()
    await instance.invoke_startup()
    return instance.get_database("shop")


async def test_attached_databases_have_names(with_plugin):
    instance = with_plugin(memory=True, crossdb=True)
    await instance.invoke_startup()
    (found,) = await instance.get_database("_memory").attached_databases()
    assert (found.seq, found.name) == (2, "shop") and found.file.endswith("shop.db")


async def test_foreign_keys_are_in_order(database):
    await database.execute_write_script(
        "create table links (c integer references goods(id), b integer references goods(id),"
        " a integer references goods(id), z integer references bills(id));"
    )
    outgoing = (await database.get_all_foreign_keys())["links"]["outgoing"]
    assert [(key["other_table"], key["column"]) for key in outgoing] == [
        ("bills", "z"),
        ("goods", "a"),
        ("goods", "b"),
        ("goods", "c"),
    ]


async def test_a_write_refuses_a_negative_number_of_rows(database):
    with pytest.raises(ValueError, match="returning_limit must be >= 0"):
        await database.execute_write("delete from goods", returning_limit=-1)
    assert (await database.execute("select count(*) from goods")).single_value() == 2


@pytest.mark.parametrize("params", [None, [], {}])
async def test_a_write_without_its_parameters(database, params):
    with pytest.raises(sqlite3.ProgrammingError, match="The current statement uses 1, and there are 0 supplied"):
        await database.execute_write("delete from goods where id = :id", params)


async def test_a_write_function_may_take_its_arguments_in_any_order(database):
    assert await database.execute_write_fn(lambda track_event, conn: type(conn)) is sqlite3.Connection
    assert await database.execute_write_fn(lambda conn, track_event: type(conn)) is sqlite3.Connection
    assert await database.execute_write_fn(lambda track_event: callable(track_event))
