"""Temporary credentials from a broker, against a real store: folders that change, rotation, failures, the page."""

import asyncio
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import httpx
import pytest
from object_store import ACCESS_KEY, SECRET_KEY
from test_file_routes import instance, upload

from vitrina.files.check import CheckReport, check_source
from vitrina.files.names import new_ulid

SHARED = "a-shared-secret"
ADMIN = {"id": "admin"}


class Broker:
    """Answers with keys for ``folder`` that last ``life`` seconds; ``answer`` replaces status and body."""

    def __init__(self):
        self.folder = f"s3://files/broker-{new_ulid()}"
        self.life = 3600.0
        # The store of the tests takes no session token that it did not give itself.
        self.session = ""
        self.answer = None
        self.calls = []
        broker = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                broker.calls.append((self.headers["content-type"], parse_qs(body)))
                status, text = broker.answer or (200, json.dumps(broker.document()))
                self.send_response(status)
                self.send_header("content-length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/keys?token=in-the-url"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def document(self):
        expires = datetime.now(UTC) + timedelta(seconds=self.life)
        return {
            "AccessKeyId": ACCESS_KEY,
            "SecretAccessKey": SECRET_KEY,
            "SessionToken": self.session,
            "Expiration": expires.isoformat().replace("+00:00", "Z"),
            "S3Folder": self.folder,
        }

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def broker():
    made = Broker()
    yield made
    made.close()


def with_broker(broker, store, **more):
    config = {
        "credentials_url": broker.url,
        "credentials_url_secret": SHARED,
        "endpoint_url": store.endpoint,
        "access_key_id": "not-used",
        "secret_access_key": "not-used-either",
        **more,
    }
    allowed = dict.fromkeys(("files-browse", "files-upload", "files-edit", "files-delete"), True)
    return instance({"docs": {"storage": "s3", "config": config}}, {**allowed, "view-credentials": {"id": "admin"}})


def keeper_of(site):
    return site.site.state["files"].storages["docs"]._keeper


def expire(site):
    """As if the time of the held credentials had come, and that of the next attempt too."""
    keeper = keeper_of(site)
    past = datetime.now(UTC) - timedelta(seconds=1)
    if keeper._held is not None:
        keeper._held = replace(keeper._held, expires_at=past)
    keeper._refresh_at = keeper._try_again_at = past.timestamp()


async def state_of(site):
    answer = await site.client.get("/-/credentials.json", actor=ADMIN)
    for secret in (SHARED, SECRET_KEY, ACCESS_KEY, "a-session-token", "in-the-url"):
        assert secret not in answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    (only,) = answer.json()["credentials"]
    return only


async def fetched(site, file):
    answer = await site.client.get(file["download_url"])
    assert answer.status_code == 302, answer.text
    async with httpx.AsyncClient(trust_env=False) as client:
        return answer.headers["location"], await client.get(answer.headers["location"])


async def test_the_request_and_the_page(broker, object_store):
    broker.session = "a-session-token"
    site = with_broker(broker, object_store)
    await site.invoke_startup()
    assert broker.calls == [("application/x-www-form-urlencoded", {"secret": [SHARED]})]
    state = await state_of(site)
    assert (state["used_by"], state["status"], state["is_valid"]) == ("files: docs", "valid", True)
    assert state["place"] == "plugins.datasette-files.sources.docs" and state["valid_until"].endswith("Z")
    assert state["source"] == broker.url.partition("/keys")[0].replace("http", "broker at http")
    page = await site.client.get("/-/credentials", actor=ADMIN)
    assert page.status_code == 200 and "files: docs" in page.text and "frame-ancestors" in str(page.headers)
    for path in ("/-/credentials", "/-/credentials.json"):
        assert (await site.client.get(path)).status_code == 403
    await site.invoke_shutdown()


async def test_no_page_where_nothing_needs_credentials():
    plain = instance({})
    assert (await plain.client.get("/-/credentials", actor={"id": "root"})).status_code == 404
    plain.close()


async def test_a_folder_that_changes(broker, object_store):
    site = with_broker(broker, object_store)
    first = await upload(site, b"first")
    old, broker.folder = broker.folder, f"s3://other/moved-{new_ulid()}/below"
    expire(site)
    second = await upload(site, b"second")
    for file, data, folder in ((first, b"first", old), (second, b"second", broker.folder)):
        location, answer = await fetched(site, file)
        assert folder.removeprefix("s3://") in location and answer.content == data
        row = (await site.client.get(file["url"] + ".json")).json()
        bucket, _, prefix = folder.removeprefix("s3://").partition("/")
        assert json.loads(row["metadata"])["s3"] == {"bucket": bucket, "prefix": f"{prefix}/"}
    files = site.site.state["files"]
    report = CheckReport("docs")
    assert [each async for each in check_source(files, "docs", report)] == [] and report.rows == 2
    record = await files.record(first["id"])
    assert (await site.client.post(first["url"] + "/-/delete")).json() == {"ok": True}
    assert await files.storage_of(record).get_file_metadata(record["path"]) is None
    assert (await fetched(site, second))[1].content == b"second"
    await site.invoke_shutdown()


async def test_rotation_in_the_middle_of_an_upload(broker, object_store):
    site = with_broker(broker, object_store)
    await site.invoke_startup()
    files = site.site.state["files"]
    old = broker.folder

    async def body():
        for number in range(14):
            if number == 7:
                broker.folder = f"s3://files/next-{new_ulid()}"
                expire(site)
            yield bytes([number]) * 1024 * 1024

    record = await files.add(files.source("docs"), None, "large.bin", "application/octet-stream", body())
    assert len(broker.calls) == 2
    assert json.loads(record["metadata"])["s3"]["prefix"] == old.removeprefix("s3://files/") + "/"
    data = await files.storage_of(record).read_file(record["path"])
    assert len(data) == 14 * 1024 * 1024 and data[-1] == 13
    assert (await upload(site, b"x"))["size"] == 1
    await site.invoke_shutdown()


async def test_one_refresh_at_a_time(broker, object_store):
    site = with_broker(broker, object_store)
    await site.invoke_startup()
    expire(site)
    path = "/-/files/upload/docs/-/file?filename=x"
    answers = await asyncio.gather(*(site.client.post(path, content=b"1") for _ in range(12)))
    assert {each.status_code for each in answers} == {201} and len(broker.calls) == 2
    await site.invoke_shutdown()


async def test_a_broker_that_is_down_at_the_start_and_comes_back(broker, object_store):
    broker.answer = (500, "down")
    site = with_broker(broker, object_store)
    await site.invoke_startup()
    answer = await site.client.post("/-/files/upload/docs/-/file?filename=x", content=b"1")
    assert answer.status_code == 503 and int(answer.headers["retry-after"]) >= 1
    # Not asked again before its pause is over.
    assert len(broker.calls) == 1
    state = await state_of(site)
    assert (state["status"], state["is_valid"], state["failures"]) == ("failing", False, 1)
    assert "500" in state["last_error"] and state["next_attempt_at"]
    broker.answer = None
    expire(site)
    assert (await upload(site, b"x"))["size"] == 1
    assert (await state_of(site))["status"] == "valid"
    await site.invoke_shutdown()


async def test_expired_while_the_broker_is_down(broker, object_store):
    site = with_broker(broker, object_store)
    file = await upload(site, b"\x89PNG\r\n\x1a\n0", "x.png", "image/png")
    for _ in range(500):
        # The thumbnail that is made ahead is not to be read from the store later on.
        if not site.site.state["files"].thumbnails._ahead:
            break
        await asyncio.sleep(0.02)
    broker.answer = (503, "busy")
    expire(site)
    assert (await site.client.get(file["download_url"])).status_code == 503
    assert (await site.client.post(file["url"] + "/-/delete")).status_code == 503
    assert (await site.client.get(file["url"])).status_code == 200
    assert (await site.client.get(file["thumbnail_url"])).headers["content-type"] == "image/svg+xml"
    assert (await site.client.get("/-/files/search.json")).json()["total"] == 1
    await site.invoke_shutdown()


@pytest.mark.parametrize(
    "change",
    [
        "nonsense",
        "[]",
        "{}",
        {"S3Folder": "http://files/x"},
        {"S3Folder": "s3://"},
        {"Expiration": "tomorrow"},
        {"Expiration": "2001-01-01T00:00:00Z"},
        {"SecretAccessKey": None},
        {"AccessKeyId": 5},
        {"SessionToken": "with\r\nbreak"},
    ],
)
async def test_answers_that_make_no_sense(broker, object_store, change):
    text = change if isinstance(change, str) else json.dumps({**broker.document(), **change})
    broker.answer = (200, text)
    site = with_broker(broker, object_store)
    answer = await site.client.post("/-/files/upload/docs/-/file?filename=x", content=b"1")
    assert answer.status_code == 503
    state = await state_of(site)
    assert state["status"] == "failing" and state["last_error"] and "nonsense" not in state["last_error"]
    await site.invoke_shutdown()


async def test_a_missing_secret_is_told_when_it_is_needed(broker, object_store):
    site = with_broker(broker, object_store, credentials_url_secret=None)
    answer = await site.client.post("/-/files/upload/docs/-/file?filename=x", content=b"1")
    assert answer.status_code == 503 and broker.calls == []
    assert "credentials_url_secret" in (await state_of(site))["last_error"]
    await site.invoke_shutdown()
