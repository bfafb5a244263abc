"""The page of one row, and downloads of single values."""

import hashlib
import re
from html import unescape

import pytest
from table_instance import open_museum


@pytest.fixture
async def museum(tmp_path):
    instance = open_museum(tmp_path)
    yield instance
    instance.close()


async def test_default_keys(museum):
    data = (await museum.client.get("/museum/loans/1,a~2Fb~2Cc.json")).json()
    assert list(data) == [
        "ok",
        "database",
        "table",
        "rows",
        "primary_keys",
        "primary_key_values",
        "query_ms",
        "truncated",
    ]
    assert data["rows"] == [{"object_id": 1, "venue": "a/b,c", "fee": None}]
    assert data["primary_key_values"] == ["1", "a/b,c"]


async def test_rowid(museum):
    data = (await museum.client.get("/museum/visits/2.json")).json()
    assert data["primary_keys"] == ["rowid"]
    assert data["rows"] == [{"rowid": 2, "day": "2024-01-02", "people": 5}]


async def test_every_extra_answers(museum):
    listed = (await museum.client.get("/museum/objects/1.json?_extra=extras")).json()["extras"]
    names = [extra["name"] for extra in listed]
    data = (await museum.client.get(f"/museum/objects/1.json?_extra={','.join(names)}")).json()
    assert set(names) <= set(data)
    assert data["foreign_key_tables"] == [
        {
            "other_table": "loans",
            "column": "id",
            "other_column": "object_id",
            "count": 2,
            "link": "/museum/loans?object_id=1",
        }
    ]
    assert data["render_cell"] == [{"site": '<a href="https://example.org/mask">https://example.org/mask</a>'}]


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/museum/halls/9.json", 404, "Row not found"),
        ("/museum/halls/1,2.json", 400, "URL row identifier does not match the primary key for this table"),
        ("/museum/nothing/1.json", 404, "Table not found"),
        ("/museum/grades/1.json", 404, "Row not found"),
        ("/museum/halls/1.json?_extra=count", 400, "Unknown _extra: count"),
        ("/museum/scans/1.json", 403, "You do not have permission to view this table"),
        ("/museum/scans/99.json", 403, "You do not have permission to view this table"),
    ],
)
async def test_errors(museum, path, status, message):
    response = await museum.client.get(path)
    assert (response.status_code, response.json()["error"]) == (status, message)


async def test_shapes(museum):
    assert (await museum.client.get("/museum/halls/1.json?_shape=array")).json() == [{"id": 1, "name": "Atrium"}]
    assert list((await museum.client.get("/museum/loans/2,Lima.json?_shape=object")).json()) == ["2,Lima"]


async def test_html_is_not_clipped_and_marks_the_key(tmp_path):
    museum = open_museum(tmp_path, settings={"truncate_cells_html": 2})
    html = (await museum.client.get("/museum/objects/1")).text
    assert '<td class="col-id type-int"><strong>1</strong></td>' in html
    assert '<td class="col-title type-str">Mask</td>' in html
    assert '<a href="/museum/halls/1">Atrium</a>&nbsp;<em>1</em>' in html
    assert 'href="/museum/loans?object_id=1"' in html
    assert '<td class="col-title type-str">Ma…</td>' in (await museum.client.get("/museum/objects")).text
    museum.close()


async def test_links_from_other_tables_keep_their_meaning(tmp_path):
    museum = open_museum(tmp_path)
    await museum.get_database("museum").execute_write_script(
        "create table codes (code text primary key); create table uses (code text references codes(code));"
        "insert into codes values ('a&b#c%20+d e'); insert into uses values ('a&b#c%20+d e'), ('other');"
    )
    html = (await museum.client.get("/museum/codes/a~26b~23c~2520~2Bd+e")).text
    link = unescape(re.search(r'href="(/museum/uses[^"]*)"', html).group(1))
    path, _, query = link.partition("?")
    rows = (await museum.client.get(f"{path}.json?{query}")).json()["rows"]
    assert [found["code"] for found in rows] == ["a&b#c%20+d e"]
    museum.close()


async def test_csv_has_no_cache_headers(museum):
    response = await museum.client.get("/museum/halls/2.csv")
    assert response.text == "id,name\r\n2,Crypt & Vault\r\n"
    assert "referrer-policy" not in response.headers


async def test_blob(museum):
    curator = {"id": "curator"}
    response = await museum.client.get("/museum/scans/1.blob?_blob_column=payload", actor=curator)
    assert response.content == b"\xff\x00"
    assert response.headers["content-disposition"] == 'attachment; filename="scans-1-payload.blob"'
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-type"] == "application/binary"
    assert (await museum.client.get("/museum/scans/1.blob", actor=curator)).status_code == 400
    assert (await museum.client.get("/museum/scans/1.blob?_blob_column=nope", actor=curator)).status_code == 400


async def test_blob_by_digest(museum):
    digest = hashlib.sha256(b"\xff\x00").hexdigest()
    response = await museum.client.get(f"/museum/raw.blob?_blob_column=payload&_blob_hash={digest}")
    assert response.content == b"\xff\x00"
    stale = await museum.client.get("/museum/raw.blob?_blob_column=payload&_blob_hash=00")
    assert stale.status_code == 400


async def test_row_buttons_only_for_those_who_may(museum):
    assert "data-row-action" not in (await museum.client.get("/museum/halls/1")).text
    museum.root_enabled = True
    html = (await museum.client.get("/museum/halls/1", actor={"id": "root"})).text
    assert 'data-row-action="edit"' in html and 'aria-label="Edit row 1 Atrium"' in html
