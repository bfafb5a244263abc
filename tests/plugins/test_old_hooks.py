"""Hooks and methods of earlier releases."""

import pytest

from vitrina.access.legacy import Permission
from vitrina.access.resources import TableResource
from vitrina.errors import Forbidden
from vitrina.facade import old_names
from vitrina.hooks.markers import hookimpl


class Denies:
    @hookimpl
    def permission_allowed(self, actor, action, resource):
        async def inner():
            if action == "view-table" and resource == ("shop", "bills"):
                return False
            if action == "insert-row" and resource == ("shop", "goods"):
                return True

        return inner


async def test_a_denial_hides_one_table_everywhere(with_plugin):
    ds = with_plugin(Denies())
    assert (await ds.client.get("/shop/bills.json")).status_code == 403
    assert (await ds.client.get("/shop/goods.json")).status_code == 200
    page = (await ds.client.get("/shop.json")).json()
    assert [table["name"] for table in page["tables"]] == ["goods"]


async def test_an_allowance_counts_only_where_no_rule_denies(with_plugin):
    ds = with_plugin(Denies())
    await ds.invoke_startup()
    goods = TableResource("shop", "goods")
    assert await ds.allowed(action="insert-row", resource=goods, actor=None)
    assert not await ds.allowed(action="insert-row", resource=TableResource("shop", "bills"), actor=None)
    closed = with_plugin(config={"databases": {"shop": {"permissions": {"insert-row": False}}}})
    await closed.invoke_startup()
    assert not await closed.allowed(action="insert-row", resource=goods, actor=None)


class Registers:
    @hookimpl
    def register_permissions(self):
        return [
            Permission("polish", "po", "Polish goods", True, True, default=True),
            Permission("sell", None, "Sell goods", True, False, default=False),
        ]


async def test_old_permissions_are_actions_with_their_default(with_plugin):
    ds = with_plugin(Registers())
    await ds.invoke_startup()
    assert await ds.permission_allowed(None, "polish", ("shop", "goods"))
    assert not await ds.permission_allowed(None, "sell", "shop")
    assert ds.get_action("po").name == "polish"


class Queries:
    names = ("one",)

    @hookimpl
    def canned_queries(self, database):
        return {name: {"sql": f"select '{name}' as v"} for name in self.names}


async def test_old_queries_come_and_go(with_plugin):
    plugin = Queries()
    ds = with_plugin(plugin)
    assert (await ds.client.get("/shop/one.json?_shape=array")).json() == [{"v": "one"}]
    plugin.names = ("two",)
    assert (await ds.client.get("/shop/two.json?_shape=array")).json() == [{"v": "two"}]
    assert (await ds.client.get("/shop/one.json")).status_code == 404


async def test_old_methods_answer_and_are_logged(with_plugin, caplog, monkeypatch):
    monkeypatch.setattr(old_names, "_said", set())
    ds = with_plugin(metadata={"title": "Shop", "databases": {"shop": {"source": "us"}}})
    await ds.invoke_startup()
    assert ds.metadata("title", database="shop") == "Shop"
    assert ds.metadata("source", database="shop", table="goods") == "us"
    assert ds.metadata("title", database="shop", fallback=False) is None
    assert await ds.permission_allowed(None, "no-such-action", default=True)
    await ds.ensure_permissions(None, [("view-table", ("shop", "goods")), "view-instance"])
    with pytest.raises(Forbidden):
        await ds.ensure_permissions(None, ["permissions-debug"])
    assert "permission_allowed" in caplog.text and __name__ in caplog.text


class SkipsCheck:
    @hookimpl
    def skip_csrf(self, scope):
        return scope["path"] == "/hook"

    @hookimpl
    def register_routes(self):
        async def view(request):
            from vitrina.http.response import Response

            return Response.text("took it")

        return [("^/hook$", view), ("^/other$", view)]


async def test_origin_is_not_checked_where_the_plugin_says_so(with_plugin):
    ds = with_plugin(SkipsCheck())
    headers = {"origin": "https://elsewhere.example"}
    assert (await ds.client.post("/hook", headers=headers)).text == "took it"
    assert (await ds.client.post("/other", headers=headers)).status_code == 403


async def test_the_configuration_decides_about_actions_that_nobody_registered(with_plugin):
    blocks = {"stamp": {"id": "ada"}, "weigh": True}
    config = {"permissions": blocks, "databases": {"shop": {"permissions": {"weigh": False}}}}
    ds = with_plugin(config=config)
    await ds.invoke_startup()
    assert await ds.permission_allowed({"id": "ada"}, "stamp")
    assert not await ds.permission_allowed({"id": "bob"}, "stamp", default=True)
    assert await ds.permission_allowed(None, "weigh")
    assert not await ds.permission_allowed(None, "weigh", ("shop", "goods"))


async def test_metadata_of_a_table_in_one_object(with_plugin):
    tables = {"goods": {"title": "Goods", "sortable_columns": ["name"]}}
    ds = with_plugin(metadata={"databases": {"shop": {"tables": tables}}})
    await ds.invoke_startup()
    assert ds.table_metadata("shop", "goods") == {"title": "Goods", "sortable_columns": ["name"]}
    assert ds.table_metadata("shop", "bills") == {}
