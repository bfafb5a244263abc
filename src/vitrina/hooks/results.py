"""What each hook can use of what plugins return; anything else is refused by the name of the plugin and the hook."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vitrina.errors import PluginError

Test = Callable[[Any], bool]


def refusal_of(hook: str, plugin: str, value: Any) -> PluginError | None:
    """The error for a value that the hook cannot use, None for one that it can."""
    expected = _EXPECTED.get(hook)
    if expected is None:
        return None
    test, words = expected
    if test(value):
        return None
    return PluginError(f"The plugin {plugin} returned {_shown(value)} from the hook {hook}, not {words}")


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)) and value:
        inner = sorted({type(each).__name__ for each in value})
        return f"{type(value).__name__} of {', '.join(inner)}"
    return type(value).__name__


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _has(*names: str) -> Test:
    return lambda value: all(hasattr(value, name) for name in names)


def _many(test: Test, *, none: bool = False) -> Test:
    """One of them, a list of them, or nothing; ``none``: the list may hold None."""

    def all_of(value: Any) -> bool:
        if not value:
            return True
        items = value if _is_sequence(value) else (value,)
        return all(test(item) or (none and item is None) for item in items)

    return all_of


def _list(test: Test) -> Test:
    """A list or another collection of them, or nothing."""
    return lambda value: not value or (_is_collection(value) and all(map(test, value)))


def _is_collection(value: Any) -> bool:
    return _is_sequence(value) or isinstance(value, (set, frozenset))


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or hasattr(value, "__html__")


def _is_link(value: Any) -> bool:
    # Templates read attributes as they read keys.
    return isinstance(value, Mapping) or (hasattr(value, "href") and hasattr(value, "label"))


def _is_asset(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, Mapping) and isinstance(value.get("url"), str))


def _is_script(value: Any) -> bool:
    return isinstance(value.get("script"), str) if isinstance(value, Mapping) else not value or _is_text(value)


def _is_pair(value: Any) -> bool:
    return _is_sequence(value) and len(value) == 2 and isinstance(value[0], (str, re.Pattern)) and callable(value[1])


def _is_renderer(value: Any) -> bool:
    if not isinstance(value, Mapping) or not isinstance(value.get("extension"), str):
        return False
    return callable(value.get("render") or value.get("callback"))


def _is_class_with(name: str) -> Test:
    return lambda value: isinstance(value, type) and hasattr(value, name)


def _is_kind(name: str) -> Test:
    # Some are made by functions, or are objects already.
    return lambda value: hasattr(value, name) and isinstance(getattr(value, name), str)


_ACTIONS = (_list(_is_mapping), "a list of objects")
_SLOT = (_is_text, "text")
_ANSWER = (_has("asgi_send"), "a response")
_ASSETS = (_many(_is_asset), "a list of addresses, or of objects with a url")

#: hook → (test, what it expects); hooks whose results are ignored, or shown whatever they are, are not here
_EXPECTED: dict[str, tuple[Test, str]] = {
    "asgi_wrapper": (callable, "a function"),
    "write_wrapper": (callable, "a function"),
    "jinja2_environment_from_request": (_has("get_template", "select_template"), "a template environment"),
    "extra_css_urls": _ASSETS,
    "extra_js_urls": _ASSETS,
    "extra_body_script": (_is_script, "text or an object with a script"),
    "extra_template_vars": (_is_mapping, "an object"),
    "register_output_renderer": (_many(_is_renderer), "an object with extension and render, or a list of them"),
    "register_facet_classes": (_list(_is_class_with("type")), "a list of facet classes"),
    "register_column_types": (_list(_is_kind("name")), "a list of column types"),
    "register_actions": (_list(_is_kind("name")), "a list of actions"),
    "register_events": (_list(_is_class_with("name")), "a list of event classes"),
    "register_routes": (_list(_is_pair), "a list of pairs of a regular expression and a function"),
    "register_token_handler": (_many(_has("create_token", "verify_token")), "a token handler or a list of them"),
    "register_magic_parameters": (_list(_is_pair), "a list of pairs of a prefix and a function"),
    "actor_from_request": (lambda value: not value or _is_mapping(value), "an object"),
    "actors_from_ids": (lambda value: not value or _is_mapping(value), "an object"),
    "filters_from_request": (lambda value: not value or hasattr(value, "where_clauses"), "FilterArguments"),
    "permission_resources_sql": (
        _many(lambda value: hasattr(value, "sql") or callable(value), none=True),
        "PermissionSQL or a list of them",
    ),
    "jump_items_sql": (_many(_has("sql"), none=True), "JumpSQL or a list of them"),
    "forbidden": _ANSWER,
    "handle_exception": _ANSWER,
    "menu_links": (_list(_is_link), "a list of links"),
    "homepage_actions": _ACTIONS,
    "database_actions": _ACTIONS,
    "table_actions": _ACTIONS,
    "view_actions": _ACTIONS,
    "row_actions": _ACTIONS,
    "query_actions": _ACTIONS,
    "top_homepage": _SLOT,
    "top_database": _SLOT,
    "top_table": _SLOT,
    "top_row": _SLOT,
    "top_query": _SLOT,
    "top_stored_query": _SLOT,
}
