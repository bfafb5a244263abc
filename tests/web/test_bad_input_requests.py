"""Requests that no page of this site makes: each gets a 4xx or the contract's answer, never a failure."""

from __future__ import annotations

import json
import sqlite3
from urllib.parse import quote

import pytest
from raw_request import raw_request
from table_instance import open_museum

from vitrina.facade.datasette import Datasette

DEEP = "[" * 5000


@pytest.fixture
async def museum(tmp_path):
    instance = open_museum(tmp_path)
    yield instance
    instance.close()


async def answer(instance, path, status):
    response = await instance.client.get(path)
    assert response.status_code == status, (path[:200], response.text[:300])
    assert "Traceback" not in response.text
    return response


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("_size=x", "_size must be a positive integer"),
        ("_size=-1", "_size must be a positive integer"),
        ("_size=99999999999999999999999", None),
        ("_sort=nope", "Cannot sort table by nope"),
        ("_sort=title&_sort_desc=title", None),
        ("_col=nope", None),
        ("_nocol=nope", None),
        ("_nocol=id", None),
        ("_extra=nope", None),
        ("_extra=display_rows", None),
        ("_shape=nope", None),
        ("_facet=nope", "no such column: nope"),
        ("_facet_array=nope", None),
        ("_facet_date=nope", None),
        ("_facet={", None),
        ("_facet={}", None),
        ('_facet={"column":1}', None),
        ("_timelimit=x", None),
        ("_json_infinity=maybe", None),
        ("id__in=[1,", None),
        ("nope__in=1,2", "no such column: nope"),
        ("_where=nope", None),
        ("_where=)", None),
        ("_where=1;select+2", None),
        ("_through={", None),
        ("_through=[]", None),
        ('_through={"table":"halls","column":"id","value":[1]}', None),
        ('_through={"table":"nope","column":"id","value":1}', None),
        ("_fts_table=halls&_search=x", None),
        (f"id__in={DEEP}", None),
        (f"_facet={{{quote(chr(34))}column{quote(chr(34))}:{DEEP}", None),
        (f"_through={DEEP}", None),
    ],
)
async def test_arguments_of_a_table(museum, query, error):
    data = (await answer(museum, f"/museum/objects.json?{query}", 400)).json()
    assert data["ok"] is False
    assert data["status"] == 400
    assert data["error"]
    if error is not None:
        assert data["error"] == error


@pytest.mark.parametrize(
    "query",
    [
        "title__zzz=1",
        "nope=1",
        "nope__exact=1",
        "__=1",
        "__exact=",
        "=",
        "&&&",
        "_labels=perhaps",
        "_facet_size=x",
        "_next=nonsense",
        "_next=1,2,3",
        "_next=~",
        "_search=anything",
        "title=%00",
        "title=a%00b",
        "title=%FF%FE",
        "%FF=1",
        "title=%ED%A0%80",
        "id__gt=1e999",
        "id__gt=-nan",
        "id__gt=99999999999999999999999999",
        "id__in=99999999999999999999999999",
        "title__like=%25%25%25%25%25",
        "title__glob=[",
        "title__date=nope",
    ],
)
@pytest.mark.parametrize("format", ["", ".json", ".csv"])
async def test_arguments_that_change_nothing_or_find_nothing(museum, query, format):
    await answer(museum, f"/museum/objects{format}?{query}", 200)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/museum/objects.nope", 404),
        ("/museum.nope", 404),
        ("/museum/objects/1.nope", 404),
        ("/museum/-/query.nope?sql=select+1", 404),
        ("/museum/objects/x", 404),
        ("/museum/objects/1,2", 400),
        ("/museum/loans/1", 400),
        ("/museum/loans/1,a,b", 400),
        ("/museum/objects/~00", 404),
        ("/museum/objects/99999999999999999999999999", 404),
        ("/museum/~00", 404),
        ("/museum/~FF", 404),
        ("/~00", 404),
        ("/-/static/~00", 404),
        ("/-/static/%00", 404),
        ("/-/static/../render/json.py", 404),
        ("/-/static/%2e%2e/%2e%2e/errors.py", 404),
        ("/-/static/..%2f..%2ferrors.py", 404),
        ("/-/static//etc/passwd", 404),
        ("/-/static/", 403),
        ("/-/static-plugins/nope/app.css", 404),
        ("/museum/scans.blob", 403),
        ("/museum/objects.blob", 400),
        ("/museum/objects.blob?_blob_column=nope", 400),
        ("/museum/objects/1.blob?_blob_column=", 400),
        ("/museum/grades.json?_next=x", 400),
        ("/museum/grades.json?_next=99999999999999999999999999", 400),
        ("/museum/grades/1", 404),
        ("/museum/objects.csv?_stream=on&_next=1", 400),
        ("/-/allowed.json?action=nope", 404),
        ("/-/allowed.json?action=view-table&_page=0", 400),
        ("/-/allowed.json?action=view-table&_page=99999999999999999999999999", 200),
        ("/museum/nope/-/autocomplete?q=a", 404),
        ("/museum/objects/-/nope", 404),
    ],
)
async def test_addresses(museum, path, status):
    await answer(museum, path, status)


async def test_a_token_of_another_table(museum):
    token = (await museum.client.get("/museum/loans.json?_size=1")).json()["next"]
    assert token == "1,Lima"
    # A token with too many parts is none; one of the right shape is only a key to go on from.
    everything = (await answer(museum, f"/museum/objects.json?_next={token}", 200)).json()["rows"]
    assert [row["id"] for row in everything] == [1, 2, 3, 4]
    assert (await answer(museum, "/museum/loans.json?_next=3", 200)).json()["rows"]
    assert (await answer(museum, "/museum/visits.json?_next=1,Lima", 200)).json()["rows"]


@pytest.mark.parametrize("path", ["objects", "objects.json", "objects.csv", "objects/1", "-/query", "-/query.json"])
async def test_a_query_string_of_a_million_characters(museum, path):
    for key in ("title", "_search", "_sort", "_where", "_facet", "_extra", "_next", "_through", "sql", "x"):
        response = await raw_request(museum, f"/museum/{path}".encode(), f"{key}={'a' * 1_000_000}".encode())
        assert response.status in (200, 400), (key, response.text[:200])


async def test_a_hundred_thousand_arguments(museum):
    for query in ("&".join(f"title={number}" for number in range(100_000)), "&" * 1_000_000, "=" * 1_000_000):
        response = await raw_request(museum, b"/museum/objects.json", query.encode())
        assert response.status in (200, 400), response.text[:200]


@pytest.mark.parametrize(
    "path",
    [
        b"/\xff\xfe",
        b"/museum/\xff",
        b"/museum/objects/\xff.json",
        b"/\x00",
        b"/museum/obj\x00ects",
        b"//museum",
        b"/a" * 9000,
        b"",
    ],
)
async def test_paths_that_are_no_text(museum, path):
    response = await raw_request(museum, path, b"\xff=\xfe&\x00=\x00")
    assert response.status in (200, 302, 404), response.text[:200]


async def test_a_column_with_a_nul_byte_in_its_name(museum):
    response = await museum.client.get("/museum/objects.json?%00=1")
    assert (response.status_code, response.json()["error"]) == (400, "the query contains a null character")


@pytest.mark.parametrize("value", [DEEP, '{"a":' * 5000, "[" * 300 + "]" * 300, "1" * 5000])
async def test_cells_that_hold_odd_json(tmp_path, value):
    config = {"databases": {"museum": {"tables": {"objects": {"column_types": {"tags": "json"}}}}}}
    museum = open_museum(tmp_path, config=config)
    await museum.get_database("museum").execute_write("update objects set tags = ?", [value])
    for path in (
        "/museum/objects",
        "/museum/objects/1",
        "/museum/objects.json?_json=tags&_extra=columns",
        "/museum/objects/1.json?_json=tags",
        "/museum/-/query.json?sql=select+tags+from+objects&_json=tags",
        "/museum/objects.json?_extra=suggested_facets,render_cell",
    ):
        await answer(museum, path, 200)
    response = await museum.client.get("/museum/objects.json?_facet_array=tags")
    assert response.status_code in (200, 400)
    museum.close()


@pytest.mark.parametrize(
    "body",
    [b"", b"{", DEEP.encode(), b"[]", b"null", b'{"row": ', b"\xff\xfe", b'{"row": {"id": ' + b"9" * 5000 + b"}}"],
)
async def test_bodies_that_are_no_objects(museum, body):
    for path in ("/museum/objects/-/insert", "/museum/objects/1/-/update", "/museum/objects/-/drop"):
        response = await museum.client.post(path, content=body, actor={"id": "root"})
        assert response.status_code in (400, 403), (path, response.text)
        assert json.loads(response.text)["ok"] is False


async def test_a_short_request_for_a_huge_page(tmp_path):
    """The links of each column repeat the query string."""
    conn = sqlite3.connect(tmp_path / "wide.db")
    conn.execute(f"create table wide ({', '.join(f'c{number}' for number in range(1000))})")
    conn.close()
    instance = Datasette([tmp_path / "wide.db"])
    answers = [await raw_request(instance, b"/wide/wide", b"_nocol=c1&" * times) for times in (10, 5000)]
    assert [answer.status for answer in answers] == [200, 400]
    assert len(answers[1].body) < 100_000
    assert (await raw_request(instance, b"/wide/wide.json", b"_nocol=c1&" * 5000)).status == 200
    instance.close()
