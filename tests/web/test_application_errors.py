"""What the application makes of errors."""

import pytest
from small_application import HTML, JSON, TEXT, fetch

from vitrina.engine.protocols import CatalogChanged
from vitrina.errors import (
    BadRequest,
    EngineError,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    Unavailable,
)
from vitrina.http.ports import Ports

# -- errors


@pytest.mark.parametrize(
    ("failure", "status", "message"),
    [
        (BadRequest("Invalid _size"), 400, "Invalid _size"),
        (NotFound("Table not found"), 404, "Table not found"),
        (EngineError("disk I/O error"), 500, "disk I/O error"),
        (ValueError("boom <b>"), 500, "boom <b>"),
    ],
)
def test_errors_follow_the_extension(make, site, failure, status, message):
    site.failures = {"t": failure}
    client = make()
    answer = {"ok": False, "error": message, "errors": [message], "status": status}
    as_json, as_csv, as_html = (fetch(client, f"/db/t{extension}") for extension in (".json", ".csv", ""))
    assert (as_json.status_code, as_json.headers["content-type"], as_json.json()) == (status, JSON, answer)
    assert (as_csv.status_code, as_csv.headers["content-type"], as_csv.text) == (status, TEXT, message)
    assert (as_html.status_code, as_html.headers["content-type"]) == (status, HTML)
    assert message.replace("<b>", "&lt;b&gt;") in as_html.text
    assert "Traceback" not in as_html.text
    assert fetch(client, "/db/t/-/insert", "POST").json() == answer


def test_extra_keys_headers_and_hint(make, site):
    site.failures = {"t": BadRequest(["a", "b"], extra={"rows": []}, headers={"X-A": "1"}, hint="Do this")}
    response = fetch(make(), "/db/t.json")
    assert response.json() == {"ok": False, "error": "a; b", "errors": ["a", "b"], "status": 400, "rows": []}
    assert response.headers["x-a"] == "1"


def test_unexpected_errors_are_logged_with_their_traceback(make, site, caplog):
    site.failures = {"t": ValueError("boom")}
    fetch(make(), "/db/t.json")
    assert "Traceback" in caplog.text and "GET /db/t.json failed" in caplog.text


@pytest.mark.parametrize(
    ("path", "headers", "content_type"),
    [
        ("/db/t.json", {}, JSON),
        ("/db/t", {"Accept": "text/html, application/json"}, JSON),
        ("/db/t", {"Content-Type": "application/json"}, JSON),
        ("/db/t", {}, HTML),
        ("/db/t.csv", {}, HTML),
    ],
)
def test_forbidden(make, site, path, headers, content_type):
    site.failures = {"t": Forbidden("view-table")}
    response = fetch(make(), path, headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (403, content_type)
    assert "view-table" in response.text


@pytest.mark.parametrize("path", ["/db/t", "/assets/hello.txt", "/nope/a/b/c"])
def test_invalid_tokens_are_told_in_json_everywhere(make, path):
    response = fetch(make(), path, headers={"Authorization": "Bearer bad"})
    assert (response.status_code, response.headers["content-type"]) == (401, JSON)
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert response.json()["error"] == "Token has expired"
    assert response.headers["cache-control"] == "private, no-store"


def test_unavailable_says_when_to_come_back(make, site):
    site.failures = {"t": Unavailable("database is locked")}
    response = fetch(make(), "/db/t.json")
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")


def test_method_not_allowed_raised_by_a_handler(make, site):
    site.failures = {"t": MethodNotAllowed("")}
    assert fetch(make(), "/db/t").text == "Method not allowed"


def test_an_error_page_that_fails(make, site):
    async def render_error(request, status, context):
        raise KeyError("template")

    site.failures = {"t": NotFound("Table not found")}
    response = fetch(make(ports=Ports(render_error=render_error)), "/db/t")
    assert response.status_code == 404
    assert "Table not found" in response.text


def test_a_body_over_the_limit(make):
    client = make(max_post_body_bytes=10)
    response = fetch(client, "/-/echo", "POST", content=b"x" * 11)
    assert response.status_code == 413
    assert "Request body exceeded maximum size of 10 bytes" in response.text
    assert fetch(client, "/-/echo", "POST", content=b"x" * 10).text == "10"


def test_the_handler_runs_again_when_the_schema_changed(make, site):
    class Once(dict):
        def get(self, key, default=None):
            return CatalogChanged() if site.calls < 3 else None

    site.failures = Once()
    assert fetch(make(), "/db/t.json").status_code == 200
    assert site.calls == 3
    site.failures = {"t": CatalogChanged("changing all the time")}
    response = fetch(make(), "/db/t.json")
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json()["error"] == "The tables of the database are changing too fast"
    response = fetch(make(), "/db/t", headers={"content-type": "application/json"})
    assert (response.status_code, response.json()["ok"]) == (503, False)
