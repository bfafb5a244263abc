"""``_proof=1``: exports end in a line that says how many rows they have, and their SHA-256."""

import csv
import hashlib
import io
import json
import re
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrina.facade.datasette import Datasette
from vitrina.render.csv import CsvEncoder
from vitrina.render.proof import CsvProof

_TRAILER = re.compile(rb"# proof: rows=(\d+) sha256=([0-9a-f]{64})\r\n\Z")


@pytest.fixture
async def instance(tmp_path):
    path = tmp_path / "data.db"
    conn = sqlite3.connect(path)
    conn.execute("create table lines (id integer primary key, text text)")
    texts = ["plain", 'quo"te', "two\r\nlines", '"', '",\r\n"', "", None]
    conn.executemany("insert into lines (text) values (?)", [(text,) for text in texts * 900])
    conn.commit()
    conn.close()
    made = Datasette([str(path)])
    await made.invoke_startup()
    yield made
    made.close()


def proved(body):
    found = _TRAILER.search(body)
    assert found is not None
    before = body[: found.start()]
    assert hashlib.sha256(before).hexdigest() == found[2].decode()
    return before, int(found[1])


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("?_proof=1", 100),
        ("?_stream=on&_proof=1", 6300),
        ("?_stream=on&_proof=1&_sort_desc=text", 6300),
        ("?_proof=1&_header=off", 100),
        ("?_proof=1&id=0", 0),
    ],
)
async def test_csv_of_a_table(instance, query, rows):
    answer = await instance.client.get(f"/data/lines.csv{query}")
    body, said = proved(answer.content)
    assert said == rows
    listed = list(csv.reader(io.StringIO(body.decode(), newline="")))
    assert len(listed) == rows + ("_header=off" not in query)


async def test_csv_of_sql_and_of_a_row(instance):
    answer = await instance.client.get("/data/-/query.csv?sql=select+text+from+lines&_stream=on&_proof=1")
    assert proved(answer.content)[1] == 6300
    assert proved((await instance.client.get("/data/lines/3.csv?_proof=1")).content)[1] == 1


async def test_without_being_asked_nothing_is_added(instance):
    answer = await instance.client.get("/data/lines.csv")
    asked = await instance.client.get("/data/lines.csv?_proof=1")
    assert proved(asked.content)[0] == answer.content


async def test_a_file_that_was_cut_has_no_proof(tmp_path, instance):
    conn = sqlite3.connect(tmp_path / "data.db")
    conn.execute("update lines set text = ?", ("x" * 400,))
    conn.commit()
    conn.close()
    small = Datasette([str(tmp_path / "data.db")], settings={"max_csv_mb": 1})
    try:
        answer = await small.client.get("/data/lines.csv?_stream=on&_proof=1")
    finally:
        small.close()
    assert b"CSV contains more than" in answer.content and not _TRAILER.search(answer.content)


async def test_lines_of_json(instance):
    answer = await instance.client.get("/data/lines.json?_shape=array&_nl=on&_proof=1")
    *lines, last = answer.content.splitlines(keepends=True)
    assert len(lines) == 100
    proof = json.loads(last)["_proof"]
    assert proof == {"rows": 100, "sha256": hashlib.sha256(b"".join(lines)).hexdigest()}
    empty = await instance.client.get("/data/lines.json?_shape=array&_nl=on&_proof=1&id=0")
    assert json.loads(empty.content)["_proof"]["rows"] == 0


@given(
    st.lists(st.lists(st.text(alphabet='a",\r\n', max_size=6), min_size=2, max_size=2), max_size=20), st.integers(1, 9)
)
def test_rows_are_counted_whatever_is_in_them(rows, batch):
    encoder = CsvEncoder(["a", "b"])
    proof = CsvProof()
    proof.update(encoder.header())
    for start in range(0, len(rows), batch):
        proof.update(encoder.rows(rows[start : start + batch]))
    assert proof.rows() == len(rows)
