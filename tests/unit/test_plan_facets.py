"""Which facets a page has, and what they ask."""

import pytest
from plan_catalog import plan

from vitrina.errors import BadRequest, VitrinaError

FACETS = frozenset(("facets",))


def facets(pairs, table="ships", **block):
    return plan(table, pairs, wanted=FACETS, database_config={"tables": {table: block}}).facets


def test_configured_facets_come_before_requested_ones_of_their_type():
    found = facets(
        [("_facet", "title"), ("_facet", "home"), ("_facet_array", "flags")],
        facets=["home", {"array": "flags"}, {"date": "built"}],
    )
    assert [(each.type, each.key, each.source) for each in found] == [
        ("column", "home", "metadata"),
        ("column", "title", "request"),
        ("column", "home_2", "request"),
        ("date", "built", "metadata"),
        ("array", "flags", "metadata"),
        ("array", "flags_2", "request"),
    ]


@pytest.mark.parametrize("value", ["home", '{"column": "home"}', '{"simple": "home"}'])
def test_a_facet_is_a_name_or_a_json_object(value):
    assert facets([("_facet", value)])[0].column == "home"


@pytest.mark.parametrize("value", ["{x", '{"a": 1}', '{"column": 5}'])
def test_broken_json_is_refused(value):
    with pytest.raises(BadRequest):
        facets([("_facet", value)])


def test_a_broken_configuration_is_an_error():
    with pytest.raises(VitrinaError, match="Metadata config dicts"):
        facets([], facets=[{"array": "flags", "date": "built"}])


@pytest.mark.parametrize(
    ("given", "configured", "size"),
    [
        (None, None, 30),
        (None, 5, 5),
        (None, "max", 1000),
        ("7", 5, 7),
        ("max", 5, 1000),
        ("99999", None, 1000),
        ("x", 5, 5),
        ("-5", None, 30),
        ("0", None, 0),
    ],
)
def test_sizes(given, configured, size):
    pairs = [("_facet", "home")] + ([("_facet_size", given)] if given is not None else [])
    block = {} if configured is None else {"facet_size": configured}
    assert facets(pairs, **block)[0].size == size
    assert facets(pairs, **block)[0].sql.endswith(f"limit {size + 1}")


def test_values_of_foreign_keys_get_labels():
    by_column = {
        each.column: each for each in facets([("_facet", "home"), ("_facet", "title"), ("_facet_date", "home")])
    }
    assert facets([("_facet", "home")])[0].label.other_table == "harbours"
    assert by_column["title"].label is None
    assert facets([("_facet_date", "home")])[0].label is None


def test_facets_look_at_every_column_and_at_the_rows_behind_the_token():
    planned = plan("ships", [("_col", "title"), ("_next", "5"), ("_facet", "home")], wanted=FACETS)
    assert "from (select id, title, built, tonnage, flags, home, twin from ships where ((id > :p0)) )" in (
        planned.facets[0].sql
    )
    assert dict(planned.facets[0].params) == {"p0": "5"}


def test_active_facets_are_not_suggested_again():
    planned = plan("ships", [("_facet", "home"), ("_facet_array", "flags")], wanted=frozenset(("suggestions",)))
    candidates = planned.suggestions
    assert "home" not in candidates.column_candidates
    assert "home" in candidates.date_candidates
    assert "flags" in candidates.column_candidates
    assert "flags" not in candidates.array_candidates
