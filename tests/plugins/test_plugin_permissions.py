"""Permissions that plugins give by SQL, for resources of their own."""

import asyncio

import pytest

from vitrina.access.actions import Action
from vitrina.access.permission_sql import PermissionSQL
from vitrina.access.resources import Resource
from vitrina.hooks.markers import hookimpl


class _Note(Resource):
    name = "note"
    parent_class = None

    def __init__(self, database, number):
        super().__init__(parent=database, child=number)

    @classmethod
    async def resources_sql(cls, datasette, actor=None):
        return "select 'shop' as parent, id as child from notes"


class _Notes:
    @hookimpl
    def register_actions(self, datasette):
        return [
            Action(name="view-note", description="See a note", resource_class=_Note),
            Action(name="edit-note", description="Change it", resource_class=_Note, also_requires="view-note"),
        ]

    @hookimpl
    def permission_resources_sql(self, datasette, actor, action):
        if action in ("view-note", "edit-note"):
            return PermissionSQL(
                "select 'shop' as parent, id as child, 1 as allow, 'owner' as reason from notes where owner = :actor_id"
            )
        return None


def test_an_action_that_requires_another_one_on_the_same_resource(with_plugin):
    async def ask():
        instance = with_plugin(_Notes())
        await instance.invoke_startup()
        internal = instance.get_internal_database()
        await internal.execute_write("create table notes (id integer primary key, owner text)")
        await internal.execute_write("insert into notes (owner) values ('ann')")
        return [
            await instance.allowed(action=action, resource=_Note("shop", number), actor={"id": actor})
            for action in ("view-note", "edit-note")
            # A plugin may hand over its number as one.
            for number in ("1", 1)
            for actor in ("ann", "bob")
        ]

    assert asyncio.run(ask()) == [True, False] * 4


@pytest.mark.parametrize("path", ["/shop/goods", "/shop/goods.json", "/shop", "/shop.json", "/"])
@pytest.mark.asyncio
async def test_what_was_answered_without_checks_is_for_nobody_else(with_plugin, path):
    instance = with_plugin(config={"databases": {"shop": {"allow": {"id": "root"}}}})
    denied = await instance.client.get(path)
    for _ in range(2):
        seen = await instance.client.get(path, skip_permission_checks=True)
        assert seen.status_code == 200 and ("Tea" in seen.text or "shop" in seen.text)
        again = await instance.client.get(path)
        assert again.status_code == denied.status_code and again.text == denied.text
    assert (await instance.client.get("/shop/goods.json")).status_code == 403
