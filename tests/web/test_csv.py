"""CSV of tables, views, rows and queries; pages and streams."""

import csv
import io
import sqlite3
from urllib.parse import urlencode

import pytest
from table_instance import open_museum

from vitrina.web import csv_export
from vitrina.web.table import csv_page


@pytest.fixture
async def museum(tmp_path):
    instance = open_museum(tmp_path, settings={"default_page_size": 2, "max_returned_rows": 3})
    yield instance
    instance.close()


async def rows_of(museum, path, **options):
    response = await museum.client.get(path, **options)
    assert response.status_code == 200, response.text
    return list(csv.reader(io.StringIO(response.text, newline="")))


async def test_page(museum):
    response = await museum.client.get("/museum/halls.csv")
    assert response.text == "id,name\r\n1,Atrium\r\n2,Crypt & Vault\r\n"
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["cache-control"] == "max-age=5"
    assert "link" not in response.headers


async def test_download_and_heading(museum):
    response = await museum.client.get("/museum/halls.csv?_dl=1&_header=off&_size=1")
    assert response.text == "1,Atrium\r\n"
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="halls.csv"'


async def test_labels(museum):
    assert await rows_of(museum, "/museum/objects.csv?_labels=on&_col=hall_id&_size=3") == [
        ["id", "hall_id", "hall_id_label"],
        ["1", "1", "Atrium"],
        ["2", "2", "Crypt & Vault"],
        ["3", "", ""],
    ]


async def test_blob_urls(museum):
    rows = await rows_of(museum, "/museum/scans.csv", actor={"id": "curator"})
    assert rows[1:] == [["1", "http://localhost/museum/scans/1.blob?_blob_column=payload"], ["2", ""]]
    url = (await rows_of(museum, "/museum/raw.csv"))[1][0]
    assert (await museum.client.get(url.removeprefix("http://localhost"))).content == b"\xff\x00"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/museum/halls.csv?_stream=1&_next=1", "_next not allowed for CSV streaming"),
        ("/museum/halls.csv?_stream=1&_sort=nope", "Cannot sort table by nope"),
        ("/museum/halls.csv?_stream=1&_where=nope(", 'near "order": syntax error'),
        ("/museum/-/query.csv?sql=select+nope&_stream=1", "no such column: nope"),
    ],
)
async def test_errors_before_the_first_row(museum, path, message):
    response = await museum.client.get(path)
    assert (response.status_code, response.text) == (400, message)


async def test_streaming_can_be_switched_off(tmp_path):
    museum = open_museum(tmp_path, settings={"allow_csv_stream": False})
    response = await museum.client.get("/museum/halls.csv?_stream=1")
    assert (response.status_code, response.text) == (400, "CSV streaming is disabled")
    museum.close()


@pytest.mark.parametrize(
    "query",
    ["", "&_sort=number", "&_sort_desc=number", "&number__gt=3", "&_labels=on", "&_sort=number&_labels=on"],
)
async def test_stream_has_every_row_once(tmp_path, monkeypatch, query):
    monkeypatch.setattr(csv_page, "_BATCH", 7)
    monkeypatch.setattr(csv_export, "_BATCH", 7)
    museum = open_museum(tmp_path)
    database = museum.get_database("museum")
    await database.execute_write(
        "create table many (a text, b integer, number integer references halls(id), primary key (a, b))"
    )
    await database.execute_write_many(
        "insert into many values (?, ?, ?)", [(f"k{n % 5}", n, None if n % 4 == 0 else n % 6) for n in range(100)]
    )
    rows = await rows_of(museum, f"/museum/many.csv?_stream=1&_size=3{query}")
    expected = [n for n in range(100) if "number__gt" not in query or (n % 4 and n % 6 > 3)]
    assert sorted(int(row[1]) for row in rows[1:]) == expected
    if "_labels" in query:
        assert rows[0] == ["a", "b", "number", "number_label"]
        assert all(row[3] == {"1": "Atrium", "2": "Crypt & Vault"}.get(row[2], "") for row in rows[1:])
    museum.close()


async def test_stream_of_a_view_and_of_sql(museum, monkeypatch):
    assert len(await rows_of(museum, "/museum/grades.csv?_stream=1&_size=1")) == 3
    sql = "with recursive c(x) as (select 1 union all select x + 1 from c where x < 5000) select x from c"
    rows = await rows_of(museum, "/museum/-/query.csv?" + urlencode({"sql": sql, "_stream": 1}))
    assert [int(row[0]) for row in rows[1:]] == list(range(1, 5001))


async def test_error_in_the_middle_becomes_text(museum):
    sql = (
        "with recursive c(x) as (select 1 union all select x + 1 from c where x < 5000) "
        "select case when x < 4500 then x else abs(-9223372036854775808) end as x from c"
    )
    text = (await museum.client.get("/museum/-/query.csv?" + urlencode({"sql": sql, "_stream": 1}))).text
    assert text.startswith("x\r\n1\r\n")
    assert text.endswith("integer overflow")


@pytest.mark.parametrize("path", ["/big/t.csv?_stream=1", "/big/-/query.csv?sql=select+*+from+t&_stream=1"])
async def test_size_limit(tmp_path, path):
    file = tmp_path / "big.db"
    conn = sqlite3.connect(file)
    conn.execute("create table t (id integer primary key, filler text)")
    conn.executemany("insert into t (filler) values (?)", [("x" * 500,) for _ in range(3000)])
    conn.commit()
    conn.close()
    museum = open_museum(tmp_path, files=[str(file)], settings={"max_csv_mb": 1})
    text = (await museum.client.get(path)).text
    lines = text.split("\r\n")
    assert lines[-1] == "CSV contains more than 1048576 bytes"
    assert len(text) < 1048576 + 100
    assert all(line.endswith("x" * 500) for line in lines[1:-1])
    museum.close()


async def test_debug_page(museum):
    response = await museum.client.get("/museum/halls.csv?_trace=1")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "2,Crypt &amp; Vault" in response.text
    assert response.headers["content-security-policy"] == "default-src 'none'"


async def test_head_of_a_stream_frees_its_place(museum):
    for _ in range(8):
        assert (await museum.client.head("/museum/halls.csv?_stream=1")).status_code == 200
    assert len(await rows_of(museum, "/museum/halls.csv?_stream=1")) == 4
