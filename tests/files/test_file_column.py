"""The column type whose values are ids of files."""

import sqlite3

from vitrina.facade.datasette import Datasette

ID = "df-" + "0" * 26


async def test_cells(tmp_path):
    path = tmp_path / "data.db"
    conn = sqlite3.connect(path)
    conn.executescript(
        f"create table t (id integer primary key, scan text); insert into t values (1, '{ID}'), (2, 'x'), (3, null)"
    )
    conn.close()
    config = {
        "plugins": {
            "datasette-files": {"sources": {"a": {"storage": "filesystem", "config": {"root": str(tmp_path / "f")}}}}
        },
        "databases": {"data": {"tables": {"t": {"column_types": {"scan": "file"}}}}},
    }
    site = Datasette([str(path)], config=config)
    page = (await site.client.get("/data/t")).text
    assert f'<datasette-file file-id="{ID}"><a href="/-/files/{ID}">{ID}</a></datasette-file>' in page
    assert page.count("<datasette-file ") == 1
    site.close()
