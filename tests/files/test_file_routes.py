"""Every route of files, on both storages."""

import hashlib
import io
import json
import zipfile

import pytest

from vitrina.errors import ConfigError
from vitrina.facade.datasette import Datasette

ROOT = {"id": "root"}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


def instance(sources, permissions=None, files_given=(), **more):
    allowed = dict.fromkeys(("files-browse", "files-upload", "files-edit", "files-delete"), True)
    config = {
        "plugins": {"datasette-files": {"sources": sources, **more.pop("files", {})}},
        "permissions": allowed if permissions is None else permissions,
        "vitrina": more.pop("vitrina", {}),
    }
    return Datasette(list(files_given), memory=True, config=config, secret="a-test-secret", **more)


def folder(path, **source):
    return {"docs": {"storage": "filesystem", "config": {"root": str(path)}, **source}}


@pytest.fixture(params=["filesystem", "s3"])
def site(request, tmp_path):
    if request.param == "filesystem":
        sources = folder(tmp_path / "files")
    else:
        from vitrina.files.names import new_ulid

        store = request.getfixturevalue("object_store")
        sources = {"docs": {"storage": "s3", "config": store.options("files", f"run-{new_ulid()}")}}
    made = instance(sources)
    made.kind = request.param
    yield made
    made.close()


@pytest.fixture
def local(tmp_path):
    made = instance(folder(tmp_path / "files"))
    yield made
    made.close()


async def upload(site, data=b"hello", filename="hello.txt", content_type="text/plain", actor=None, source="docs"):
    options = {"actor": actor} if actor else {}
    base = f"/-/files/upload/{source}/-"
    told = await site.client.post(
        f"{base}/prepare", json={"filename": filename, "content_type": content_type, "size": len(data)}, **options
    )
    assert told.status_code == 200, told.text
    told = told.json()
    assert told["ok"] and told["upload_method"] == "POST" and told["upload_url"] == f"{base}/upload"
    sent = await site.client.post(told["upload_url"], data=told["upload_fields"], files={"file": ("x", data)})
    assert (sent.status_code, sent.json()) == (200, {"ok": True}), sent.text
    done = await site.client.post(f"{base}/complete", json={"upload_token": told["upload_token"]}, **options)
    assert done.status_code == 201, done.text
    return done.json()["file"]


async def content(site, file):
    answer = await site.client.get(file["download_url"])
    if site.kind == "s3":
        assert answer.status_code == 302
        import httpx

        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(answer.headers["location"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment; ")
    return answer


async def test_upload_and_everything_after_it(site):
    data = b"hello world\n" * 1000
    file = await upload(site, data, "héllo wörld.txt", actor=ROOT)
    assert file["filename"] == "héllo wörld.txt" and file["size"] == len(data) and file["uploaded_by"] == "root"
    assert file["content_hash"] == "sha256:" + hashlib.sha256(data).hexdigest()
    assert file["url"] == f"/-/files/{file['id']}" and file["source_slug"] == "docs"
    row = (await site.client.get(file["url"] + ".json")).json()
    assert row["path"] == f"{file['id'][3:]}/héllo wörld.txt" and row["source_slug"] == "docs" and "ok" not in row
    answer = await content(site, file)
    assert answer.content == data
    assert answer.headers["content-disposition"] == 'attachment; filename="hllowrld.txt"'
    page = await site.client.get(file["url"])
    assert page.status_code == 200 and "héllo wörld.txt" in page.text and "hello world" in page.text
    listed = (await site.client.get("/-/files/source/docs")).text
    assert file["id"] in listed
    assert "docs" in (await site.client.get("/-/files")).text
    batch = (await site.client.get(f"/-/files/batch.json?id={file['id']}&id=df-nothing&id=bad")).json()
    assert list(batch["files"]) == [file["id"]]
    changed = await site.client.post(file["url"] + "/-/update", json={"update": {"search_text": "a rare word"}})
    assert changed.json()["file"]["search_text"] == "a rare word"
    found = (await site.client.get("/-/files/search.json?q=rar")).json()
    assert [each["id"] for each in found["files"]] == [file["id"]] and found["total"] == 1 and found["next"] is None
    gone = await site.client.post(file["url"] + "/-/delete")
    assert gone.json() == {"ok": True}
    assert (await site.client.get(file["url"])).status_code == 404
    storage = site.site.state["files"].storages["docs"]
    assert (await storage.list_files()) == ([], None)
    assert (await site.client.get("/-/files/search.json?q=rare")).json()["files"] == []


async def test_one_request(site):
    answer = await site.client.post(
        "/-/files/upload/docs/-/file?filename=a.csv", content=b"a,b\n1,2\n", headers={"content-type": "text/csv"}
    )
    assert answer.status_code == 201, answer.text
    assert [each["content_type"] for each in answer.json()["files"]] == ["text/csv"]
    several = [("file", ("one.txt", b"1", "text/plain")), ("file", ("two.txt", b"22", "text/plain"))]
    answer = await site.client.post("/-/files/upload/docs/-/file", files=several)
    assert [each["size"] for each in answer.json()["files"]] == [1, 2]
    answer = await site.client.post("/-/files/upload/docs/-/file", files=several[:1], headers={"accept": "text/html"})
    assert answer.status_code == 302 and "/-/files/df-" in answer.headers["location"]
    assert (await site.client.post("/-/files/upload/docs/-/file", content=b"x")).status_code == 400


async def test_a_zip_of_some(site):
    files = [await upload(site, data, "same.txt") for data in (b"first", b"second")]
    ids = "&".join(f"id={file['id']}" for file in files)
    answer = await site.client.get(f"/-/files/zip?{ids}&id=df-{'0' * 26}")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "same.txt": b"first",
            "same (2).txt": b"second",
        }
    assert (await site.client.get("/-/files/zip")).status_code == 400
    assert (await site.client.get(f"/-/files/zip?id=df-{'0' * 26}")).status_code == 404


async def test_many_at_once(site):
    ids = [(await upload(site, b"x", f"{number}.txt"))["id"] for number in range(3)]
    body = {"action": "update", "ids": [*ids, "bad"], "update": {"search_text": "together"}}
    answer = (await site.client.post("/-/files/bulk", json=body)).json()
    assert answer["done"] == ids and list(answer["failed"]) == ["bad"] and not answer["ok"]
    assert (await site.client.get("/-/files/search.json?q=together")).json()["total"] == 3
    answer = (await site.client.post("/-/files/bulk", json={"action": "delete", "ids": ids})).json()
    assert answer == {"ok": True, "done": ids, "failed": {}}
    for wrong in ({}, {"action": "delete"}, {"action": "shred", "ids": ids}, {"action": "update", "ids": ids}, [1]):
        assert (await site.client.post("/-/files/bulk", json=wrong)).status_code == 400


@pytest.mark.parametrize("body", ["{", "[]", "{}", '{"filename": 5}', '{"filename": ""}'])
async def test_prepare_refuses(local, body):
    answer = await local.client.post("/-/files/upload/docs/-/prepare", content=body)
    assert answer.status_code == 400 and answer.json()["ok"] is False and answer.json()["errors"]


async def test_tokens_of_uploads(local, tmp_path):
    base = "/-/files/upload/docs/-"
    fields = {"file": ("x", b"1")}
    for data in ({}, {"upload_token": "tok_unknown"}):
        assert (await local.client.post(f"{base}/upload", data=data, files=fields)).status_code == 400
    told = (await local.client.post(f"{base}/prepare", json={"filename": "x"})).json()
    token = {"upload_token": told["upload_token"]}
    assert (await local.client.post(f"{base}/complete", json=token)).status_code == 400
    assert (await local.client.post(f"{base}/upload", data=token, files={"other": ("x", b"1")})).status_code == 400
    assert (await local.client.post(f"{base}/upload", data=token, files=fields)).status_code == 200
    assert (await local.client.post(f"{base}/upload", data=token, files=fields)).status_code == 400
    assert (await local.client.post(f"{base}/complete", json=token)).status_code == 201
    assert (await local.client.post(f"{base}/complete", json=token)).status_code == 400
    assert (await local.client.post(f"{base}/upload", data=token, files=fields)).status_code == 400


async def test_the_token_may_come_after_the_file(local):
    base = "/-/files/upload/docs/-"
    told = (await local.client.post(f"{base}/prepare", json={"filename": "x.txt"})).json()
    parts = [("file", ("x", b"late")), ("upload_token", (None, told["upload_token"]))]
    assert (await local.client.post(f"{base}/upload", files=parts)).json() == {"ok": True}
    done = await local.client.post(f"{base}/complete", json={"upload_token": told["upload_token"]})
    assert done.json()["file"]["size"] == 4


async def test_expired_uploads_leave_nothing(local, tmp_path):
    base = "/-/files/upload/docs/-"
    told = (await local.client.post(f"{base}/prepare", json={"filename": "x"})).json()
    await local.client.post(f"{base}/upload", data=told["upload_fields"], files={"file": ("x", b"1")})
    pending = local.site.state["files"].pending
    before = pending._now
    pending._now = lambda: before() + 3601
    answer = await local.client.post(f"{base}/complete", json={"upload_token": told["upload_token"]})
    assert answer.status_code == 400
    await local.client.post(f"{base}/prepare", json={"filename": "y"})
    assert (await local.site.state["files"].storages["docs"].list_files()) == ([], None)


async def test_limits_and_quotas(tmp_path):
    source = folder(tmp_path / "f", quota_bytes=25, quota_files=3)
    source["docs"]["config"]["max_file_size"] = 10
    site = instance(source)
    site.kind = "filesystem"
    too_large = await site.client.post("/-/files/upload/docs/-/prepare", json={"filename": "x", "size": 11})
    assert too_large.status_code == 413
    for url in ("/-/files/upload/docs/-/file?filename=x",):
        assert (await site.client.post(url, content=b"x" * 11)).status_code == 413
        assert (await site.client.post(url, content=b"x" * 10)).status_code == 201
        assert (await site.client.post(url, content=b"x" * 10)).status_code == 201
        assert (await site.client.post(url, content=b"x" * 6)).status_code == 413
        assert (await site.client.post(url, content=b"x" * 5)).status_code == 201
        assert (await site.client.post(url, content=b"")).status_code == 413
    storage = site.site.state["files"].storages["docs"]
    assert len((await storage.list_files())[0]) == 3
    told = await site.client.post("/-/files/upload/docs/-/prepare", json={"filename": "x"})
    assert told.status_code == 413
    site.close()


async def test_a_file_over_the_limit_in_a_form_leaves_nothing(tmp_path):
    source = folder(tmp_path / "f")
    source["docs"]["config"]["max_file_size"] = 3_000_000
    site = instance(source)
    base = "/-/files/upload/docs/-"
    told = (await site.client.post(f"{base}/prepare", json={"filename": "x"})).json()
    sent = await site.client.post(f"{base}/upload", data=told["upload_fields"], files={"file": ("x", b"x" * 3_500_000)})
    assert sent.status_code == 413
    assert (await site.client.post(f"{base}/complete", json=told["upload_fields"])).status_code == 400
    assert not [path for path in (tmp_path / "f").rglob("*") if path.is_file()]
    site.close()


async def test_who_may(tmp_path):
    permissions = {
        "files-browse": {"docs": {"allow": {"id": ["ann", "bob"]}}},
        "files-upload": {"docs": {"id": ["ann", "bob"]}},
    }
    files = {"owners_can_delete": True, "owners_can_edit": True}
    site = instance(folder(tmp_path / "f"), permissions, files=files)
    site.kind = "filesystem"
    ann, bob, eve = ({"id": name} for name in ("ann", "bob", "eve"))
    file = await upload(site, actor=ann)
    reads = [file["url"], file["url"] + ".json", file["download_url"], "/-/files/source/docs", "/-/files"]
    for path in reads:
        assert (await site.client.get(path, actor=bob)).status_code == 200, path
        assert (await site.client.get(path, actor=eve)).status_code == 403, path
        assert (await site.client.get(path)).status_code == 403, path
    assert (await site.client.get(f"/-/files/batch.json?id={file['id']}", actor=eve)).json() == {"files": {}}
    assert (await site.client.get("/-/files/search.json", actor=eve)).json()["files"] == []
    assert (await site.client.get("/-/files/search.json", actor=bob)).json()["total"] == 1
    assert (await site.client.get("/-/files/df-nothing", actor=eve)).status_code == 404
    for path in ("/-/files/upload/docs/-/prepare", "/-/files/upload/docs/-/complete"):
        answer = await site.client.post(path, json={"filename": "x"}, actor=eve)
        assert answer.status_code == 403 and answer.json()["ok"] is False
    update = {"update": {"search_text": "x"}}
    for actor, status in ((eve, 403), (bob, 403), (ann, 200)):
        assert (await site.client.post(file["url"] + "/-/update", json=update, actor=actor)).status_code == status
    told = (await site.client.post("/-/files/bulk", json={"action": "delete", "ids": [file["id"]]}, actor=bob)).json()
    assert told["failed"] == {file["id"]: "Permission denied: files-delete"}
    told = (await site.client.post("/-/files/bulk", json={"action": "delete", "ids": [file["id"]]}, actor=eve)).json()
    assert told["failed"] == {file["id"]: "File not found"}
    assert (await site.client.post(file["url"] + "/-/delete", actor=bob)).status_code == 403
    restricted = {**ann, "_r": {"a": ["fb"]}}
    assert (await site.client.post(file["url"] + "/-/delete", actor=restricted)).status_code == 403
    assert (await site.client.post(file["url"] + "/-/delete", actor=ann)).status_code == 200
    assert (await site.client.get("/-/files/sources.json")).status_code == 200
    site.close()


@pytest.mark.parametrize(
    ("filename", "stored"),
    [
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("..", "unnamed"),
        ("a\\b\0c", "a_bc"),
        ("\u202egpj.exe", "gpj.exe"),
        ("x" * 4096 + ".pdf", "x" * 251 + ".pdf"),
        ("pаypal.txt", "pаypal.txt"),
        ("line\nbreak\r\n.txt", "linebreak.txt"),
    ],
)
async def test_hostile_names(site, filename, stored):
    file = await upload(site, filename=filename)
    assert file["filename"] == stored
    assert (await content(site, file)).content == b"hello"
    assert (await site.client.get(file["url"])).status_code == 200


async def test_nothing_runs_in_this_origin(local):
    local.kind = "filesystem"
    for name, content_type, data, recorded in (
        ("x.html", "text/html", b"<script>1</script>", "text/html"),
        ("x.svg", "image/svg+xml", b"<svg onload='1'/>", "image/svg+xml"),
        ("x.png", "image/png", b"<html><script>1</script>", "application/octet-stream"),
        ("x.txt", "text/plain", PNG, "image/png"),
        ("x", "text/html\r\nx: y", b"1", "application/octet-stream"),
    ):
        file = await upload(local, data, name, content_type)
        assert file["content_type"] == recorded
        answer = await content(local, file)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["content-type"] == recorded
        page = await local.client.get(file["url"])
        assert "<script>1" not in page.text and "default-src 'self'" in page.headers["content-security-policy"]


async def test_ranges_and_etags(local):
    file = await upload(local, b"0123456789")
    url = file["download_url"]
    answer = await local.client.get(url, headers={"range": "bytes=2-4"})
    assert (answer.status_code, answer.content) == (206, b"234")
    assert answer.headers["content-range"] == "bytes 2-4/10" and answer.headers["content-length"] == "3"
    assert (await local.client.get(url, headers={"range": "bytes=20-"})).status_code == 416
    etag = answer.headers["etag"]
    assert (await local.client.get(url, headers={"if-none-match": etag})).status_code == 304
    assert (await local.client.get(url, headers={"range": "bytes=2-", "if-range": '"other"'})).status_code == 200
    head = await local.client.head(url)
    assert head.headers["content-length"] == "10" and head.content == b""


async def test_pages_of_search(local):
    service = local.site.state["files"]
    await local.invoke_startup()
    for number in range(45):
        await upload(local, b"x", f"report {number}.txt")
    for query in ("", "q=report"):
        seen, cursor = [], ""
        while cursor is not None:
            page = (await local.client.get(f"/-/files/search.json?{query}&_next={cursor}")).json()
            assert page["total"] == 45 and len(page["files"]) <= 20
            seen += [each["id"] for each in page["files"]]
            cursor = page["next"]
        assert len(seen) == len(set(seen)) == 45
    assert len((await local.client.get("/-/files/search.json?_next=nonsense")).json()["files"]) == 20
    assert len((await local.client.get("/-/files/search.json?q=report&_next=a,b")).json()["files"]) == 20
    exact = (await local.client.get(f"/-/files/search.json?q={seen[7]}")).json()
    assert [each["id"] for each in exact["files"]] == [seen[7]]
    for odd in ('"', "*", "OR", "a AND", "(", "%00", "col:x"):
        assert (await local.client.get("/-/files/search.json", params={"q": odd})).status_code == 200
    assert "Page 3 of 3" in (await local.client.get("/-/files/source/docs?page=3")).text
    for page in ("0", "-1", "x", "9" * 30):
        assert "Page 1 of 3" in (await local.client.get(f"/-/files/source/docs?page={page}")).text
    assert service.pending._by_token == {}


async def test_methods_and_what_is_not_there(local):
    file = await upload(local)
    for path in (file["url"], "/-/files/upload/docs"):
        answer = await local.client.post(path)
        assert answer.status_code == 405 and answer.headers["allow"] == "GET"
    assert (await local.client.get("/-/files/upload/docs")).status_code == 200
    for path in ("/-/files/source/none", "/-/files/upload/none", "/-/files/df-zz", "/-/files/df-zz/download"):
        assert (await local.client.get(path)).status_code == 404
    for body in ({}, {"update": {}}, {"update": {"filename": "x"}}, {"update": {"search_text": 5}}, {"update": 1}):
        assert (await local.client.post(file["url"] + "/-/update", json=body)).status_code == 400


async def test_content_that_vanished(local, tmp_path):
    file = await upload(local)
    (path,) = (tmp_path / "files").rglob("hello.txt")
    path.unlink()
    assert (await local.client.get(file["download_url"])).status_code == 404
    assert (await local.client.get(file["url"])).status_code == 200
    assert (await local.client.post(file["url"] + "/-/delete")).status_code == 200


async def test_nothing_is_there_unless_configured():
    plain = Datasette(memory=True)
    assert (await plain.client.get("/-/files")).status_code == 404
    assert (await plain.client.get("/-/files/sources.json")).status_code == 404
    assert "files-browse" not in plain.site.permissions.actions
    plain.close()


async def test_own_block_and_base_url(tmp_path):
    config = {"vitrina": {"files": {"sources": folder(tmp_path / "f")}}, "permissions": {"files-browse": True}}
    site = Datasette(memory=True, config=config, settings={"base_url": "/under/"})
    assert 'href="/under/-/files/source/docs"' in (await site.client.get("/-/files")).text
    site.close()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"plugins": {"datasette-files": {"sources": {"a": 1}}}, "vitrina": {"files": {"sources": {}}}},
            "vitrina.files",
        ),
        ({"plugins": {"datasette-files": {"sources": {"a": {"storage": "ftp"}}}}}, "azure, filesystem, gcs, s3"),
        ({"plugins": {"datasette-files": {"sources": {"a": {"storage": "filesystem"}}}}}, "root"),
        ({"plugins": {"datasette-files": {"sources": {"a": {"storage": "s3"}}}}}, "bucket"),
        ({"plugins": {"datasette-files": {"sources": {"a/b": {"storage": "s3"}}}}}, "a/b"),
    ],
)
async def test_configuration_that_makes_no_sense(config, message):
    with pytest.raises(ConfigError, match=message) as caught:
        await Datasette(memory=True, config=config).invoke_startup()
    assert isinstance(caught.value, ValueError) or message == "vitrina.files"


async def test_secrets_stay_out_of_the_internal_database(object_store):
    options = {**object_store.options("files"), "credentials_url_secret": "hush"}
    site = instance({"docs": {"storage": "s3", "config": options}})
    await site.invoke_startup()
    row = (await site.get_internal_database().execute("select config from datasette_files_sources")).first()
    assert "devsecret" not in row[0] and "devkey" not in row[0] and "hush" not in row[0] and '"bucket"' in row[0]
    shown = (await site.client.get("/-/config.json")).text
    assert "devsecret" not in shown and "hush" not in shown
    site.close()


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        ("image/png", PNG),
        ("audio/mpeg", b"ID3 sound"),
        ("application/pdf", b"%PDF-1.7 x"),
        ("video/webm", b"\x1aE\xdf\xa3"),
    ],
)
async def test_previews(site, content_type, data):
    file = await upload(site, data, "x", content_type)
    answer = await site.client.get(file["url"] + "/preview")
    assert (answer.status_code, answer.content) == (200, data)
    assert answer.headers["content-type"] == content_type and answer.headers["content-disposition"] == "inline"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    ranged = await site.client.get(file["url"] + "/preview", headers={"range": "bytes=1-2"})
    assert (ranged.status_code, ranged.content) == (206, data[1:3])


@pytest.mark.parametrize("content_type", ["image/svg+xml", "text/html", "text/plain", "application/octet-stream"])
async def test_what_is_not_shown_in_its_place(local, content_type):
    file = await upload(local, b"<svg onload='1'/>", "x", content_type)
    assert (await local.client.get(file["url"] + "/preview")).status_code == 404
    assert "/preview" not in (await local.client.get(file["url"])).text


async def test_previews_need_the_permission(tmp_path):
    site = instance(folder(tmp_path / "f"), {"files-upload": True, "files-browse": {"id": "ann"}})
    file = await upload(site, PNG, "x.png", "image/png")
    assert (await site.client.get(file["url"] + "/preview")).status_code == 403
    assert (await site.client.get(file["url"] + "/preview", actor={"id": "ann"})).status_code == 200
    site.close()


async def test_secrets_of_earlier_sources_are_taken_out_of_the_internal_database(tmp_path):
    internal = str(tmp_path / "internal.db")
    for round in ("first", "second"):
        site = instance(folder(tmp_path / "f"), internal=internal)
        await site.invoke_startup()
        if round == "first":
            insert = "insert into datasette_files_sources (slug, storage_type, config) values ('old', 's3', ?)"
            options = {"bucket": "b", "secret_access_key": "hush", "credentials_url_secret": "hush"}
            await site.get_internal_database().execute_write(insert, [json.dumps(options)])
        else:
            rows = await site.get_internal_database().execute("select slug, config from datasette_files_sources")
            assert {row[0]: json.loads(row[1]) for row in rows.rows}["old"] == {"bucket": "b"}
        await site.invoke_shutdown()
