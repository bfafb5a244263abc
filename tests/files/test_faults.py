"""Storages and clients that go away in the middle."""

import asyncio

import pytest
from object_store import running_store
from test_file_routes import folder, instance, upload

from vitrina.errors import VitrinaError


async def send(site, path, messages, headers=()):
    """A POST whose body is exactly ``messages``; status and body of the answer."""
    waiting = list(messages)
    sent = []

    async def receive():
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def answer(message):
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path.partition("?")[0],
        "raw_path": path.partition("?")[0].encode(),
        "query_string": path.partition("?")[2].encode(),
        "headers": [(b"host", b"localhost"), *headers],
    }
    await site.app()(scope, receive, answer)
    return sent


def leftovers(root):
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", [10, 3_000_000])
async def test_a_client_that_leaves_in_the_middle_of_a_body(tmp_path, size):
    site = instance(folder(tmp_path / "f"))
    await site.invoke_startup()
    path = "/-/files/upload/docs/-/file?filename=x"
    sent = await send(site, path, [{"type": "http.request", "body": b"x" * size, "more_body": True}])
    assert sent[0]["status"] == 400
    assert leftovers(tmp_path / "f") == []
    assert (await site.client.get("/-/files/search.json")).json()["total"] == 0
    site.close()


@pytest.mark.parametrize("size", [10, 3_000_000])
async def test_a_client_that_leaves_in_the_middle_of_a_form(tmp_path, size):
    site = instance(folder(tmp_path / "f"))
    base = "/-/files/upload/docs/-"
    told = (await site.client.post(f"{base}/prepare", json={"filename": "x"})).json()
    token = told["upload_token"]
    head = (
        f'--b\r\nContent-Disposition: form-data; name="upload_token"\r\n\r\n{token}\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    ).encode()
    messages = [{"type": "http.request", "body": head + b"x" * size, "more_body": True}]
    sent = await send(site, f"{base}/upload", messages, [(b"content-type", b"multipart/form-data; boundary=b")])
    assert sent[0]["status"] == 400
    assert leftovers(tmp_path / "f") == []
    # The same token is good for another try.
    again = await site.client.post(f"{base}/upload", data={"upload_token": token}, files={"file": ("x", b"whole")})
    assert again.json() == {"ok": True}
    done = await site.client.post(f"{base}/complete", json={"upload_token": token})
    assert done.json()["file"]["size"] == 5
    site.close()


async def _read_when_ready(storage, path):
    """A store that was just started answers before it has found its volumes."""
    for _ in range(60):
        try:
            return await storage.read_file(path)
        except VitrinaError:
            await asyncio.sleep(0.5)
    return None


@pytest.mark.faults
async def test_a_store_that_is_gone(tmp_path):
    with running_store(tmp_path / "weed", "files") as store:
        site = instance({"docs": {"storage": "s3", "config": store.options("files")}})
        file = await upload(site, b"kept")
        storage = site.site.state["files"].storages["docs"]
        store.stop()
        answer = await site.client.post("/-/files/upload/docs/-/file?filename=x", content=b"1")
        assert answer.status_code == 503 and int(answer.headers["retry-after"]) >= 1
        assert "devsecret" not in answer.text
        assert (await site.client.get(file["url"])).status_code == 200
        assert (await site.client.post(file["url"] + "/-/delete")).status_code == 503
        with pytest.raises(VitrinaError):
            await storage.read_file("x")
        await asyncio.to_thread(store.start)
        assert (await site.client.get("/-/files/search.json")).json()["total"] == 1
        row = (await site.client.get(file["url"] + ".json")).json()
        assert await _read_when_ready(storage, row["path"]) == b"kept"
        site.close()


async def test_wrong_keys_are_refused_plainly(object_store):
    options = {**object_store.options("files"), "secret_access_key": "wrong-one"}
    site = instance({"docs": {"storage": "s3", "config": options}})
    answer = await site.client.post("/-/files/upload/docs/-/file?filename=x", content=b"1")
    assert answer.status_code == 503 and "refused the credentials" in answer.json()["error"]
    assert "wrong-one" not in answer.text
    site.close()
