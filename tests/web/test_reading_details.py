"""Small things about pages of data that other programs rely on."""

from __future__ import annotations

import re

import pytest
from table_instance import CONFIG, open_museum

QUERIES = {"broken": "select * from nowhere", "one": "select 1"}


@pytest.fixture
def museum(tmp_path):
    databases = {"museum": {**CONFIG["databases"]["museum"], "queries": QUERIES}}
    instance = open_museum(tmp_path, config={"databases": databases})
    yield instance
    instance.close()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/museum/objects.json?_shape=nope", 400),
        ("/museum/visits.json?_shape=object", 400),
        ("/museum/objects/1.json?_shape=nope", 400),
        ("/museum/one.json?_shape=nope", 400),
        ("/museum/one.json?_shape=object", 400),
        ("/museum/objects?_filter_column=title&_filter_value=x", 302),
    ],
)
async def test_refused_shapes_and_redirects_keep_the_address_to_themselves(museum, path, status):
    response = await museum.client.get(path)
    assert (response.status_code, response.headers["referrer-policy"]) == (status, "no-referrer")


@pytest.mark.parametrize("path", ["/museum/-/query.json?sql=select+*+from+nowhere&x=1", "/museum/broken.json?x=1"])
async def test_sql_that_fails_has_its_extra_blocks_too(museum, path):
    body = (await museum.client.get(f"{path}&_extra=query,columns,database&_shape=array")).json()
    assert body["query"] == {"sql": "select * from nowhere", "params": {}}
    assert (body["columns"], body["database"], body["rows"]) == ([], "museum", [])
    assert (body["error"], body["status"], body["truncated"]) == ("no such table: nowhere", 400, False)


@pytest.mark.parametrize("sql", ["select+1+as+a", "select+*+from+nowhere"])
async def test_a_download_of_no_column_is_refused(museum, sql):
    response = await museum.client.get(f"/museum/-/query.blob?sql={sql}&_blob_column=b")
    assert response.status_code == 400
    assert "b is not a valid column" in response.text


async def test_a_fragment_of_a_view_has_no_single_row(museum):
    response = await museum.client.get("/museum/grades/-/fragment?_row=1,2")
    assert response.status_code == 400
    assert "_row is not supported for views" in response.text


async def test_the_filter_form_has_the_columns_as_they_are_shown(museum):
    page = (await museum.client.get("/museum/objects?_col=site&_col=title")).text
    menu = page[page.index('name="_filter_column"') :].partition("</select>")[0]
    names = re.findall(r"<option>(\w+)</option>", menu)
    assert names == ["id", "site", "title", "hall_id", "grade", "tags"]


async def test_the_column_of_links_is_marked(museum):
    page = (await museum.client.get("/museum/visits")).text
    head = re.search(r"<th[^>]*>Link", page)[0]
    assert 'data-column="Link"' in head
    assert 'data-is-link-column="1"' in head
    assert "data-is-link-column" not in (await museum.client.get("/museum/objects")).text


async def test_headings_say_what_is_a_view(museum):
    assert re.search(r"<h1>.*grades \(view\)</h1>", (await museum.client.get("/museum/grades")).text)
    assert "(view)" not in (await museum.client.get("/museum/objects")).text
