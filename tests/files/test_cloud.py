"""Google Cloud Storage and Azure: options, and the requests that are sent; the storage contract is tested elsewhere."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from test_file_routes import instance, upload
from test_storage import pieces

pytest.importorskip("obstore")

from vitrina.errors import ConfigError, VitrinaError
from vitrina.files.cloud import AzureStorage, GoogleStorage
from vitrina.files.cloud_options import parse_azure, parse_google

SECRET = base64.b64encode(b"a very secret key of somebody").decode()
AZURE = {"container": "files", "account_name": "somebody"}


@pytest.fixture
def server():
    """Keeps what it is sent, by path; ``status`` is what it answers to writes."""
    asked = []
    kept = {}

    class Handler(BaseHTTPRequestHandler):
        status = 201

        def _answer(self, status, body=b"", **headers):
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_PUT(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            asked.append((self.command, self.path, dict(self.headers)))
            if Handler.status < 300:
                kept[self.path.partition("?")[0]] = body
            moment = "Sat, 21 Nov 2026 14:00:00 GMT"
            self._answer(Handler.status, **{"etag": '"1"', "last-modified": moment, "x-goog-generation": "1"})

        def do_GET(self):
            asked.append((self.command, self.path, dict(self.headers)))
            body = kept.get(self.path.partition("?")[0])
            if body is None:
                return self._answer(404)
            moment = "Sat, 21 Nov 2026 14:00:00 GMT"
            return self._answer(200, body, **{"etag": '"1"', "last-modified": moment, "content-type": "text/plain"})

        do_HEAD = do_GET

        def log_message(self, *arguments):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    running.asked, running.kept, running.handler = asked, kept, Handler
    running.url = f"http://127.0.0.1:{running.server_port}"
    yield running
    running.shutdown()
    running.server_close()


def google_config(url):
    key = {"gcs_base_url": url, "disable_oauth": True, "client_email": "", "private_key": "", "private_key_id": ""}
    return {"bucket": "files", "prefix": "below", "service_account_key": key, "endpoint_url": url}


def azure_config(url):
    return {**AZURE, "prefix": "below/", "account_key": SECRET, "endpoint_url": url}


@pytest.mark.parametrize("kind", ["gcs", "azure"])
async def test_requests(server, kind):
    storage = GoogleStorage() if kind == "gcs" else AzureStorage()
    await storage.configure(google_config(server.url) if kind == "gcs" else azure_config(server.url), None)
    assert storage.credential_state().summary == "unused"
    stored = await storage.receive_upload("01a/a name.txt", pieces(b"hello"), "text/plain")
    assert stored.size == 5
    command, path, headers = server.asked[0]
    sent = {name.lower(): value for name, value in headers.items()}
    assert command == "PUT" and path.partition("?")[0].replace("%2F", "/").startswith("/files/below/01a/a%20name")
    assert (sent.get("content-type") or sent.get("x-ms-blob-content-type")) == "text/plain"
    if kind == "azure":
        assert sent["authorization"].startswith("SharedKey somebody:") and SECRET not in str(headers)
    assert await storage.read_file("01a/a name.txt") == b"hello"
    assert await storage.get_file_metadata("no/such") is None
    assert storage.credential_state().summary == "valid"


@pytest.mark.parametrize("kind", ["gcs", "azure"])
async def test_credentials_that_are_refused(server, kind):
    server.handler.status = 403
    config = google_config(server.url) if kind == "gcs" else azure_config(server.url)
    allowed = {**dict.fromkeys(("files-browse", "files-upload"), True), "view-credentials": True}
    site = instance({"docs": {"storage": kind, "config": config}}, allowed)
    answer = await site.client.post("/-/files/upload/docs/-/file?filename=x", content=b"1")
    assert answer.status_code == 503 and "refused" in answer.json()["error"] and SECRET not in answer.text
    told = (await site.client.get("/-/credentials.json")).json()["credentials"][0]
    assert (told["status"], told["last_error"]) == ("failing", "the store refused them")
    assert told["source"] == "configuration" and SECRET not in json.dumps(told)
    row = (await site.get_internal_database().execute("select config from datasette_files_sources")).first()
    assert SECRET not in row[0] and "private" not in row[0] and '"prefix"' in row[0]
    await site.invoke_shutdown()


async def test_downloads_go_through_this_server(server):
    site = instance({"docs": {"storage": "azure", "config": azure_config(server.url)}})
    file = await upload(site, b"<script>1</script>", "x.html", "text/html")
    told = (await site.client.get("/-/files/sources.json")).json()["sources"][0]["capabilities"]
    assert told["requires_proxy_download"] and not told["can_generate_signed_urls"]
    answer = await site.client.get(file["download_url"])
    assert answer.status_code == 200 and answer.content == b"<script>1</script>"
    assert answer.headers["content-disposition"].startswith("attachment") and "sandbox" in str(answer.headers)
    await site.invoke_shutdown()


@pytest.mark.parametrize(
    ("kind", "config", "said"),
    [
        ("gcs", {}, "bucket is needed"),
        ("gcs", {"bucket": 5}, "bucket must be text"),
        ("gcs", {"bucket": "b", "region": "x"}, "no option region"),
        ("gcs", {"bucket": "b", "service_account_key": "{"}, "JSON object"),
        ("gcs", {"bucket": "b", "service_account": "a", "application_credentials": "b"}, "only one of"),
        ("gcs", {"bucket": "b", "service_account_key": {"client_email": SECRET}}, "cannot be used"),
        ("gcs", {"bucket": "b", "service_account": "/no/such/file"}, "cannot be used"),
        ("azure", {"container": "c"}, "account_name is needed"),
        ("azure", {"account_name": "a"}, "container is needed"),
        ("azure", {**AZURE, "client_secret": "s"}, "client_id, tenant_id needed"),
        ("azure", {**AZURE, "account_key": "not base64 at all!"}, "cannot be used"),
        ("azure", {**AZURE, "prefix": "/x"}, "must not begin"),
        ("azure", {**AZURE, "prefix": "a/../b"}, ".. part"),
        ("azure", {**AZURE, "endpoint_url": "ftp://x"}, "http"),
        ("azure", {**AZURE, "max_file_size": 0}, "max_file_size"),
    ],
)
async def test_options_that_make_no_sense(kind, config, said):
    site = instance({"docs": {"storage": kind, "config": config}})
    with pytest.raises((ConfigError, VitrinaError)) as caught:
        await site.invoke_startup()
    assert said in str(caught.value) and "sources.docs" in str(caught.value)
    assert SECRET not in str(caught.value) and "not base64" not in str(caught.value)
    site.close()


def test_where_credentials_come_from():
    assert parse_google({"bucket": "b"}).source == "environment"
    assert parse_google({"bucket": "b", "service_account": "/k.json"}).source == "file /k.json"
    assert parse_google({"bucket": "b", "service_account_key": "{}"}).source == "configuration"
    assert parse_azure(AZURE).source == "environment"
    options = parse_azure({**AZURE, "account_key": SECRET, "prefix": "x"})
    assert (options.source, options.prefix) == ("configuration", "x/") and SECRET not in repr(options)
