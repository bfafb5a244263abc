"""Permissions of a running server: compiled per actor, plugins asked once, everything in one hop."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from vitrina.access.actions import Action, ActionRegistry
from vitrina.access.permission_sql import PermissionSQL
from vitrina.access.resources import Resource
from vitrina.catalog.model import DatabaseCatalog, Table
from vitrina.catalog.stored import StoredQuery, StoreSnapshot
from vitrina.errors import Forbidden, PluginError
from vitrina.execute.decisions import begin_request
from vitrina.execute.permission_plugins import PermissionPlugins
from vitrina.execute.permissions import Permissions, skip_permissions
from vitrina.execute.resource_list import ResourceLists
from vitrina.hooks.manager import Hooks
from vitrina.hooks.markers import hookimpl

X = {"id": "x"}


def table(name, source=None, kind="table"):
    return Table(name, kind, None, 2, (), (), source_table=source)


class Served:
    """A served database with fixed tables; ``ready`` counts how often it was looked at."""

    def __init__(self, name, tables, views=(), known=True):
        self.found = DatabaseCatalog(
            name, 1, 1, {each.name: each for each in tables}, {each.name: each for each in views}
        )
        self.catalog = self.found if known else None
        self.looks = 0

    async def ready(self):
        self.looks += 1
        self.catalog = self.found
        return self.found


class Internal:
    """An internal database in memory that counts hops."""

    def __init__(self):
        self.conn = sqlite3.connect(":memory:")
        self.conn.row_factory = sqlite3.Row
        self.generation = 1
        self.hops = 0

    async def foreign_read(self, fn):
        self.hops += 1
        return fn(self.conn)


class Store:
    def __init__(self, *queries):
        self.publish(*queries)

    def publish(self, *queries):
        by_database = {}
        for query in queries:
            by_database.setdefault(query.database, {})[query.name] = query
        self.snapshot = StoreSnapshot(queries=by_database)


def databases():
    return {
        "one": Served(
            "one", [table("notes"), table("notes_fts", "notes"), table("orphan", "")], [table("v", kind="view")]
        ),
        "two": Served("two", [table("notes")]),
    }


def open_permissions(config=None, *, plugin=None, internal=None, store=None, served=None, **options):
    hooks = Hooks()
    if plugin is not None:
        hooks.pm.register(plugin, name="test-plugin")
    plugins = PermissionPlugins(hooks, internal or Internal(), lambda: "facade")
    return Permissions(
        raw_config=config or {},
        databases=served if served is not None else databases(),
        store=store or Store(),
        plugins=plugins,
        **options,
    )


async def test_allowed_private_and_children():
    permissions = open_permissions({"databases": {"one": {"tables": {"notes": {"allow": X}}}}})
    access = await permissions.load(X, ("view-table", "insert-row"))
    assert access.allowed("view-table", "one", "notes")
    assert access.private("view-table", "one", "notes")
    assert not access.private("view-table", "two", "notes")
    assert not access.allowed("insert-row", "one", "notes")
    names = ["notes", "notes_fts", "orphan", "v"]
    assert access.children("view-table", "one", names) == ["notes", "notes_fts", "v"]
    anonymous = await permissions.load(None, ("view-table",))
    assert anonymous.children("view-table", "one", names) == ["v"]
    assert not anonymous.private("view-table", "one", "notes")
    assert await permissions.visibility(X, "view-table", "one", "notes") == (True, True)
    assert await permissions.visibility(None, "view-table", "one", "notes") == (False, False)


async def test_ensure_raises_the_name_of_the_action():
    permissions = open_permissions()
    await permissions.ensure(None, "view-table", "one", "notes")
    with pytest.raises(Forbidden) as refused:
        await permissions.ensure(None, "insert-row", "one", "notes")
    assert refused.value.message == "insert-row"
    with pytest.raises(ValueError, match="Unknown action: nope"):
        await permissions.allowed(None, "nope")


async def test_a_database_that_was_never_looked_at_is_looked_at_before_a_single_check():
    served = {"one": Served("one", [table("shadow", "")], known=False)}
    permissions = open_permissions(served=served)
    # without a look nothing is known about its tables, so nothing is shown
    access = await permissions.load(None, ("view-table",))
    assert not access.allowed("view-table", "one", "other")
    assert await permissions.allowed(None, "view-table", "one", "other")
    assert not await permissions.allowed(None, "view-table", "one", "shadow")
    assert served["one"].looks == 1


async def test_decisions_follow_stored_queries_and_root():
    store = Store()
    permissions = open_permissions(store=store)
    assert not await permissions.allowed(X, "view-query", "one", "q")
    store.publish(StoredQuery("one", "q", "select 1", is_private=True, owner_id="x"))
    assert await permissions.allowed(X, "view-query", "one", "q")
    assert not await permissions.allowed(None, "view-query", "one", "q")
    root = {"id": "root"}
    assert not await permissions.allowed(root, "drop-table", "one", "notes")
    permissions.decisions.root_enabled = True
    assert await permissions.allowed(root, "drop-table", "one", "notes")


async def test_recent_checks_are_remembered_up_to_a_limit():
    permissions = open_permissions()
    for _ in range(300):
        await permissions.allowed(X, "view-database", "one")
    assert len(permissions.checks) == 200
    check = permissions.checks[-1]
    assert (check.actor, check.action, check.parent, check.child, check.allowed) == (
        X,
        "view-database",
        "one",
        None,
        True,
    )


async def test_actors_that_are_not_json_are_decided_too():
    permissions = open_permissions({"allow": {"id": "x"}})
    odd = {"id": "x", "extra": object()}
    assert await permissions.allowed(odd, "view-instance")
    assert not await permissions.allowed({"extra": object()}, "view-instance")


async def test_skipped_checks_allow_everything_in_this_task_only():
    permissions = open_permissions({"allow": False})

    async def outside():
        return await permissions.allowed(None, "view-instance")

    with skip_permissions():
        access = await permissions.load(None, ("insert-row",))
        assert access.allowed("insert-row", "one", "notes")
        assert access.children("insert-row", "one", ["a"]) == ["a"]
        assert await permissions.allowed(None, "view-instance")
    assert not await outside()


class Plugin:
    """Allows drop-table on what the internal database lists, and keeps view-table to one database."""

    def __init__(self):
        self.asked = []

    @hookimpl
    def permission_resources_sql(self, datasette, actor, action):
        self.asked.append((datasette, actor, action))
        if action == "drop-table":

            async def rules():
                return [
                    PermissionSQL(
                        "select 'one' as parent, 'notes' as child, :yes as allow,"
                        " :action || ' for ' || :actor_id as reason"
                        " where json_extract(:actor, '$.id') = 'x'",
                        {"yes": 1},
                    )
                ]

            return rules
        if action == "view-table":
            return PermissionSQL(restriction_sql="select 'two' as parent, null as child", source="fence")
        return None


async def test_plugins_rules_and_restrictions_count():
    plugin, internal = Plugin(), Internal()
    permissions = open_permissions(plugin=plugin, internal=internal)
    assert await permissions.allowed(X, "drop-table", "one", "NOTES")
    assert not await permissions.allowed(X, "drop-table", "two", "notes")
    assert not await permissions.allowed(None, "drop-table", "one", "notes")
    assert not await permissions.allowed(X, "view-table", "one", "notes")
    assert await permissions.allowed(X, "view-table", "two", "notes")
    explanation = await permissions.explain(X, "drop-table", "one", "notes")
    assert explanation["matched_rules"][0]["source"] == "test-plugin"
    assert explanation["matched_rules"][0]["reason"] == "drop-table for x"
    assert [each["source"] for each in (await permissions.explain(X, "view-table", "one", "v"))["restrictions"]] == [
        "fence"
    ]
    assert {asked[0] for asked in plugin.asked} == {"facade"}


async def test_plugins_are_asked_once_a_request_and_in_one_hop():
    plugin, internal = Plugin(), Internal()
    permissions = open_permissions(plugin=plugin, internal=internal)

    async def request():
        begin_request()
        await permissions.load(X, ("view-table", "drop-table", "execute-sql"))
        await permissions.load(X, ("view-table", "view-instance"))
        await permissions.allowed(X, "view-database", "one")

    await asyncio.create_task(request())
    assert internal.hops == 1
    # each action once for the actor and once for the anonymous, whom "private" compares with
    assert len(plugin.asked) == len({(str(actor), action) for _, actor, action in plugin.asked})
    await asyncio.create_task(request())
    assert internal.hops == 2


async def test_what_plugins_said_is_forgotten_when_the_internal_database_changes():
    plugin, internal = Plugin(), Internal()
    permissions = open_permissions(plugin=plugin, internal=internal)

    async def request():
        begin_request()
        await permissions.allowed(X, "drop-table", "one", "notes")
        internal.generation += 1
        await permissions.allowed(X, "drop-table", "one", "notes")

    await asyncio.create_task(request())
    assert internal.hops == 2


class Broken:
    @hookimpl
    def permission_resources_sql(self, datasette, actor, action):
        return PermissionSQL("select nonsense")


async def test_broken_sql_names_the_plugin():
    permissions = open_permissions(plugin=Broken())
    with pytest.raises(PluginError, match="test-plugin for view-instance"):
        await permissions.allowed(None, "view-instance")


async def test_rules_are_listed_allowances_first():
    permissions = open_permissions({"databases": {"one": {"allow": X, "tables": {"t": {"allow": False}}}}})
    rules = await permissions.rules(X, "view-table")
    assert [(rule.parent, rule.child, rule.allow) for rule in rules] == [
        (None, None, True),
        ("one", None, True),
        *[("one", f"sqlite_stat{n}", False) for n in (1, 2, 3, 4)],
        ("one", "t", False),
        *[("two", f"sqlite_stat{n}", False) for n in (1, 2, 3, 4)],
    ]


class Note(Resource):
    name = "note"

    @classmethod
    async def resources_sql(cls, datasette, actor=None):
        return "select 'n' || value as parent, null as child from json_each('[1, 2, 3]')"


async def test_lists_of_resources():
    internal = Internal()
    store = Store(StoredQuery("two", "q", "select 1"))
    actions = ActionRegistry()
    actions.register(Action("read-note", resource_class=Note))
    config = {"permissions": {"read-note": X}, "databases": {"one": {"tables": {"v": {"allow": X}}}}}
    permissions = open_permissions(config, internal=internal, store=store, actions=actions)
    lists = ResourceLists(permissions, store, internal, lambda: None)
    found = await lists.allowed("view-table", X, with_private=True, with_reasons=True)
    assert [(each.parent, each.child, each.private) for each in found] == [
        ("one", "notes", False),
        ("one", "notes_fts", False),
        ("one", "v", True),
        ("two", "notes", False),
    ]
    assert found[2].reasons == ("datasette.default_permissions: config allow allow for view-table on one/v",)
    assert [each.child for each in await lists.allowed("view-query", None)] == ["q"]
    assert [each.parent for each in await lists.allowed("view-database", None)] == ["one", "two"]
    assert await lists.allowed("view-instance", None) == []
    assert [each.parent for each in await lists.allowed("read-note", X)] == ["n1", "n2", "n3"]
    assert await lists.allowed("read-note", None) == []

    first = await lists.page("view-table", X, limit=3, include_is_private=True)
    second = await lists.page("view-table", X, limit=3, next=first.next)
    assert [(each.parent, each.child) for each in first.resources] == [
        ("one", "notes"),
        ("one", "notes_fts"),
        ("one", "v"),
    ]
    assert first.resources[2].private is True
    assert [(each.parent, each.child) for each in second.resources] == [("two", "notes")]
    assert second.next is None
    with pytest.raises(AttributeError):
        _ = second.resources[0].private

    sql, params = await lists.sql("view-table", X, parent="one", include_is_private=True)
    rows = internal.conn.execute(sql, params).fetchall()
    assert [(*tuple(row)[:2], row["is_private"]) for row in rows] == [
        ("one", "notes", 0),
        ("one", "notes_fts", 0),
        ("one", "v", 1),
    ]
