"""Merging, validation and the move of old metadata keys."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrina.config.documents import parse_document
from vitrina.config.load import load_config
from vitrina.config.merge import assignments_tree, merge, parse_assignment
from vitrina.config.settings import SETTINGS
from vitrina.errors import ConfigError

KEYS = st.text("abc", min_size=1, max_size=2)
TREES = st.recursive(st.integers(), lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=8)
OBJECTS = st.dictionaries(KEYS, TREES, max_size=3)


def leaves(tree: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if not isinstance(tree, dict):
        return {path: tree}
    return {place: leaf for key, child in tree.items() for place, leaf in leaves(child, (*path, key)).items()}


@given(OBJECTS, OBJECTS)
def test_everything_of_the_upper_tree_is_in_the_merged_one(base: dict[str, Any], over: dict[str, Any]) -> None:
    merged = leaves(merge(base, over))
    assert {path: merged.get(path) for path in leaves(over) if path} == {p: v for p, v in leaves(over).items() if p}
    assert merge(merge(base, over), over) == merge(base, over)
    assert set(merge(base, over)) == {*base, *over}


@given(OBJECTS)
def test_merging_with_nothing_changes_nothing(tree: dict[str, Any]) -> None:
    assert merge(tree, {}) == tree
    assert merge({}, tree) == tree


@pytest.mark.parametrize(
    ("name", "value", "parsed"),
    [
        ("sql_time_limit_ms", "20", ("settings.sql_time_limit_ms", 20)),
        ("allow_facet", "OFF", ("settings.allow_facet", False)),
        ("allow_facet", "1", ("settings.allow_facet", True)),
        ("base_url", "/x/", ("settings.base_url", "/x/")),
        ("settings.allow_facet", "false", ("settings.allow_facet", False)),
        ("databases.d.allow.id", "[1, 2]", ("databases.d.allow.id", [1, 2])),
        ("plugins.p.text", "no json", ("plugins.p.text", "no json")),
        ("unknown", "3", ("unknown", 3)),
        ("hash_urls", "on", ("hash_urls", "on")),
    ],
)
def test_values_from_the_command_line(name: str, value: str, parsed: tuple[str, Any]) -> None:
    assert parse_assignment(name, value) == parsed


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("sql_time_limit_ms", "-5", '"settings.sql_time_limit_ms" should be an integer'),
        ("sql_time_limit_ms", "1.5", '"settings.sql_time_limit_ms" should be an integer'),
        ("sql_time_limit_ms", "²", '"settings.sql_time_limit_ms" should be an integer'),
        ("allow_facet", "maybe", '"settings.allow_facet" should be on/off/true/false/1/0'),
    ],
)
def test_wrong_values_of_known_settings(name: str, value: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_assignment(name, value)
    assert caught.value.message == message


def test_digits_are_keys_and_later_assignments_win() -> None:
    tree = assignments_tree([("a.facets.0", "x"), ("a.b", 1), ("a.b", 2), ("c", 1), ("c.d", 2)])
    assert tree == {"a": {"facets": {"0": "x"}, "b": 2}, "c": {"d": 2}}


def test_settings_of_every_source() -> None:
    config = load_config(
        config={"settings": {"default_page_size": 5, "max_csv_mb": 7, "suggest_facets": None}},
        assignments=[("settings.max_csv_mb", 8)],
        settings={"sql_time_limit_ms": 9},
    )
    assert (config.settings.default_page_size, config.settings.max_csv_mb) == (5, 8)
    assert config.settings.sql_time_limit_ms == 9
    assert config.settings.suggest_facets is True
    assert "sql_time_limit_ms" not in config.raw["settings"]


def test_settings_stand_in_the_order_of_the_contract() -> None:
    assert list(load_config().settings.as_dict()) == list(SETTINGS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "settings:\n  default_page_sice: 3\n",
            "c, line 2: settings.default_page_sice: there is no setting of this name",
        ),
        (
            "settings:\n  sql_time_limit_ms: '3'\n",
            "c, line 2: settings.sql_time_limit_ms: the value must be an integer",
        ),
        ("settings: {allow_facet: 1}", "c, line 1: settings.allow_facet: the value must be true or false, not 1"),
        ("settings: {max_csv_mb: true}", "c, line 1: settings.max_csv_mb: the value must be an integer, not True"),
        ("settings: {base_url: 3}", "c, line 1: settings.base_url: the value must be text, not 3"),
        ("settings: {num_sql_threads: -1}", "c, line 1: settings.num_sql_threads: the value must be 0 or more"),
        ("settings: {max_returned_rows: 0}", "c, line 1: settings.max_returned_rows: the value must be 1 or more"),
        ("settings: {default_page_size: -1}", "c, line 1: settings.default_page_size: the value must be 0 or more"),
        ("settings: [1]", "c, line 1: settings: an object"),
        ("allow: someone", "c, line 1: allow: true, false or an object"),
        ("allow_sql: [1]", "c, line 1: allow_sql: true, false or an object"),
        ("permissions:\n  view-table: 2\n", "c, line 2: permissions.view-table: true, false or an object"),
        ("databases: [a]", "c, line 1: databases: an object is needed"),
        ("databases:\n  d: 3\n", "c, line 2: databases.d: an object is needed"),
        ("databases:\n  d:\n    tables: x\n", "c, line 3: databases.d.tables: an object is needed"),
        ("databases:\n  d:\n    tables:\n      t: x\n", "c, line 4: databases.d.tables.t: an object is needed"),
        (
            "databases:\n  d:\n    tables:\n      t:\n        column_types: [a]\n",
            "c, line 5: databases.d.tables.t.column_types: an object of column names",
        ),
        (
            "databases:\n  d:\n    tables:\n      t:\n        column_types: {a: 3}\n",
            "c, line 5: databases.d.tables.t.column_types.a: a type name",
        ),
        ("databases: {d: {queries: {q: {title: x}}}}", "c, line 1: databases.d.queries.q: a query needs its SQL"),
        ("databases: {d: {queries: {q: {sql: 3}}}}", "c, line 1: databases.d.queries.q.sql: the SQL must be text"),
        ("databases: {d: {queries: {q: 3}}}", "c, line 1: databases.d.queries.q: SQL text, or an object"),
        ("vitrina: 3", "c, line 1: vitrina: an object is needed"),
        ("vitrina: {access_log: 'no'}", "c, line 1: vitrina.access_log: the value must be true or false"),
        (
            "vitrina: {page_time_limit_ms: 0}",
            "c, line 1: vitrina.page_time_limit_ms: the value must be an integer above 0",
        ),
        (
            "vitrina: {files: {}}\nplugins: {datasette-files: {}}",
            "c, line 1: vitrina.files: the same thing is configured at plugins.datasette-files too",
        ),
    ],
)
def test_each_mistake_names_key_and_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(config=parse_document(text, "c"))
    assert message in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "unknown: {anything: [1]}",
        "databases: {d: {unknown: 1, tables: {t: {unknown: 1}}}}",
        "settings: null\nplugins: null\nallow: null\ndatabases: {d: null}",
        "databases: {d: {tables: {t: null}, queries: null}}",
        "allow: 1\nallow_sql: 0",
        "databases: {d: {queries: []}}\npermissions: []\nplugins: []",
    ],
)
def test_what_is_tolerated(text: str) -> None:
    assert load_config(config=parse_document(text, "c")).warnings == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("plugins: [a]", "c, line 1: plugins: ignored: an object is needed"),
        ("databases: {d: {tables: {t: {facets: x}}}}", "c, line 1: databases.d.tables.t.facets: a list is needed"),
        (
            "databases: {d: {tables: {t: {sort: x, sort_desc: y}}}}",
            "c, line 1: databases.d.tables.t: sort and sort_desc",
        ),
        ("databases: {d: {queries: [a]}}", "c, line 1: databases.d.queries: ignored"),
        ("extra_css_urls: x", "c, line 1: extra_css_urls: a list is needed"),
        ("extra_js_urls: [{src: x}]", "c, line 1: extra_js_urls.0: a URL"),
    ],
)
def test_what_has_no_effect_is_said(text: str, message: str) -> None:
    (warning,) = load_config(config=parse_document(text, "c")).warnings
    assert warning.startswith(message)


OLD_TABLE = {"title": "T", "hidden": True, "size": 3, "facet_size": 4, "columns": {"n": "N"}, "allow": {"id": "*"}}
OLD = {
    "title": "Site",
    "plugins": {"p": {"k": 1}},
    "allow": True,
    "sort": "kept",
    "custom": {"allow": False, "note": 1},
    "databases": {"a": {"plugins": {"q": 1}, "facets": ["kept"], "tables": {"t": OLD_TABLE}}},
}


def test_old_metadata_keys_move_to_the_configuration() -> None:
    config = load_config(metadata=OLD)
    assert config.raw == {
        "plugins": {"p": {"k": 1}},
        "allow": True,
        "custom": {"allow": False},
        "databases": {
            "a": {"plugins": {"q": 1}, "tables": {"t": {"hidden": True, "size": 3, "allow": {"id": "*"}}}},
        },
    }
    assert config.metadata == {
        "title": "Site",
        "sort": "kept",
        "custom": {"note": 1},
        "databases": {
            "a": {"facets": ["kept"], "tables": {"t": {"title": "T", "facet_size": 4, "columns": {"n": "N"}}}},
        },
    }


def test_moved_keys_replace_those_of_the_file_and_yield_to_the_command_line() -> None:
    config = load_config(
        config={"plugins": {"p": {"j": 2}}, "databases": {"a": {"tables": {"t": {"size": 9, "sort": "n"}}}}},
        metadata=OLD,
        assignments=[("allow.id", "root")],
    )
    assert config.raw["plugins"] == {"p": {"k": 1}}
    assert config.table("a", "t")["size"] == 3
    assert config.table("a", "t")["sort"] == "n"
    assert config.raw["allow"] == {"id": "root"}


def test_queries_in_metadata_stay_where_they_are_with_a_warning() -> None:
    config = load_config(metadata={"databases": {"a": {"queries": {"q": {"sql": "select 1", "allow": True}}}}})
    assert config.queries("a") == {}
    assert config.warnings == (
        "metadata: databases.a.queries has no effect here: it belongs in the configuration file",
    )


def test_the_arguments_are_left_as_they_were() -> None:
    config = {"plugins": {"p": {"j": 2}}}
    load_config(config=config, metadata=OLD, assignments=[("plugins.p.x", 1)])
    assert config == {"plugins": {"p": {"j": 2}}}
    assert OLD["plugins"] == {"p": {"k": 1}}


@pytest.mark.parametrize("key", ["page_time_limit_ms", "max_import_bytes"])
@pytest.mark.parametrize("value", [0, -1, "many", True, 1.5])
def test_own_limits_are_integers_above_zero(key, value):
    with pytest.raises(ConfigError, match=rf"{key}.*integer above 0"):
        load_config(config={"vitrina": {key: value}})
