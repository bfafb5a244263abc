"""Requests with an Idempotency-Key: done once, however often they are sent and whenever the process ends."""

import asyncio
import sqlite3

import pytest
from written_instance import ROOT, post, rows

from vitrina.facade.datasette import Datasette


def test_a_repeated_request_is_answered_and_not_repeated(instance, path):
    headers = {"Idempotency-Key": "k1"}
    first = post(instance, "/data/loose/-/insert", {"row": {"x": 1}}, headers=headers)
    second = post(instance, "/data/loose/-/insert", {"row": {"x": 1}}, headers=headers)
    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["idempotency-replayed"] == "true"
    assert rows(path, "select count(*) from loose") == [(2,)]
    other = post(instance, "/data/loose/-/insert", {"row": {"x": 2}}, headers=headers)
    assert other.status_code == 422
    someone = post(instance, "/data/loose/-/insert", {"row": {"x": 2}}, headers=headers, actor={"id": "visitor"})
    assert someone.status_code == 403


def test_repeated_requests_at_the_same_time(instance, path):
    async def send():
        return await instance.client.post(
            "/data/loose/-/insert", content='{"row": {"x": 1}}', headers={"Idempotency-Key": "k2"}, **ROOT
        )

    async def both():
        return await asyncio.gather(*[send() for _ in range(5)])

    answers = asyncio.run(both())
    assert {answer.status_code for answer in answers} == {201}
    assert rows(path, "select count(*) from loose") == [(2,)]


def test_answers_outlive_the_process_in_a_persistent_internal_database(path, tmp_path):
    for replayed in (False, True):
        instance = Datasette(files=[str(path)], secret="a-test-secret", internal=str(tmp_path / "internal.db"))
        instance.root_enabled = True
        response = post(instance, "/data/loose/-/insert", {"row": {"x": 1}}, headers={"Idempotency-Key": "k9"})
        assert (response.status_code, "idempotency-replayed" in response.headers) == (201, replayed)
        instance.close()
    assert rows(path, "select count(*) from loose") == [(2,)]


def test_a_refused_request_may_be_sent_again(instance):
    headers = {"Idempotency-Key": "k3"}
    assert post(instance, "/data/loose/-/insert", {"row": {"z": 1}}, headers=headers).status_code == 400
    assert post(instance, "/data/loose/-/insert", {"row": {"x": 1}}, headers=headers).status_code == 201


def once(instance, key, body, place="/data/loose/-/insert", **options):
    headers = {"Idempotency-Key": key, **options.pop("headers", {})}
    return post(instance, place, body, headers=headers, **options)


def test_the_answer_says_how_long_keys_are_remembered(instance, path, tmp_path):
    assert once(instance, "k4", {"row": {"x": 1}}).headers["idempotency-scope"] == "process"
    refused = once(instance, "k5", {"row": {"x": 5}}, headers={"Idempotency-Scope": "durable"})
    assert (refused.status_code, rows(path, "select count(*) from loose where x = 5")) == (409, [(0,)])
    assert once(instance, "k5", {"row": {"x": 5}}, headers={"Idempotency-Scope": "forever"}).status_code == 400
    lasting = Datasette(files=[str(path)], secret="a-test-secret", internal=str(tmp_path / "internal.db"))
    lasting.root_enabled = True
    done = once(lasting, "k5", {"row": {"x": 5}}, headers={"Idempotency-Scope": "durable"})
    assert (done.status_code, done.headers["idempotency-scope"]) == (201, "durable")
    lasting.close()


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_keys_that_are_none(instance, key):
    assert once(instance, key, {"row": {"x": 1}}).status_code == 400


@pytest.mark.parametrize(
    ("kind", "body", "other", "row"),
    [
        ("text/csv", "x,y\n7,8\n", "x,y\n7,9\n", (7, 8)),
        ("application/x-ndjson", '{"x": 7}', '{"x": 7, "y": 1}', (7, None)),
    ],
)
def test_a_streamed_body_is_written_once(instance, path, kind, body, other, row):
    headers = {"content-type": kind}
    first, second = (once(instance, "stream", body, headers=headers) for _ in range(2))
    assert (first.status_code, first.json()["written"]) == (201, 1)
    assert (second.json(), second.headers["idempotency-replayed"]) == (first.json(), "true")
    assert once(instance, "stream", other, headers=headers).status_code == 422
    assert rows(path, "select x + 0, y + 0 from loose where x + 0 = 7") == [row]


def test_batches_written_before_a_failure_are_not_written_again(instance, path):
    body = "x,y\n1,1\n2,2\n3\n"
    options = {"place": "/data/loose/-/insert?_batch=2&_strict=1", "headers": {"content-type": "text/csv"}}
    first, second = (once(instance, "batches", body, **options) for _ in range(2))
    assert (first.status_code, first.json()["written"]) == (400, 2)
    assert (second.status_code, second.json()) == (400, first.json())
    assert rows(path, "select count(*) from loose") == [(3,)]


def test_sql_and_undo_are_repeatable_too(instance, path):
    sql = {"sql": "insert into loose values (50, 50)"}
    assert [once(instance, "sql", sql, "/data/-/execute-write").json()["rowcount"] for _ in range(2)] == [1, 1]
    assert rows(path, "select count(*) from loose where x = 50") == [(1,)]
    undo = post(instance, "/data/plain/1/-/delete?_undo=1", {}).json()["undo"]
    answers = [once(instance, "undo", {"undo": undo["id"]}, undo["path"]) for _ in range(2)]
    assert [answer.json() for answer in answers] == [{"ok": True}] * 2


def test_a_plugin_that_fails_after_the_commit_does_not_make_the_write_repeatable(instance, path, listener):
    def fail(event):
        raise RuntimeError("the listener failed")

    listener.heard = fail
    assert once(instance, "late", {"row": {"x": 60}}).status_code == 500
    listener.heard = None
    again = once(instance, "late", {"row": {"x": 60}})
    assert again.status_code == 409
    assert "may have been done, or not" in again.json()["error"]
    assert rows(path, "select count(*) from loose where x = 60") == [(1,)]


def test_a_client_that_leaves_does_not_cut_the_work_short(instance, path, listener):
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def wait():
        reached.set()
        await go_on.wait()

    listener.heard = lambda event: wait()

    async def send():
        headers = {"Idempotency-Key": "left"}
        return await instance.client.post("/data/loose/-/insert", content='{"row": {"x": 61}}', headers=headers, **ROOT)

    async def leave_and_come_back():
        first = asyncio.create_task(send())
        await reached.wait()
        first.cancel()
        again = asyncio.create_task(send())
        await asyncio.sleep(0)
        go_on.set()
        return await again

    answer = asyncio.run(leave_and_come_back())
    assert (answer.status_code, answer.headers["idempotency-replayed"]) == (201, "true")
    assert rows(path, "select count(*) from loose where x = 61") == [(1,)]


def test_a_schema_that_changed_meanwhile_is_no_obstacle(instance, path):
    post(instance, "/data/loose/-/insert", {"row": {"x": 1}})
    conn = sqlite3.connect(path)
    conn.execute("alter table loose add column added text")
    conn.close()
    answers = [once(instance, "schema", {"row": {"added": "x"}}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert rows(path, "select count(*) from loose where added = 'x'") == [(1,)]
