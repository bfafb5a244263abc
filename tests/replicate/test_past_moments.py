"""The page of restorable moments: its list, downloads, and the past served to the one who asked."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import pytest
from file_replica import LITESTREAM, PATIENCE

from vitrina.facade.database import Database
from vitrina.facade.datasette import Datasette
from vitrina.web.replication.moments import PAST

PAGE = "/-/litestream-status/app"


@pytest.fixture
async def instance(tmp_path):
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("create table t (id integer primary key, n integer)")
        conn.execute("insert into t values (1, 0)")
        conn.commit()
    replication = {
        "all-replicate": [f"file://{tmp_path}/replica/$DB_NAME"],
        "monitor-interval": "50ms",
        "sync-interval": "50ms",
        "litestream": LITESTREAM,
    }
    made = Datasette([str(path)], config={"vitrina": {"replication": replication}}, secret="s")
    made.root_enabled = True
    yield made
    await made.invoke_shutdown()


async def fetch(instance, path, actor="root", **options):
    method = options.pop("method", "get")
    return await getattr(instance.client, method)(path, actor={"id": actor} if actor else None, **options)


async def moments(instance, at_least):
    """The moments of the database, once there are that many."""
    for _ in range(int(PATIENCE / 0.1)):
        answer = await fetch(instance, f"{PAGE}.json")
        if answer.status_code == 200 and len(answer.json()["moments"]) >= at_least:
            return answer.json()["moments"]
        await asyncio.sleep(0.1)
    pytest.fail(f"there were no {at_least} moments: {answer.text}")


async def test_the_past_is_listed_downloaded_and_served_to_who_asked(instance, tmp_path):
    first = await moments(instance, 1)
    await instance.get_database("app").execute_write("update t set n = 1")
    listed = await moments(instance, len(first) + 1)
    assert [moment["txid"] for moment in listed] == sorted((moment["txid"] for moment in listed), reverse=True)
    before = first[0]["txid"]
    page = await fetch(instance, PAGE)
    assert f'name="txid" value="{before}"' in page.text
    assert "Earlier moments of app" in page.text

    answer = await fetch(instance, f"{PAGE}/download?txid={before}")
    assert answer.headers["content-disposition"].startswith("attachment")
    copy = tmp_path / "copy.db"
    copy.write_bytes(answer.content)
    with closing(sqlite3.connect(copy)) as conn:
        assert conn.execute("select n from t").fetchone() == (0,)

    answer = await fetch(instance, f"{PAGE}/browse", method="post", data={"txid": str(before)})
    assert answer.status_code == 302
    past = answer.headers["location"]
    assert (await fetch(instance, f"{past}/t.json")).json()["rows"] == [{"id": 1, "n": 0}]
    assert (await fetch(instance, "/app/t.json")).json()["rows"] == [{"id": 1, "n": 1}]
    for stranger in (None, "somebody"):
        assert (await fetch(instance, f"{past}/t.json", stranger)).status_code == 403
        assert past.strip("/") not in (await fetch(instance, "/.json", stranger)).text
        assert past.strip("/") not in (await fetch(instance, "/", stranger)).text


async def test_nobody_else_hears_of_the_past(instance):
    listed = await moments(instance, 1)
    answer = await fetch(instance, f"{PAGE}/browse", method="post", data={"txid": str(listed[0]["txid"])})
    past = answer.headers["location"].strip("/")
    paths = ["/", "/.json", "/-/jump.json?q=app", "/-/schema.json", "/-/databases.json", "/-/openapi.json"]
    paths += ["/-/tables.json?q=t", "/-/queries.json", "/-/allowed.json?action=view-database", "/-/schema"]
    # The one who asked looks first: what is kept of that is not for others.
    for actor in ("root", None, "somebody"):
        answers = {path: await fetch(instance, path, actor) for path in paths}
        telling = [path for path, answer in answers.items() if past in answer.text]
        assert ("/" in telling) == (actor == "root")
        assert actor == "root" or not telling


async def test_a_database_that_has_the_name_of_a_moment_is_left_alone(instance, tmp_path):
    listed = await moments(instance, 1)
    taken = f"app-{listed[0]['txid']}"
    path = tmp_path / f"{taken}.db"
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("create table own (id integer primary key)")
    instance.add_database(Database(instance, path=str(path), is_mutable=True), name=taken)
    answer = await fetch(instance, f"{PAGE}/browse", method="post", data={"txid": str(listed[0]["txid"])})
    past = answer.headers["location"]
    assert past != f"/{taken}"
    assert (await fetch(instance, f"{past}/t.json")).json()["rows"] == [{"id": 1, "n": 0}]
    assert (await fetch(instance, f"{past}/t.json", None)).status_code == 403
    instance.site.state[PAST].close()
    assert past.strip("/") not in instance.databases
    assert (await fetch(instance, f"/{taken}/own.json", None)).status_code == 200


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}.json", f"{PAGE}/download?txid=1"])
async def test_only_those_who_may_restore(instance, path):
    assert (await fetch(instance, path, None)).status_code == 403
    assert (await fetch(instance, path, "somebody")).status_code == 403
    answer = await fetch(instance, f"{PAGE}/browse", "somebody", method="post", data={"txid": "1"})
    assert answer.status_code == 403


async def test_bad_moments_and_names_are_refused(instance):
    await moments(instance, 1)
    assert (await fetch(instance, f"{PAGE}/download?txid=nonsense")).status_code == 400
    assert (await fetch(instance, f"{PAGE}/download?txid=-1")).status_code == 400
    assert (await fetch(instance, f"{PAGE}/download")).status_code == 400
    answer = await fetch(instance, f"{PAGE}/download?txid=999999")
    assert answer.status_code == 404
    assert "There is no such moment in the replica" in answer.text
    assert (await fetch(instance, "/-/litestream-status/other.json")).status_code == 404


async def test_no_more_than_a_few_moments_are_kept(instance):
    database = instance.get_database("app")
    for number in range(4):
        await database.execute_write("update t set n = ?", [number])
        listed = await moments(instance, number + 1)
    txids = [moment["txid"] for moment in listed[:4]]
    for txid in txids:
        answer = await fetch(instance, f"{PAGE}/browse", method="post", data={"txid": str(txid)})
        assert answer.status_code == 302, answer.text
    served = [name for name in instance.databases if name.startswith("app-")]
    assert len(served) == 3
    assert (await fetch(instance, f"/app-{txids[0]}/t.json")).status_code in (403, 404)
    assert (await fetch(instance, f"/app-{txids[-1]}/t.json")).status_code == 200
