"""What a plugin that raises, or returns what its hook cannot use, does: hook by hook, for all hooks."""

import asyncio
import re
import sqlite3

import pytest

from vitrina.errors import PluginError
from vitrina.hooks.blame import IGNORE, blamed
from vitrina.hooks.events import LogoutEvent
from vitrina.hooks.manager import HOOK_NAMES
from vitrina.hooks.markers import hookimpl

PLUGIN = "test-plugin-0"
CONFIG = {
    "databases": {
        "shop": {
            "allow_sql": True,
            "queries": {"all": "select 1 as a", "magic": "select :_odd_key as x"},
            "tables": {"bills": {"allow": {"id": "keeper"}}},
        }
    }
}
TEXT, NUMBER, NAMES, NOTHING_IN_IT, OBJECT = "some text", 5, ["a"], [None], {"a": 1}
ANYTHING = (TEXT, NUMBER, NAMES, NOTHING_IN_IT, OBJECT)
NOT_TEXT = (NUMBER, NAMES, OBJECT, False)
NOT_A_LIST = (TEXT, NUMBER, NAMES, NOTHING_IN_IT, OBJECT)


class COROUTINE:
    """Stands for a coroutine where the hook is not awaited."""


async def late():
    return []


async def actors(ds):
    await ds.actors_from_ids(["1"])


async def happen(ds):
    await ds.track_event(LogoutEvent(actor=None))


async def change(ds):
    await ds.get_database("shop").execute_write("update goods set name = name")


async def stop(ds):
    await ds.invoke_shutdown()


async def command(ds):
    pytest.skip("asked by the command line: tests/cli/test_plugin_faults_at_start.py")


#: hook → (the page or call that asks it, whether it is asked at the start, what it cannot use)
HOOKS = {
    "startup": ("/", True, ()),
    "shutdown": (stop, False, ()),
    "asgi_wrapper": ("/", True, (*ANYTHING, COROUTINE)),
    "prepare_connection": ("/shop/-/query?sql=select+1", False, ()),
    "write_wrapper": (change, False, (*ANYTHING, COROUTINE)),
    "prepare_jinja2_environment": ("/", True, ()),
    "jinja2_environment_from_request": ("/", False, (*ANYTHING, COROUTINE)),
    "extra_css_urls": ("/shop/goods", False, (NUMBER, [5], OBJECT)),
    "extra_js_urls": ("/shop/goods", False, (NUMBER, [5], OBJECT)),
    "extra_body_script": ("/shop/goods", False, (NUMBER, NAMES, OBJECT)),
    "extra_template_vars": ("/shop/goods", False, (TEXT, NUMBER, NAMES)),
    "publish_subcommand": (command, False, ()),
    "render_cell": ("/shop/goods", False, ()),
    "register_output_renderer": ("/shop/goods", False, (*ANYTHING, COROUTINE)),
    "register_facet_classes": ("/shop/goods", False, (*NOT_A_LIST, COROUTINE)),
    "register_column_types": ("/", True, NOT_A_LIST),
    "register_actions": ("/", True, NOT_A_LIST),
    "register_routes": ("/", True, (*NOT_A_LIST, [("(", late)], COROUTINE)),
    "register_commands": (command, False, ()),
    "actor_from_request": ("/", False, (TEXT, NUMBER, NAMES)),
    "actors_from_ids": (actors, False, (TEXT, NUMBER, NAMES)),
    "filters_from_request": ("/shop/goods", False, ANYTHING),
    "permission_resources_sql": ("/shop/goods", False, (TEXT, NUMBER, NAMES, OBJECT)),
    "register_token_handler": ("/", True, ANYTHING),
    "register_magic_parameters": ("/shop/magic", False, NOT_A_LIST),
    "forbidden": ("/shop/bills", False, ANYTHING),
    "menu_links": ("/", False, NOT_A_LIST),
    "jump_items_sql": ("/-/jump.json", False, (TEXT, NUMBER, NAMES, OBJECT)),
    "row_actions": ("/shop/goods/1", False, NOT_A_LIST),
    "table_actions": ("/shop/goods", False, NOT_A_LIST),
    "view_actions": ("/shop/cheap", False, NOT_A_LIST),
    "query_actions": ("/shop/all", False, NOT_A_LIST),
    "database_actions": ("/shop", False, NOT_A_LIST),
    "homepage_actions": ("/", False, NOT_A_LIST),
    "handle_exception": ("/nothing/here", False, ANYTHING),
    "track_event": (happen, False, ()),
    "register_events": ("/", True, NOT_A_LIST),
    "top_homepage": ("/", False, NOT_TEXT),
    "top_database": ("/shop", False, NOT_TEXT),
    "top_table": ("/shop/goods", False, NOT_TEXT),
    "top_row": ("/shop/goods/1", False, NOT_TEXT),
    "top_query": ("/shop/-/query?sql=select+1", False, NOT_TEXT),
    "top_stored_query": ("/shop/all", False, NOT_TEXT),
}


def plugin_with(hook, function):
    class Plugin:
        pass

    Plugin.implementation = staticmethod(hookimpl(specname=hook)(function))
    return Plugin()


def raising():
    raise ValueError("a fault of its own")


@pytest.fixture
def shop(with_plugin):
    def make(hook, function):
        return with_plugin(plugin_with(hook, function), config=CONFIG)

    return make


async def test_every_hook_is_here():
    assert set(HOOKS) == set(HOOK_NAMES)


async def fault_of(ds, how, caplog):
    """What is said of the plugin where it belongs: the log and the page for a request, else the error's own words."""
    if isinstance(how, str):
        answer = await ds.client.get(how)
        assert answer.status_code == 500, answer.text
        assert "Traceback" not in answer.text and "File &#34;" not in answer.text
        return caplog.text
    try:
        await how(ds)
    except (ValueError, PluginError) as error:
        return f"{error} {blamed(error)}"
    return caplog.text


def view(path):
    with sqlite3.connect(path) as conn:
        conn.execute("create view if not exists cheap as select * from goods")


@pytest.mark.parametrize("hook", HOOKS)
async def test_a_hook_that_raises_is_named_and_harms_nobody_else(hook, shop, caplog, tmp_path):
    how, at_start, _ = HOOKS[hook]
    ds = shop(hook, raising)
    view(tmp_path / "shop.db")
    if at_start:
        with pytest.raises(ValueError, match="a fault of its own") as caught:
            await ds.client.get(how)
        assert blamed(caught.value) == f"Raised by the plugin {PLUGIN} in the hook {hook}"
        return
    said = await fault_of(ds, how, caplog)
    assert PLUGIN in said and hook in said and "a fault of its own" in said
    assert (await ds.client.get("/-/healthz")).status_code == 200
    # Without an answer of these two nothing is shown to anybody.
    if hook not in ("actor_from_request", "permission_resources_sql") and how is not stop:
        assert (await ds.client.get("/-/versions.json")).status_code == 200


CASES = [(hook, value) for hook, (_, _, values) in HOOKS.items() for value in values]


def _id(hook, value):
    # An address is another one in each process of the test run.
    return re.sub(" at 0x[0-9a-f]+", "", f"{hook}-{value!r}")[:60]


@pytest.mark.parametrize(("hook", "value"), CASES, ids=[_id(*case) for case in CASES])
async def test_what_a_hook_cannot_use_is_refused_by_name(hook, value, shop, caplog, tmp_path):
    how, at_start, _ = HOOKS[hook]
    ds = shop(hook, late if value is COROUTINE else lambda: value)
    view(tmp_path / "shop.db")
    if at_start:
        with pytest.raises(PluginError) as caught:
            await ds.client.get(how)
        said = f"{caught.value} {blamed(caught.value)}"
    else:
        said = await fault_of(ds, how, caplog)
        assert (await ds.client.get("/-/healthz")).status_code == 200
    assert PLUGIN in said and hook in said


@pytest.mark.parametrize("hook", HOOKS)
async def test_none_is_a_good_answer_of_every_hook(hook, shop, tmp_path):
    how, _, _ = HOOKS[hook]
    ds = shop(hook, lambda: None)
    view(tmp_path / "shop.db")
    if isinstance(how, str):
        assert (await ds.client.get(how)).status_code in (200, 403, 404)
    else:
        await how(ds)


@pytest.mark.parametrize("hook", [hook for hook, (_, at_start, _) in HOOKS.items() if at_start])
@pytest.mark.parametrize("function", [raising, lambda: NUMBER], ids=["raises", "returns a number"])
async def test_the_server_starts_without_a_plugin_that_cannot(hook, function, shop, caplog, monkeypatch):
    monkeypatch.setenv(IGNORE, "1")
    ds = shop(hook, function)
    assert (await ds.client.get("/shop/goods.json")).status_code == 200
    if function is raising or HOOKS[hook][2]:
        assert f"The plugin {PLUGIN} cannot start and is left out (hook {hook})" in caplog.text


async def test_a_coroutine_that_nobody_awaits_any_more_is_ended(with_plugin, recwarn):
    class First:
        @hookimpl(tryfirst=True)
        def menu_links(self):
            raise ValueError("early")

    class Second:
        @hookimpl
        def menu_links(self):
            return late()

    ds = with_plugin(Second())
    ds.pm.register(First(), name="test-first")
    try:
        assert (await ds.client.get("/")).status_code == 500
    finally:
        ds.pm.unregister(name="test-first")
    await asyncio.sleep(0)
    assert not [each for each in recwarn if "never awaited" in str(each.message)]
