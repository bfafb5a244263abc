"""What stands around a write: events, plugins' wrappers, permissions, and others who write at the same time."""

import asyncio
import json

from fleet import WARDEN
from written_instance import ROOT, post, rows


def test_events_come_after_the_commit(instance, path, listener):
    post(instance, "/data/plain/-/insert", {"rows": [{}, {}]})
    post(instance, "/data/plain/-/insert", {"row": {"id": 1}})
    post(instance, "/data/plain/1/-/update", {"update": {"size": 1}})
    post(instance, "/data/plain/1/-/delete")
    assert listener.events == [
        (
            "insert-rows",
            {"database": "data", "table": "plain", "num_rows": 2, "ignore": False, "replace": False},
        ),
        ("update-row", {"database": "data", "table": "plain", "pks": ["1"]}),
        ("delete-row", {"database": "data", "table": "plain", "pks": ["1"]}),
    ]


def test_wrappers_see_and_refuse_writes(instance, path, listener):
    seen = []

    def watch(conn):
        assert conn.in_transaction
        seen.append((yield))

    listener.wrapper = watch
    post(instance, "/data/plain/-/insert", {"row": {"id": 5}})
    assert seen == [[{"id": 5, "name": "none", "size": None, "data": None}]]

    def refuse(conn):
        yield
        raise ValueError("not today")

    listener.wrapper = refuse
    response = post(instance, "/data/plain/-/insert", {"row": {"id": 6}})
    assert (response.status_code, response.json()["error"]) == (400, "not today")
    assert rows(path, "select count(*) from plain where id = 6") == [(0,)]


def test_many_clients_at_once(instance, path):
    async def send(number):
        body = json.dumps({"row": {"id": number, "name": f"n{number}"}})
        return await instance.client.post("/data/guarded/-/insert", content=body, **ROOT)

    async def all_of_them():
        return await asyncio.gather(*[send(number) for number in range(20)])

    answers = asyncio.run(all_of_them())
    # Number 1 is there already.
    assert [answer.status_code for answer in answers] == [201, 400, *[201] * 18]
    assert rows(path, "select count(*) from guarded") == [(20,)]


def test_who_may_not(instance):
    anonymous = {"actor": None}
    assert post(instance, "/data/plain/-/insert", {"row": {}}, **anonymous).status_code == 403
    assert post(instance, "/data/plain/-/insert", {"row": {}}, actor=WARDEN).status_code == 403
