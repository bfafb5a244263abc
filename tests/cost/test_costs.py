"""What pages cost, exactly: the promises of the architecture as assertions."""

import asyncio

import pytest

from cost.meter import Meter, make_library
from vitrina.facade.datasette import Datasette

JSON = "/library/books.json"


async def ask(app, path, headers=()):
    """One request as the server makes it, without a client's own calls; the status."""
    path, _, query = path.partition("?")
    statuses = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost"), *headers],
        "http_version": "1.1",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)
    return statuses[0]


@pytest.fixture
def measure(tmp_path, monkeypatch):
    """Measures one request after others have warmed the instance up: connections, catalog, templates."""
    meter = Meter(monkeypatch)
    path = make_library(tmp_path / "library.db")

    async def run(path_asked, *, warm=(), immutable=False, headers=(), settings=None):
        files = {"immutables": [path]} if immutable else {"files": [path]}
        instance = Datasette(**files, settings={"num_sql_threads": 1, **(settings or {})})
        try:
            app = instance.app()
            for before in ("/library/authors.json", "/library/authors", *warm):
                assert await ask(app, before) == 200
            with meter.measure() as cost:
                status = await ask(app, path_asked, headers)
            assert status == 200
            return cost
        finally:
            await instance.invoke_shutdown()

    return lambda *args, **kwargs: asyncio.run(run(*args, **kwargs))


def selects(cost):
    return [sql for sql in cost.statements if sql.lower().startswith("select")]


def test_json_page_costs_one_hop_and_one_select(measure):
    cost = measure(JSON)
    assert cost.hops == 1
    assert len(selects(cost)) == 1
    # the other statement is the look at the file's version counter
    assert [sql.lower() for sql in cost.statements if sql not in selects(cost)] == ["pragma data_version"]
    assert cost.calls <= 500
    assert not cost.on_loop


def test_kept_answer_costs_one_look(measure):
    cost = measure(JSON, warm=[JSON])
    assert cost.hops == 1
    assert [sql.lower() for sql in cost.statements] == ["pragma data_version"]
    assert cost.calls <= 200


def test_kept_answer_of_an_immutable_file_costs_nothing(measure):
    cost = measure(JSON, warm=[JSON, JSON], immutable=True)
    assert cost.hops == 0
    assert cost.statements == []
    assert cost.calls <= 40


def test_html_page_costs_one_hop(measure):
    cost = measure("/library/books?_facet=bound")
    assert cost.hops == 1
    # rows, count, the facet, labels of two foreign keys, and suggestions: columns, dates, arrays
    assert len(selects(cost)) == 8
    assert not cost.on_loop


def test_row_pages_cost_one_hop(measure):
    assert measure("/library/books/7.json").hops == 1
    page = measure("/library/authors/7")
    assert page.hops == 1
    assert len(selects(page)) == 2
    assert not page.on_loop


@pytest.mark.parametrize("path", ["/", "/library", "/.json", "/library.json"])
def test_lists_cost_one_hop(measure, path):
    cost = measure(path)
    assert cost.hops == 1
    assert not cost.on_loop


def test_query_costs_one_hop_and_one_select(measure):
    cost = measure("/library/-/query.json?sql=select+count(*)+from+books")
    assert cost.hops == 1
    assert len(selects(cost)) == 1
    assert not cost.on_loop


def test_health_costs_nothing(measure):
    cost = measure("/-/healthz")
    assert (cost.hops, cost.statements) == (0, [])


def test_a_token_costs_no_hop(measure):
    def with_token():
        return [(b"authorization", b"Bearer not-a-token-of-ours")]

    plain, named = measure(JSON), measure(JSON, headers=with_token())
    assert named.hops == plain.hops
    assert named.statements == plain.statements
