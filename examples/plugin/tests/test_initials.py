"""Run with: pytest -p vitrina.compat.pytest_plugin"""

import pytest
from datasette.app import Datasette


@pytest.fixture
async def datasette():
    made = Datasette(memory=True)
    db = made.add_memory_database("initials-test", name="people")
    await db.execute_write("create table if not exists person (id integer primary key, name text)")
    await db.execute_write("insert or replace into person values (1, 'Ada Lovelace')")
    return made


async def test_the_function(datasette):
    answer = await datasette.client.get("/people/-/query.json?sql=select+initials('Ada+Lovelace')+as+i&_shape=array")
    assert answer.json() == [{"i": "A. L."}]


async def test_the_page_and_the_link_to_it(datasette):
    page = await datasette.client.get("/-/initials/people/person")
    assert "<strong>A. L.</strong> Ada Lovelace" in page.text
    assert "/-/initials/people/person" in (await datasette.client.get("/people/person")).text


async def test_who_may_not_see_the_table_sees_nothing():
    closed = Datasette(memory=True, default_deny=True)
    assert (await closed.client.get("/-/initials/_memory/person")).status_code == 403
