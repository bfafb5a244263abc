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


async def test_scripts_under_their_other_addresses(tmp_path):
    source = {"storage": "filesystem", "config": {"root": str(tmp_path / "f")}}
    site = Datasette(memory=True, config={"plugins": {"datasette-files": {"sources": {"a": source}}}})
    for folder in ("datasette_files", "datasette-files"):
        for name in ("cell", "field", "picker", "upload"):
            moved = await site.client.get(f"/-/static-plugins/{folder}/datasette-file-{name}.js?123")
            assert moved.status_code == 302
            script = await site.client.get(moved.headers["location"])
            assert script.status_code == 200 and "javascript" in script.headers["content-type"]
    assert (await site.client.get("/-/static-plugins/datasette_files/other.js")).status_code == 404
    site.close()


async def test_scripts_stand_where_the_plugin_has_them(tmp_path):
    from test_file_routes import folder, instance

    site = instance(folder(tmp_path / "f"))
    for package in ("datasette_files", "datasette-files"):
        for name in ("cell", "field", "picker", "upload"):
            answer = await site.client.get(f"/-/static-plugins/{package}/datasette-file-{name}.js?123")
            assert answer.status_code == 302
            script = await site.client.get(answer.headers["location"])
            assert script.status_code == 200 and "javascript" in script.headers["content-type"], name
        assert (await site.client.get(f"/-/static-plugins/{package}/other.js")).status_code == 404
    site.close()
