"""The plan of a table page as a whole: columns, order, size, search, what a page wants."""

from dataclasses import replace

import pytest
from plan_catalog import plan

from vitrina.config.settings import Settings
from vitrina.errors import ArgumentNotAllowed, BadRequest, Forbidden
from vitrina.plan.model import Where

ALL = frozenset(("count", "facets", "suggestions", "labels"))


def config(table, **block):
    return {"tables": {table: block}}


@pytest.mark.parametrize(
    ("table", "pairs", "columns"),
    [
        ("ships", [("_col", "title")], ("id", "title")),
        ("ships", [("_col", "twin"), ("_col", "title"), ("_col", "twin"), ("_col", "id")], ("id", "twin", "title")),
        ("calls", [("_col", "order")], ("harbour", "ship", "day", "order")),
        ("weather", [("_col", "wind")], ("rowid", "wind")),
        ("weather", [("_nocol", "wind"), ("_nocol", "day")], ()),
        ("ships", [("_col", "title"), ("_col", "built"), ("_nocol", "title")], ("id", "built")),
        ("fleet", [("_nocol", "id")], ("title",)),
    ],
)
def test_columns(table, pairs, columns):
    assert plan(table, pairs).columns == columns


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("_col", "title"), ("_col", "a"), ("_col", "b")], "_col=a, b - invalid columns"),
        ([("_nocol", "id")], "_nocol=id - invalid columns"),
        ([("_nocol", "zz")], "_nocol=zz - invalid columns"),
        ([("_col", "")], "_col= - invalid columns"),
        ([("_sort", "zz")], "Cannot sort table by zz"),
        ([("_sort", "id; drop table ships")], "Cannot sort table by id; drop table ships"),
        ([("_sort", "rowid")], "Cannot sort table by rowid"),
        ([("_sort", "id"), ("_sort_desc", "title")], "Cannot use _sort and _sort_desc at the same time"),
        ([("_size", "1001")], "_size must be <= 1000"),
        ([("_size", "-1")], "_size must be a positive integer"),
        ([("_size", "x")], "_size must be a positive integer"),
        ([("_timelimit", "abc")], "invalid literal for int() with base 10: 'abc'"),
        ([("_fts_table", "logs_fts")], "Invalid _fts_table or _fts_pk"),
    ],
)
def test_refusals(pairs, message):
    with pytest.raises(BadRequest) as refused:
        plan("ships", pairs)
    assert refused.value.message == message


def test_the_size_comes_from_the_query_then_the_configuration_then_the_settings():
    configured = config("ships", size=7)
    assert plan("ships", [("_size", "3")], database_config=configured).page_size == 3
    assert plan("ships", [("_size", "")], database_config=configured).page_size == 7
    assert plan("ships").page_size == 100
    assert plan("ships", [("_size", "max")]).page_size == 1000
    assert plan("ships", [("_size", "0")]).sql.endswith("limit 1")


def test_a_configured_sort_holds_until_the_query_has_one():
    configured = config("ships", sort_desc="built")
    assert plan("ships", database_config=configured).human_description == "sorted by built descending"
    assert plan("ships", [("_sort", "")], database_config=configured).sort_desc == "built"
    assert plan("ships", [("_sort", "title")], database_config=configured).sort_desc is None


def test_configuration_limits_sortable_columns():
    configured = config("weather", sortable_columns=["wind"])
    assert plan("weather", database_config=configured).sortable == {"wind", "rowid"}
    with pytest.raises(BadRequest):
        plan("weather", [("_sort", "day")], database_config=configured)


def test_a_lower_time_limit_counts_a_higher_one_does_not():
    assert plan("ships", [("_timelimit", "20")]).time_limit_ms == 20
    assert plan("ships", [("_timelimit", "99999")]).time_limit_ms == 1000
    assert plan("ships", [("_timelimit", "20")]).count_time_limit_ms == 1000


def test_fragments_of_sql_need_permission_and_mark_the_plan():
    with pytest.raises(ArgumentNotAllowed) as refused:
        plan("ships", [("_where", "id < 5")])
    assert refused.value.message == "_where= is not allowed"
    planned = plan("ships", [("_where", "id < 5"), ("title", "x")], allow_sql=True)
    assert """where "title" = :p0 and id < 5 order""" in planned.sql
    assert planned.uses_untrusted_sql
    assert planned.extra_wheres == ("id < 5",)
    assert not plan("ships", [("title", "x")]).uses_untrusted_sql


def test_conditions_come_in_a_fixed_order_and_their_words_in_another():
    pairs = [
        ("_search", "storm"),
        ("_where", "1=1"),
        ("author", "x"),
    ]
    planned = plan("logs", pairs, allow_sql=True, extra_wheres=[Where("id = :extra", {"extra": 1}, "a plugin says so")])
    assert [where.sql for where in planned.wheres] == [
        '"author" = :p0',
        "id = :extra",
        "1=1",
        "rowid in (select rowid from logs_fts where logs_fts match escape_fts(:search))",
    ]
    assert planned.human_description == 'where a plugin says so, search matches "storm" and author = "x"'


def test_search_by_columns():
    planned = plan("logs", [("_search_author", "me"), ("_search_body", "storm"), ("_searchmode", "raw")])
    assert [where.sql for where in planned.wheres] == [
        "rowid in (select rowid from logs_fts where author match :search_0)",
        "rowid in (select rowid from logs_fts where body match :search_1)",
    ]
    with pytest.raises(BadRequest, match="Cannot search by that column"):
        plan("logs", [("_search_id", "me")])


def test_search_needs_the_full_text_table_to_be_visible():
    with pytest.raises(Forbidden):
        plan("logs", [("_search", "x")], visible=lambda name: name != "logs_fts")
    assert plan("logs", visible=lambda name: False).wheres == ()


def test_a_table_without_full_text_ignores_a_search():
    assert plan("ships", [("_search", "x")]).wheres == ()
    assert plan("ships").fts_table is None
    assert plan("logs").fts_table == "logs_fts"


def test_through_finds_the_foreign_key_and_numbers_behind_the_filters():
    through = '{"table": "calls", "column": "day", "value": "monday"}'
    planned = plan("ships", [("_through", through), ("title", "x")])
    assert planned.wheres[1].sql == "id in (select ship from calls where day = :p1)"
    assert dict(planned.params) == {"p0": "x", "p1": "monday"}
    assert planned.human_description == 'where calls.day = "monday" and title = "x"'


@pytest.mark.parametrize(
    "value", ["zz", "[]", "{}", '{"table": "weather", "column": "day", "value": 1}', '{"table": "calls"}', "1"]
)
def test_through_refuses_what_it_cannot_use(value):
    with pytest.raises(BadRequest):
        plan("ships", [("_through", value)])


def test_through_needs_the_other_table_to_be_visible():
    with pytest.raises(Forbidden):
        plan("ships", [("_through", '{"table": "calls", "column": "day", "value": "x"}')], visible=lambda name: False)


def test_a_page_gets_only_what_it_wants():
    planned = plan("ships", database_config=config("ships", facets=["built"]))
    assert (planned.count_limited_sql, planned.facets, planned.suggestions, planned.labels) == (None, (), None, ())
    planned = plan("ships", database_config=config("ships", facets=["built"]), wanted=ALL)
    assert planned.count_limited_sql == "select count(*) from (select * from ships  limit 10001)"
    assert len(planned.facets) == 1
    assert planned.suggestions is not None
    assert [label.column for label in planned.labels] == ["twin", "home"]


@pytest.mark.parametrize(
    ("pairs", "count", "facets", "suggestions"),
    [
        ([("_nocount", "0")], False, True, True),
        ([("_nofacet", "1")], True, False, False),
        ([("_nosuggest", "1")], True, True, False),
        ([("_next", "5")], True, True, False),
        ([("_nocount", "")], True, True, True),
    ],
)
def test_pages_can_do_without(pairs, count, facets, suggestions):
    planned = plan("ships", [*pairs, ("_facet", "built")], wanted=ALL)
    assert (planned.count_limited_sql is not None) == count
    assert bool(planned.facets) == facets
    assert (planned.suggestions is not None) == suggestions


def test_a_known_count_needs_no_statement_unless_there_are_conditions():
    planned = plan("ships", wanted=ALL, known_count=12)
    assert (planned.known_count, planned.count_limited_sql) == (12, None)
    planned = plan("ships", [("title", "x")], wanted=ALL, known_count=12)
    assert planned.known_count is None
    assert planned.count_limited_sql is not None


def test_facets_switched_off():
    settings = replace(Settings(), allow_facet=False)
    with pytest.raises(BadRequest, match="_facet= is not allowed"):
        plan("ships", [("_facet_date", "built")], settings=settings)
    planned = plan("ships", settings=settings, wanted=ALL, database_config=config("ships", facets=["built"]))
    assert [facet.column for facet in planned.facets] == ["built"]
    assert planned.suggestions is None


def test_labels_are_asked_for_one_by_one_or_together():
    assert [label.column for label in plan("ships", [("_labels", "on")]).labels] == ["twin", "home"]
    assert [label.column for label in plan("ships", [("_label", "home")]).labels] == ["home"]
    assert plan("ships", [("_labels", "off")], wanted=ALL).labels == ()
    assert plan("ships", [("_labels", "on")], visible=lambda name: name == "ships").labels[0].column == "twin"
    assert plan("ships", [("_labels", "on"), ("_col", "title")]).labels == ()


def test_label_columns_come_from_the_configuration_first():
    planned = plan("ships", [("_label", "home")], database_config=config("harbours", label_column="id"))
    assert planned.labels[0].label_column == "id"
    assert plan("ships", [("_label", "home")]).labels[0].label_column == "name"


def test_the_sort_value_is_looked_up_where_its_column_is_not_selected():
    planned = plan("calls", [("_sort", "order"), ("_nocol", "order")])
    assert planned.sort_value_sql == 'select "order" from calls where harbour = :pk0 and ship = :pk1 and day = :pk2'
    assert planned.sort_position is None
    assert plan("calls", [("_sort", "order")]).sort_value_sql is None


def test_every_foreign_key_can_be_listed():
    assert [(each.column, each.other_table, each.label_column) for each in plan("ships").expandable] == [
        ("twin", "ships", "title"),
        ("home", "harbours", "name"),
    ]
