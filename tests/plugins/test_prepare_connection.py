"""What ``prepare_connection`` adds to SQL, and what it takes away."""

import sqlite3

from vitrina.hooks.markers import hookimpl


class Masks:
    @hookimpl
    def prepare_connection(self, conn, database):
        def masked(action, table, column, schema, trigger):
            hidden = action == sqlite3.SQLITE_READ and (table, column) == ("goods", "name")
            return sqlite3.SQLITE_IGNORE if hidden else sqlite3.SQLITE_OK

        conn.create_function("half", 1, lambda number: number / 2)
        if database == "shop":
            conn.set_authorizer(masked)


async def test_a_column_hidden_by_an_authorizer_is_hidden_on_every_page(with_plugin):
    ds = with_plugin(Masks())
    for path in ("/shop/goods.json", "/shop/-/query.json?sql=select+*+from+goods", "/shop/goods.csv", "/shop/goods"):
        response = await ds.client.get(path)
        assert response.status_code == 200
        assert "Rice" not in response.text
    assert (await ds.client.get("/shop/goods/2.json")).json()["rows"] == [{"id": 2, "name": None}]
    refused = await ds.client.get("/shop/-/query.json?sql=select+load_extension('x')")
    assert refused.status_code == 400


async def test_functions_that_a_plugin_adds_work_in_peoples_sql(with_plugin):
    ds = with_plugin(Masks())
    response = await ds.client.get("/shop/-/query.json?sql=select+half(5)+as+n&_shape=array")
    assert response.json() == [{"n": 2.5}]


async def test_an_isolated_connection_is_left_as_it_is(with_plugin):
    ds = with_plugin(Masks())
    await ds.invoke_startup()
    names = await ds.get_database("shop").execute_isolated_fn(
        lambda conn: conn.execute("select name from goods order by id").fetchall()
    )
    assert names == [("Tea",), ("Rice",)]
