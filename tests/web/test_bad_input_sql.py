"""SQL of strangers: endless, huge, writing, reaching outside; and values that are no text."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from urllib.parse import quote

import pytest
from raw_request import raw_request

from vitrina.facade.datasette import Datasette

SCHEMA = """
create table t (id integer primary key, body text);
insert into t (body) values ('one'), ('two');
create table odd (id integer primary key, txt text, "<i>col" text, data blob);
insert into odd values
    (1, cast(x'ff61fe' as text), cast(x'c328' as text), x'ff00'),
    (2, 'a' || char(0) || 'b', '<img src=x onerror=alert(1)>', x''),
    (3, 'javascript:alert(1)', 'https://x/"onmouseover="alert(1)', null);
create table keys (id text primary key, v);
insert into keys values
    (cast(x'ff' as text), 1), ('a' || char(0) || 'b', 2), ('', 3), ('..', 4), ('a/b,c', 5), ('.json', 6);
create trigger loud after insert on t begin update odd set txt = 'hit'; end;
create view peek as select * from pragma_table_info('t');
"""


@pytest.fixture
async def lab(tmp_path):
    path = tmp_path / "lab.db"
    conn = sqlite3.connect(path)
    conn.executescript(SCHEMA)
    conn.close()
    (tmp_path / "other.db").write_bytes(path.read_bytes())
    instance = Datasette([str(path)], settings={"sql_time_limit_ms": 300}, secret="s")
    yield instance
    instance.close()


async def run(instance, sql, format=".json"):
    return await raw_request(instance, f"/lab/-/query{format}".encode(), f"sql={quote(sql)}".encode())


MANY = "with recursive n(i) as (select 1 union all select i + 1 from n limit 5000) select i from n"
HUGE = [
    "select zeroblob(2000000000)",
    "select hex(zeroblob(500000000))",
    "select randomblob(2147483647)",
    "select printf('%.*c', 100000000, 'x')",
    f"select group_concat(hex(zeroblob(1000000))) from ({MANY})",
    f"select json_group_array(hex(zeroblob(1000000))) from ({MANY})",
    "with recursive n(i, s) as (select 1, 'x' union all select i + 1, s || s from n) select length(s) from n",
    "select " + "(" * 3000 + "1" + ")" * 3000,
    "select " + " + ".join(["1"] * 50_000),
    "select " + ",".join(["1"] * 50_000),
    " union all ".join(["select 1"] * 20_000),
    "select '" + "x" * 2_000_000 + "'",
]
ENDLESS = [
    "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n",
    "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n where i < 0",
    "select count(*) from " + ", ".join(f"odd a{number}" for number in range(18)),
]
OUTSIDE = [
    "attach database '/etc/passwd' as x",
    "select 1; attach database 'other.db' as x",
    "detach database main",
    "vacuum into '/tmp/copy.db'",
    "insert into t (body) values ('x')",
    "with x as (select 1) insert into t (body) select 'x'",
    "with x as (select 1) delete from t",
    "with x as (select 1) update t set body = ''",
    "explain delete from t",
    "drop table t",
    "pragma table_info(t)",
    "pragma journal_mode = off",
    "pragma writable_schema = 1",
    "select * from pragma_writable_schema",
    "select * from pragma_journal_mode('off')",
    "select * from pragma_hard_heap_limit(1)",
    "select load_extension('x')",
    "select LOAD_EXTENSION('x', 'y')",
    "select fts3_tokenizer('simple')",
    "select writefile('/tmp/x', 'y')",
    "select readfile('/etc/passwd')",
    "begin",
    "commit",
    "select 1; select 2",
    "/* */ delete from t",
    "-- x\ndelete from t",
    "reindex",
    "analyze",
    "select * from fsdir('/')",
    "",
    "\0",
    "select 1\0; drop table t",
    "select '",
]


@pytest.mark.parametrize("sql", HUGE, ids=range(len(HUGE)))
async def test_sql_that_wants_gigabytes(lab, sql):
    response = await run(lab, sql)
    assert response.status in (200, 400), response.text[:300]
    assert len(response.body) < 300_000_000
    assert json.loads((await run(lab, "select 1 as one")).body)["rows"] == [{"one": 1}]


@pytest.mark.parametrize("sql", ENDLESS, ids=range(len(ENDLESS)))
@pytest.mark.parametrize("format", [".json", ".csv"])
async def test_sql_that_never_ends(lab, sql, format):
    response = await run(lab, sql, format)
    assert response.status == 400
    assert "took too long" in response.text


async def test_a_filter_that_never_ends(lab):
    clause = quote(f"({ENDLESS[0]}) > 0")
    response = await lab.client.get(f"/lab/t.json?_where={clause}")
    assert response.status_code == 400
    assert (await lab.client.get("/lab/t.json")).status_code == 200


async def test_an_endless_export_does_not_keep_pages_waiting(lab):
    """Exports have threads of their own: with all of them busy, a page is made at once."""
    pool = lab.site.databases["lab"].pool
    began = time.monotonic()

    def busy():
        while time.monotonic() < began + 30 and not done:
            time.sleep(0.01)

    done: list[bool] = []
    jobs = [asyncio.ensure_future(pool.run_export(busy)) for _ in range(3)]
    await asyncio.sleep(0)
    assert (await lab.client.get("/lab/t.json?_size=1")).status_code == 200
    assert not any(job.done() for job in jobs)
    done.append(True)
    await asyncio.gather(*jobs)


@pytest.mark.parametrize("sql", OUTSIDE, ids=range(len(OUTSIDE)))
@pytest.mark.parametrize("stream", ["", "&_stream=on"])
async def test_sql_that_does_more_than_read(lab, sql, stream, tmp_path):
    for format in (".json", ".csv", ""):
        response = await lab.client.get(f"/lab/-/query{format}?sql={quote(sql)}{stream}")
        if format or sql.strip("\0"):
            assert response.status_code == 400 or (not format and response.status_code == 200), (format, response.text)
        assert "root:" not in response.text
    with sqlite3.connect(tmp_path / "lab.db") as conn:
        assert conn.execute("select count(*), min(body) from t").fetchone() == (2, "one")
        assert conn.execute("select txt from odd where id = 3").fetchone() == ("javascript:alert(1)",)
    conn.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lab.db", "other.db"]


@pytest.mark.parametrize(
    "clause",
    [
        "1) union select 1, 2 --",
        "1 in (insert into t values (9, 'x'))",
        "id in (select load_extension('x'))",
        "1; drop table t",
        "exists (select * from pragma_journal_mode('off'))",
        "id = (select writefile('/tmp/x', 'y'))",
        "1 limit 1 --",
        "(",
        "\0",
    ],
)
async def test_where_clauses_that_do_more_than_filter(lab, clause):
    response = await lab.client.get(f"/lab/t.json?_where={quote(clause)}")
    assert response.status_code in (200, 400), response.text
    assert (await lab.client.get("/lab/t.json?_shape=array")).json()[0] == {"id": 1, "body": "one"}


PAGES = [
    "/lab/odd",
    "/lab/odd.json",
    "/lab/odd.json?_shape=arrays",
    "/lab/odd.json?_shape=array",
    "/lab/odd.json?_shape=array&_nl=on",
    "/lab/odd.json?_shape=object",
    "/lab/odd.json?_shape=arrayfirst",
    "/lab/odd.json?_facet=txt&_facet_date=txt",
    "/lab/odd.json?_json_infinity=on",
    "/lab/odd?_facet=txt",
    "/lab/odd.csv",
    "/lab/odd.csv?_stream=on",
    "/lab/odd.csv?_stream=on&_sort=txt",
    "/lab/odd.csv?_trace=1",
    "/lab/odd/1",
    "/lab/odd/1.json",
    "/lab/odd/1.csv",
    "/lab/odd/1.blob?_blob_column=data",
    "/lab/odd/2",
    "/lab/odd/3",
    "/lab/keys",
    "/lab/keys.json?_shape=object",
    "/lab/keys.csv",
    "/lab/keys/-/autocomplete?_initial=1",
    "/lab/-/query?sql=select+*+from+odd",
    "/lab/-/query.json?sql=select+*+from+odd",
    "/lab/-/query.csv?sql=select+*+from+odd&_stream=on",
    "/lab/peek.json",
    "/lab/odd.json?_search=x",
    "/lab/odd.json?_size=1&_sort=txt",
]


@pytest.mark.parametrize("page", PAGES)
async def test_values_that_are_no_text(lab, page):
    response = await lab.client.get(page)
    assert response.status_code == 200, response.text[:300]
    if "blob" not in page:
        response.content.decode("utf-8")
    if "html" in response.headers["content-type"]:
        assert "<img src=x" not in response.text
        assert "<i>col" not in response.text
        assert 'href="javascript:' not in response.text
        assert '"onmouseover=' not in response.text


async def test_every_row_of_odd_keys_can_be_reached_or_paged_over(lab):
    seen, path = [], "/lab/keys.json?_size=1"
    while path and len(seen) < 20:
        data = (await lab.client.get(path)).json()
        seen += [row["v"] for row in data["rows"]]
        path = data["next_url"]
    assert sorted(seen) == [1, 2, 3, 4, 5, 6]
    for key, value in (("a~00b", 2), ("~2E~2E", 4), ("a~2Fb~2Cc", 5), ("~2Ejson", 6)):
        data = (await lab.client.get(f"/lab/keys/{key}.json")).json()
        assert data["rows"][0]["v"] == value
