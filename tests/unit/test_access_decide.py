"""Decisions against an independent model that reads the rules one by one."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrina.access.actions import BUILT_IN_ACTIONS, Action, ActionRegistry
from vitrina.access.decide import compile_decision
from vitrina.access.explain import explain, reasons
from vitrina.access.resources import DatabaseResource, fold_ascii
from vitrina.access.restrictions import Restriction, fold_of, restricted_resources
from vitrina.access.rules import Rule, RuleBook, parse_allow_blocks
from vitrina.errors import StartupError

ACTIONS = ActionRegistry()
NAMES = st.sampled_from(["a", "A", "b", "É", "é"])
PARENTS = st.sampled_from(["one", "ONE", "two"])
RULES = st.builds(
    Rule,
    st.none() | PARENTS,
    st.none() | NAMES,
    st.booleans(),
    st.just("because"),
)
ROWS = st.lists(st.tuples(st.none() | PARENTS, st.none() | NAMES), max_size=4)


def model_decide(action, rules, parent, child):
    """The cascade, read literally."""

    def same(a, b):
        if action.resource_class is not None and action.resource_class.case_insensitive_child:
            return fold_ascii(a) == fold_ascii(b)
        return a == b

    levels = [
        [r for r in rules if child is not None and parent is not None and r.child is not None]
        and [
            r
            for r in rules
            if parent is not None
            and child is not None
            and r.child is not None
            and same(r.child, child)
            and r.parent in (None, parent)
        ],
        [r for r in rules if parent is not None and r.child is None and r.parent == parent],
        [r for r in rules if r.child is None and r.parent is None],
    ]
    for level in levels:
        if level:
            return all(rule.allow for rule in level)
    return False


def model_contains(action, rows, parent, child):
    def same(a, b):
        if action.resource_class is not None and action.resource_class.case_insensitive_child:
            return fold_ascii(a) == fold_ascii(b)
        return a == b

    return any(
        (row_parent is None or row_parent == parent)
        and (row_child is None or (child is not None and same(row_child, child)))
        for row_parent, row_child in rows
    )


def restriction(action, rows):
    return Restriction.of(rows, fold=fold_of(action), source="test")


@pytest.mark.parametrize("name", ["view-table", "view-query"])
@settings(max_examples=300)
@given(st.lists(RULES, max_size=8), st.lists(ROWS, max_size=2), st.none() | PARENTS, st.none() | NAMES)
def test_decisions_agree_with_the_model(name, rules, sets, parent, child):
    action = ACTIONS[name]
    decision = compile_decision((action,), lambda _: rules, lambda _: [restriction(action, rows) for rows in sets])
    if parent is None:
        child = None
    expected = model_decide(action, rules, parent, child) and all(
        model_contains(action, rows, parent, child) for rows in sets
    )
    assert decision.allowed(parent, child) is expected
    explanation = explain(decision, parent, child)
    assert explanation["allowed"] is expected
    assert explanation["rule_allowed"] is model_decide(action, rules, parent, child)
    if expected:
        assert reasons(decision, parent, child)


@pytest.mark.parametrize("name", ["view-table", "view-query"])
@settings(max_examples=200)
@given(
    st.lists(RULES, max_size=8),
    st.lists(ROWS, max_size=2),
    PARENTS,
    st.lists(NAMES),
    st.none() | st.dictionaries(NAMES.map(fold_ascii), st.sampled_from(["", "b", "A"])),
)
def test_children_is_allowed_in_bulk(name, rules, sets, parent, names, derived):
    action = ACTIONS[name]
    decision = compile_decision(
        (action,), lambda _: rules, lambda _: [restriction(action, rows) for rows in sets], derived=lambda _: derived
    )
    assert decision.children(parent, names) == [child for child in names if decision.allowed(parent, child)]


@settings(max_examples=200)
@given(st.lists(RULES, max_size=8), ROWS, PARENTS, NAMES)
def test_a_restriction_only_narrows(rules, rows, parent, child):
    action = ACTIONS["view-table"]
    free = compile_decision((action,), lambda _: rules, lambda _: [])
    narrow = compile_decision((action,), lambda _: rules, lambda _: [restriction(action, rows)])
    assert free.allowed(parent, child) or not narrow.allowed(parent, child)


@settings(max_examples=200)
@given(st.lists(RULES, max_size=6), st.lists(RULES, max_size=6), PARENTS, NAMES)
def test_rules_added_later_count_as_much(first, later, parent, child):
    action = ACTIONS["view-table"]
    together = compile_decision((action,), lambda _: first + later, lambda _: [])
    extended = compile_decision((action,), lambda _: first, lambda _: []).extended(tuple(later), (), None)
    assert extended.allowed(parent, child) is together.allowed(parent, child)


def test_required_actions_are_checked_at_their_own_level():
    registry = ActionRegistry()
    registry.register(
        Action(
            "edit-note", abbr="en", resource_class=ACTIONS["view-table"].resource_class, also_requires="view-database"
        )
    )
    rules = {"edit-note": [Rule("one", "t", True, "")], "view-database": [Rule("one", None, True, "")]}
    decision = compile_decision(registry.chain("edit-note"), lambda action: rules[action.name], lambda _: [])
    assert decision.allowed("one", "t")
    rules["view-database"] = []
    decision = compile_decision(registry.chain("edit-note"), lambda action: rules[action.name], lambda _: [])
    assert not decision.allowed("one", "t")
    assert decision.allowed_alone("one", "t")
    assert "view-database" in explain(decision, "one", "t")["summary"]


def test_chain_of_store_query():
    assert [action.name for action in ACTIONS.chain("store-query")] == ["store-query", "execute-sql", "view-database"]
    with pytest.raises(ValueError, match="Unknown action: nope"):
        ACTIONS.chain("nope")


def test_derived_tables_need_their_source_too():
    action = ACTIONS["view-table"]
    derived = {"notes_fts": "Notes", "orphan": ""}
    rules = [Rule(None, None, True, ""), Rule("d", "notes", False, "")]
    decision = compile_decision((action,), lambda _: rules, lambda _: [], derived=lambda _: derived)
    assert not decision.allowed("d", "NOTES_fts")
    assert not decision.allowed("d", "orphan")
    assert decision.allowed("d", "other")
    assert decision.allowed("e", "notes_fts")
    unknown = compile_decision((action,), lambda _: rules, lambda _: [], derived=lambda _: None)
    assert not unknown.allowed("d", "other")


def test_registry_refuses_two_meanings():
    registry = ActionRegistry()
    assert len(registry) == 21
    registry.register(BUILT_IN_ACTIONS[0])
    with pytest.raises(StartupError, match="Duplicate action name: view-instance"):
        registry.register(Action("view-instance", "something else", "vi"))
    with pytest.raises(StartupError, match="Duplicate action abbr: vi"):
        registry.register(Action("other", "", "vi"))
    assert registry.find("vt") is registry["view-table"] is registry.find("view-table")
    assert registry.find("VT") is None


@dataclass
class Query:
    database: str
    name: str
    is_private: bool = False
    source: str = "user"
    owner_id: str | None = None
    is_write: bool = False


def decide(actor, action, place=(None, None), *, config=None, queries=(), **options):
    book = RuleBook(parse_allow_blocks(config or {}), tuple(queries), **options)
    decision = compile_decision(
        ACTIONS.chain(action), lambda each: book.rules(actor, each), lambda each: book.restrictions(actor, each)
    )
    return decision.allowed(*place)


X = {"id": "x"}
T = ("d", "t")


@pytest.mark.parametrize(
    ("expected", "actor", "action", "place", "config", "options"),
    [
        # defaults
        (True, None, "view-table", T, {}, {}),
        (False, None, "view-table", T, {}, {"default_deny": True}),
        (False, X, "insert-row", T, {}, {}),
        (True, None, "execute-sql", ("d", None), {}, {}),
        (False, None, "execute-sql", ("d", None), {}, {"default_allow_sql": False}),
        (False, None, "view-table", ("d", "sqlite_stat1"), {}, {}),
        (False, None, "view-table", ("d", "SQLITE_STAT4"), {}, {}),
        (
            False,
            None,
            "view-table",
            ("d", "sqlite_stat1"),
            {"databases": {"d": {"tables": {"sqlite_stat1": {"allow": True}}}}},
            {},
        ),
        # a root-level allow_sql is at the level of the setting, a database-level one is above it
        (False, X, "execute-sql", ("d", None), {"allow_sql": True}, {"default_allow_sql": False}),
        (True, X, "execute-sql", ("d", None), {"databases": {"d": {"allow_sql": X}}}, {"default_allow_sql": False}),
        # levels
        (True, X, "view-table", T, {"allow": False, "databases": {"d": {"tables": {"t": {"allow": True}}}}}, {}),
        (
            False,
            X,
            "view-database",
            ("d", None),
            {"allow": False, "databases": {"d": {"tables": {"t": {"allow": True}}}}},
            {},
        ),
        (False, X, "view-table", T, {"databases": {"d": {"allow": False}}}, {}),
        (True, X, "view-table", ("e", "t"), {"databases": {"d": {"allow": False}}}, {}),
        (False, X, "view-table", ("d", "T"), {"databases": {"d": {"tables": {"t": {"allow": False}}}}}, {}),
        (True, X, "view-table", ("D", "t"), {"databases": {"d": {"tables": {"t": {"allow": False}}}}}, {}),
        (True, X, "view-database", ("d", None), {"allow": None}, {}),
        (False, X, "view-database", ("d", None), {"allow": 0}, {}),
        # permissions blocks: full names only
        (True, X, "insert-row", T, {"permissions": {"insert-row": X}}, {}),
        (False, {"id": "y"}, "insert-row", T, {"permissions": {"insert-row": X}}, {}),
        (False, X, "insert-row", T, {"permissions": {"ir": X}}, {}),
        (True, X, "insert-row", T, {"databases": {"d": {"tables": {"t": {"permissions": {"insert-row": X}}}}}}, {}),
        # root is strong, and not exempt
        (True, {"id": "root"}, "drop-table", T, {}, {"root_enabled": True}),
        (False, {"id": "root"}, "drop-table", T, {}, {}),
        (False, {"id": "root"}, "view-table", T, {"allow": X}, {"root_enabled": True}),
        (True, {"id": "root"}, "insert-row", T, {"allow": X}, {"root_enabled": True}),
        # required actions
        (False, X, "execute-sql", ("d", None), {"databases": {"d": {"permissions": {"view-database": False}}}}, {}),
        (True, X, "store-query", ("d", None), {"permissions": {"store-query": X}}, {}),
        (False, X, "store-query", ("d", None), {"permissions": {"store-query": X}, "allow_sql": False}, {}),
    ],
)
def test_built_in_rules(expected, actor, action, place, config, options):
    assert decide(actor, action, place, config=config, **options) is expected


@pytest.mark.parametrize(
    ("expected", "restrictions", "action", "place"),
    [
        (True, {"a": ["vt"]}, "view-table", T),
        (True, {"a": ["view-table"]}, "view-table", T),
        (False, {"a": ["vd"]}, "view-table", T),
        (True, {"d": {"d": ["vt"]}}, "view-table", T),
        (False, {"d": {"D": ["vt"]}}, "view-table", T),
        (False, {"d": {"e": ["vt"]}}, "view-table", T),
        (True, {"r": {"d": {"T": ["vt"]}}}, "view-table", T),
        (False, {"r": {"d": {"u": ["vt"]}}}, "view-table", T),
        (False, {"r": {"d": {"t": ["vt"]}}}, "view-database", ("d", None)),
        (False, {"r": {"d": {"t": ["vi"]}}}, "view-instance", (None, None)),
        (False, {"a": ["es"]}, "execute-sql", ("d", None)),
        (True, {"a": ["es", "vd"]}, "execute-sql", ("d", None)),
        # necessary, not sufficient
        (False, {"a": ["ir"]}, "insert-row", T),
        # whatever is damaged leaves nothing
        *[
            (False, damaged, "view-table", T)
            for damaged in ({}, None, [], False, "vt", {"a": "vt"}, {"a": None}, {"d": ["vt"]}, {"r": {"d": ["vt"]}})
        ],
    ],
)
def test_restrictions_of_an_actor(expected, restrictions, action, place):
    assert decide({"id": "x", "_r": restrictions}, action, place) is expected


@pytest.mark.parametrize("key", ["allow", "permissions"])
def test_a_denial_from_above_closes_what_a_restricted_actor_was_given(key):
    open_table = {"databases": {"d": {"allow": False, "tables": {"t": {"allow": True}}}}}
    if key == "permissions":
        open_table["databases"]["d"] = {"permissions": {"view-table": False}, "tables": {"t": {"allow": True}}}
    restricted = {"id": "x", "_r": {"r": {"d": {"t": ["vt"]}}}}
    assert decide(X, "view-table", T, config=open_table)
    assert decide(restricted, "view-table", T, config=open_table) is (key == "permissions")


QUERIES = [
    Query("d", "mine", True, "user", "x"),
    Query("d", "shared", False, "user", "x"),
    Query("d", "made-by-plugin", True, "plugin", "x"),
    Query("d", "nobody's", True, "plugin", None),
]


@pytest.mark.parametrize(
    ("name", "owner", "other", "owner_updates", "root_updates"),
    [
        ("mine", True, False, True, False),
        ("shared", True, True, True, True),
        ("made-by-plugin", True, False, False, False),
        ("nobody's", False, False, False, False),
        ("MINE", False, False, False, False),
    ],
)
def test_private_queries_belong_to_their_owner(name, owner, other, owner_updates, root_updates):
    place = ("d", name)
    root = {"id": "root"}
    assert decide(X, "view-query", place, queries=QUERIES) is owner
    assert decide(None, "view-query", place, queries=QUERIES) is other
    assert decide(root, "view-query", place, queries=QUERIES, root_enabled=True) is other
    assert decide(X, "update-query", place, queries=QUERIES) is owner_updates
    assert decide(X, "delete-query", place, queries=QUERIES) is owner_updates
    assert decide(root, "update-query", place, queries=QUERIES, root_enabled=True) is root_updates
    # the owner sees it even where everything is closed
    assert decide(X, "view-query", place, queries=QUERIES, config={"allow": False}) is owner


def test_owner_ids_compare_as_text():
    queries = [Query("d", "q", True, "user", "7")]
    assert decide({"id": 7}, "view-query", ("d", "q"), queries=queries)
    assert not decide({"id": "8"}, "view-query", ("d", "q"), queries=queries)
    assert not decide({"name": "x"}, "view-query", ("d", "q"), queries=queries)


def test_restricted_resources_lists_what_is_left():
    action = ACTIONS["view-table"]
    restrictions = {"a": ["vt"], "d": {"d": ["vt"], "e": ["ir"]}, "r": {"d": {"t": ["view-table"], "u": []}}}
    assert restricted_resources(restrictions, action) == [(None, None), ("d", None), ("d", "t")]


def test_actions_know_their_level():
    assert [ACTIONS[name].takes_parent for name in ("view-instance", "view-database", "view-table")] == [
        False,
        True,
        True,
    ]
    assert [ACTIONS[name].takes_child for name in ("view-instance", "view-database", "view-table")] == [
        False,
        False,
        True,
    ]
    assert ACTIONS["view-database"].resource_class is DatabaseResource
