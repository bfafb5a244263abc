"""Nobody is left standing: error pages and empty tables say where to go on."""

import sqlite3

import pytest

from vitrina.facade.datasette import Datasette
from vitrina.version import REFERENCE_VERSION, __version__

ROOT = {"id": "root"}


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.db"
    conn = sqlite3.connect(path)
    conn.executescript(
        "create table items (id integer primary key, name text); insert into items values (1, 'mask');"
        "create table empty (id integer primary key);"
        "create virtual table words using fts5(text); insert into words values ('mask');"
    )
    conn.close()
    passwords = tmp_path / "passwords"
    passwords.touch(mode=0o600)
    config = {
        "vitrina": {"login": {"password_file": str(passwords)}},
        "permissions": {"insert-row": {"id": "root"}},
        "databases": {"shop": {"queries": {"named": "select * from items where name = :name"}}},
    }
    instance = Datasette([path], config=config, settings={"sql_time_limit_ms": 20})
    yield instance
    instance.close()


async def test_the_footer_names_the_version(shop):
    pages = [(await shop.client.get(path)).text for path in ("/", "/nowhere")]
    titles = [page.partition('<span title="')[2].partition('"')[0] for page in pages]
    assert titles == [f"Vitrina {__version__}, compatible with Datasette {REFERENCE_VERSION}"] * 2


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("/shop/items/9", '<a href="/shop/items">Go to items</a>'),
        ("/shop/nothing", '<a href="/shop">Go to shop</a>'),
        ("/shop/items?_sort=nothing", '<a href="/shop/items">Go to items</a>'),
    ],
)
async def test_an_error_page_leads_to_what_is_above(shop, path, link):
    page = await shop.client.get(path)
    assert page.status_code in (400, 404)
    assert link in page.text


async def test_a_database_that_is_not_there_is_no_way_out(shop):
    page = await shop.client.get("/nothing/items")
    assert page.status_code == 404
    assert "Go to nothing" not in page.text and "Go to the home page" in page.text


@pytest.mark.parametrize(
    ("sql", "title"),
    [
        ("delete from items", "Invalid SQL"),
        ("with recursive n(x) as (select 1 union all select x + 1 from n) select max(x) from n", "SQL Interrupted"),
    ],
)
async def test_sql_that_was_refused_can_be_mended_where_it_was_refused(shop, sql, title):
    page = await shop.client.get("/shop/-/query", params={"sql": sql, "name": "a<b"})
    assert page.status_code == 400 and f"<h1>{title}</h1>" in page.text
    assert f'name="sql" rows="3" spellcheck="false">{sql}</textarea>' in page.text
    assert '<input type="hidden" name="name" value="a&lt;b">' in page.text


async def test_forbidden_pages_offer_to_sign_in(shop):
    page = await shop.client.get("/-/permissions?filter=all")
    assert page.status_code == 403
    assert '<a href="/-/login?next=/-/permissions%3Ffilter%3Dall">Sign in</a>' in page.text


async def test_the_menu_offers_to_sign_in_to_those_who_are_not(shop):
    link = '<a href="/-/login">Sign in</a>'
    assert link in (await shop.client.get("/")).text
    assert link not in (await shop.client.get("/", actor=ROOT)).text


async def test_a_search_without_results_can_be_left_out(shop):
    page = await shop.client.get("/shop/words?_search=zebra&text__contains=a")
    assert '<a href="/shop/words?text__contains=a">the search “zebra”</a>' in page.text
    assert '<a href="/shop/words?_search=zebra">text contains a</a>' in page.text


async def test_an_empty_table_offers_its_first_row_to_those_who_may_insert(shop):
    button = 'data-table-action="insert-row">Insert the first row</button>'
    anonymous = (await shop.client.get("/shop/empty")).text
    assert "This table is empty." in anonymous and button not in anonymous
    assert button in (await shop.client.get("/shop/empty", actor=ROOT)).text
    assert "is empty" not in (await shop.client.get("/shop/empty?_next=5")).text


async def test_a_stored_query_without_values_asks_for_them(shop):
    asked = "Give each parameter a value"
    assert asked in (await shop.client.get("/shop/named")).text
    assert asked not in (await shop.client.get("/shop/named?name=nobody")).text
    assert asked not in (await shop.client.get("/shop/named?name=mask")).text


async def test_an_empty_editor_has_no_results_to_show(shop):
    shown = '<p class="zero-results">0 results</p>'
    assert shown not in (await shop.client.get("/shop/-/query")).text
    assert shown in (await shop.client.get("/shop/-/query?sql=select+1+where+0")).text
