"""Static files, downloads and streams through the application."""

import asyncio
import hashlib

import pytest
from small_application import HTML, fetch, raw

from vitrina.http.app import Application
from vitrina.http.router import Route, Router
from vitrina.http.streaming import AsgiStream

# -- static files and downloads


def test_static(make, files):
    client = make()
    response = fetch(client, "/assets/hello.txt")
    assert (response.text, response.headers["content-type"]) == ("hello", "text/plain")
    assert response.headers["etag"] == f'"{hashlib.md5(b"hello").hexdigest()}"'
    assert "vary" not in response.headers and "cache-control" not in response.headers
    fresh = hashlib.sha256(b"hello").hexdigest()[:12]
    hashed = fetch(client, f"/assets/hello.txt?_hash={fresh}")
    assert hashed.headers["cache-control"] == "max-age=31536000, immutable, public"
    assert "cache-control" not in fetch(client, "/assets/hello.txt?_hash=000000000000").headers
    same = fetch(client, "/assets/hello.txt", headers={"If-None-Match": response.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert fetch(client, "/assets/hello.txt", "POST").text == "hello"
    (files / "assets" / "hello.txt").write_text("changed")
    assert fetch(client, "/assets/hello.txt").text == "changed"
    assert len(fetch(client, "/assets/large.bin").content) == 2_000_000
    assert fetch(client, "/assets/sp%20ace.txt").text == "space"


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/assets/nope.txt", 404, "File not found"),
        ("/assets/", 403, "Directory listing is not allowed"),
        ("/assets/sub", 403, "Directory listing is not allowed"),
        ("/assets/../secret.txt", 404, "Path not inside root path"),
        ("/assets/..%2Fsecret.txt", 404, "File not found"),
        ("/assets/%2e%2e/secret.txt", 404, "File not found"),
        ("/assets/link", 404, "Path not inside root path"),
        ("/assets//etc/passwd", 404, "File not found"),
        ("/assets/%00", 404, "File not found"),
        ("/assets/\x00", 404, "File not found"),
        ("/assets/hello.txt/x", 404, "File not found"),
        ("/assets/" + "x" * 5000, 404, "File not found"),
    ],
)
def test_static_refusals(make, path, status, message):
    start, body = asyncio.run(raw(make(), path))
    headers = dict(start["headers"])
    assert (start["status"], body["body"].decode()) == (status, f"{status}: {message}")
    assert headers[b"content-type"] == HTML.encode()
    assert headers[b"vary"] == b"Cookie, Authorization"


DATA = bytes(range(256)) * 4


@pytest.mark.parametrize(
    ("headers", "status", "body", "content_range"),
    [
        ({}, 200, DATA, None),
        ({"Range": "bytes=0-3"}, 206, DATA[:4], "bytes 0-3/1024"),
        ({"Range": "bytes=-4"}, 206, DATA[-4:], "bytes 1020-1023/1024"),
        ({"Range": "bytes=5000-"}, 416, b"", "bytes */1024"),
        ({"Range": "bytes=0-1,5-6"}, 200, DATA, None),
        ({"Range": "bytes=0-3", "If-Range": '"abc"'}, 206, DATA[:4], "bytes 0-3/1024"),
        ({"Range": "bytes=0-3", "If-Range": '"old"'}, 200, DATA, None),
        ({"If-None-Match": '"abc"'}, 304, b"", None),
        ({"If-None-Match": '"old", W/"abc"'}, 304, b"", None),
    ],
)
def test_download(make, headers, status, body, content_range):
    response = fetch(make(), "/data.db", headers=headers)
    assert (response.status_code, response.content) == (status, body)
    assert response.headers.get("content-range") == content_range
    assert response.headers["etag"] == '"abc"'
    if status == 200:
        assert response.headers["transfer-encoding"] == "chunked"
        assert response.headers["content-disposition"] == 'attachment; filename="data.db"'
    elif status != 304:
        assert response.headers["content-length"] == str(len(body))


def test_a_file_that_is_gone_is_an_error(make, files):
    (files / "data.db").unlink()
    assert fetch(make(), "/data.db").status_code == 500
    assert fetch(make(), "/data.db", "HEAD").content == b""


def test_a_stream_stops_when_the_client_goes_away(site, files):
    written = []

    async def endless(site, request):
        async def write(writer):
            while True:
                written.append(1)
                await writer.write("x")
                await asyncio.sleep(0)

        return AsgiStream(write)

    app = Application(Router([Route("endless", "/", endless)]), site)

    async def run():
        async def receive():
            while len(written) < 5:
                await asyncio.sleep(0)
            return {"type": "http.disconnect"}

        async def send(message):
            pass

        scope = {"type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "headers": []}
        await asyncio.wait_for(app(scope, receive, send), 5)

    asyncio.run(run())
    assert 5 <= len(written) < 20
