"""A persistent internal database that another process writes to."""

import asyncio
import sqlite3

from vitrina.execute import store
from vitrina.facade.datasette import Datasette


def test_what_another_process_stores_shows_without_a_restart(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "_REFRESH_SECONDS", 0.0)
    data, internal = tmp_path / "data.db", tmp_path / "internal.db"
    conn = sqlite3.connect(data)
    conn.execute("create table t (id integer primary key)")
    conn.commit()
    conn.close()

    async def main():
        instance = Datasette([data], internal=internal)
        try:
            before = await instance.client.get("/data/t.json?_extra=metadata")
            other = sqlite3.connect(internal)
            with other:
                other.execute("insert into metadata_resources values ('data', 't', 'title', 'Given elsewhere')")
            other.close()
            after = await instance.client.get("/data/t.json?_extra=metadata")
            return before.json()["metadata"], after.json()["metadata"]
        finally:
            await instance.invoke_shutdown()

    before, after = asyncio.run(main())
    assert "title" not in before
    assert after["title"] == "Given elsewhere"
