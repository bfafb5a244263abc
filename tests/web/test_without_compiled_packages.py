"""The same wheel runs where nothing compiled is to be had: no orjson, uvloop or httptools, and no threads."""

import json
import subprocess
import sys
import textwrap

PROGRAM = """
    import asyncio, json, sqlite3, sys, threading

    class Blocked:
        names = {"orjson", "uvloop", "httptools", "uvicorn", "watchfiles"}

        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] in self.names:
                raise ModuleNotFoundError(f"{name} is not there", name=name)

    sys.meta_path.insert(0, Blocked())

    def no_threads(thread):
        raise RuntimeError("can't start new thread")

    threading.Thread.start = no_threads
    from vitrina.facade.datasette import Datasette

    async def main():
        instance = Datasette([sys.argv[1]], settings={"num_sql_threads": 0})
        answers = [await instance.client.get(path) for path in ("/data/t.json", "/data/t", "/", "/data/t.csv")]
        print(json.dumps([[answer.status_code, answer.text] for answer in answers]))
        await instance.invoke_shutdown()

    asyncio.run(main())
"""


def test_pages_are_served_without_them(tmp_path):
    import sqlite3

    path = tmp_path / "data.db"
    conn = sqlite3.connect(path)
    conn.execute("create table t (id integer primary key, word text, share real, raw blob)")
    conn.execute("insert into t values (1, 'Zürich ☃', 0.1, x'00ff'), (9007199254740993, null, 9e999, null)")
    conn.commit()
    conn.close()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(PROGRAM), str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (json_page, html_page, home, csv_page) = json.loads(done.stdout)
    assert [status for status, _ in (json_page, html_page, home, csv_page)] == [200] * 4
    rows = json.loads(json_page[1])["rows"]
    assert rows[0] == {"id": 1, "word": "Zürich ☃", "share": 0.1, "raw": {"$base64": True, "encoded": "AP8="}}
    assert rows[1] == {"id": 9007199254740993, "word": None, "share": None, "raw": None}
    assert "Zürich" in html_page[1]
    assert csv_page[1].startswith("id,word,share,raw\r\n")
