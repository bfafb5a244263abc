"""Requests made up from the OpenAPI document: nothing fails, and every status is in the document."""

from __future__ import annotations

import sqlite3
import warnings

import pytest
from fleet import SCHEMA
from hypothesis import HealthCheck, Phase, settings

from vitrina.facade.datasette import Datasette

schemathesis = pytest.importorskip("schemathesis", reason="the test extra has schemathesis")

EXAMPLES = 2
READER = {"databases": {"fleet": {"allow_sql": False, "tables": {"ships": {"allow": False}}}}}


async def call_all(instance, actor):
    """Send a few requests of each operation; the failures as texts, and how many were sent."""
    found = (await instance.client.get("/-/openapi.json", actor=actor)).json()
    found["servers"] = [{"url": "http://localhost"}]
    schema = schemathesis.openapi.from_dict(found)
    failures, cases = [], []
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @_given(operation)
        def collect(case):
            cases.append(case)

        collect()
    for case in cases:
        arguments = case.as_transport_kwargs(base_url="http://localhost")
        arguments.pop("cookies", None)
        headers = {name: str(value) for name, value in dict(arguments.pop("headers", None) or {}).items()}
        headers.pop("Authorization", None)
        url, method = arguments.pop("url"), arguments.pop("method")
        sent = {key: arguments[key] for key in ("params", "json", "data", "content") if arguments.get(key) is not None}
        if isinstance(sent.get("data"), (bytes, str)):
            sent["content"] = sent.pop("data")
        response = await instance.client.request(method, url, headers=headers, actor=actor, **sent)
        statuses = case.operation.definition.raw["responses"]
        if str(response.status_code) not in statuses:
            failures.append(f"{method} {url} {sent}: {response.status_code} {response.text[:200]}")
    return failures, len(cases)


def _given(operation):
    from hypothesis import given

    return given(case=operation.as_strategy())


@pytest.fixture
async def instance(tmp_path):
    opened = []

    def make(config):
        path = tmp_path / "fleet.db"
        conn = sqlite3.connect(path)
        conn.executescript(SCHEMA)
        conn.close()
        made = Datasette(files=[str(path)], config=config, secret="a-test-secret")
        opened.append(made)
        return made

    yield make
    for each in opened:
        await each.invoke_shutdown()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("config", "actor"), [({}, {"id": "root"}), (READER, {"id": "reader"})], ids=["root", "reader"]
)
async def test_no_failure_and_no_undocumented_status(instance, config, actor):
    opened = instance(config)
    opened.root_enabled = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        failures, sent = await call_all(opened, actor)
    assert sent > 40
    assert failures == []
