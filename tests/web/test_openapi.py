"""The OpenAPI document: valid, complete, made for who asks, and true to the code that reads bodies."""

from __future__ import annotations

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from vitrina.plan import alter, create, row_change, rows, stored_query
from vitrina.web.openapi import bodies
from vitrina.web.openapi.document import methods_of, paths_of
from vitrina.web.openapi.operations import OPERATIONS
from vitrina.web.routes import built_in_routes
from vitrina.web.write import column_type


async def document(instance, actor=None):
    response = await instance.client.get("/-/openapi.json", actor=actor)
    assert response.status_code == 200
    return response.json()


@pytest.fixture
def as_root(open_fleet):
    instance = open_fleet()
    instance.root_enabled = True
    return instance


@pytest.mark.parametrize("actor", [None, {"id": "root"}])
async def test_is_valid(as_root, actor):
    OpenAPIV31SpecValidator(await document(as_root, actor)).validate()


def test_every_route_is_described():
    assert {route.name for route in built_in_routes()} == set(OPERATIONS)


async def test_root_finds_every_route(as_root):
    paths = (await document(as_root, {"id": "root"}))["paths"]
    queries = bool(as_root.site.store.snapshot.queries)
    for route in built_in_routes():
        if "{query}" in route.pattern and not queries:
            continue
        for path, _ in paths_of(route, OPERATIONS[route.name]):
            assert set(methods_of(route, OPERATIONS[route.name])) <= set(paths[path]), route.name


async def test_anonymous_is_not_told_of_writes(fleet):
    paths = (await document(fleet))["paths"]
    assert "/{database}/{table}.json" in paths
    for path in ("/{database}/{table}/-/insert", "/{database}/-/create", "/{database}/{table}/-/drop", "/-/threads"):
        assert path not in paths


async def test_names_are_those_that_the_actor_may_see(fleet):
    variables = (await document(fleet))["paths"]["/{database}/{table}.json"]["parameters"]
    tables = next(each["schema"]["enum"] for each in variables if each["name"] == "table")
    listed = (await fleet.client.get("/fleet.json")).json()
    assert set(tables) == {each["name"] for each in [*listed["tables"], *listed["views"]]}


@pytest.mark.parametrize(
    ("schema", "keys"),
    [
        (bodies.insert_rows(100), rows._KEYS),
        (bodies.upsert_rows(100), rows._KEYS - {"ignore", "replace"}),
        (bodies.create_table(), create._KEYS),
        (bodies.create_table()["properties"]["columns"]["items"], set(create._COLUMN_KEYS)),
        (bodies.update_row(), set(row_change._UPDATE_KEYS)),
        (bodies.set_column_type(), column_type._KEYS),
        (bodies.stored_query(new=False), stored_query._SETTABLE),
        (bodies.stored_query(new=True), stored_query._SETTABLE | {"name"}),
    ],
)
def test_bodies_have_the_keys_that_are_read(schema, keys):
    assert set(schema["properties"]) == set(keys)


def test_alter_operations_have_the_keys_that_are_read():
    described = {name: set(schema["properties"]) for name, schema in bodies.alter_operations().items()}
    assert described == {name: set(known.keys) for name, known in alter._OPERATIONS.items()}


@pytest.mark.parametrize("old", ["/-", "/:memory:", "/fl%65et%2ex"])
async def test_names_written_in_an_old_way_are_documented(fleet, old):
    answer = await fleet.client.get(old)
    assert answer.status_code in (301, 302)
    paths = (await fleet.client.get("/-/openapi.json")).json()["paths"]
    assert str(answer.status_code) in paths["/{database}"]["get"]["responses"]
