"""The plan of a query page and the values of magic parameters."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from vitrina.config.settings import Settings
from vitrina.errors import InvalidSQL, VitrinaError
from vitrina.plan.magic import MagicContext, builtin_sources, is_magic, magic_values
from vitrina.plan.query import plan_query

SETTINGS = Settings()


def test_missing_parameters_are_empty_text():
    planned = plan_query("select :a, :b", {"a": "1", "c": "2"}, settings=SETTINGS)
    assert planned.names == ("a", "b")
    assert dict(planned.shown_params) == {"a": "1", "b": ""}
    # names that only the engine sees, such as @c, are bound too
    assert dict(planned.params) == {"a": "1", "b": "", "c": "2"}


def test_the_statement_itself_is_no_parameter():
    assert dict(plan_query("select :sql", {"sql": "select :sql"}, settings=SETTINGS).params) == {"sql": ""}


def test_magic_names_in_custom_sql_have_no_default():
    planned = plan_query("select :_actor_id, :_x", {}, settings=SETTINGS)
    assert dict(planned.params) == {}
    assert dict(plan_query("select :_actor_id", {"_actor_id": "me"}, settings=SETTINGS).params) == {"_actor_id": "me"}


def test_nobody_overrides_magic_values():
    planned = plan_query("select :_actor_id", {"_actor_id": "mallory"}, settings=SETTINGS, magic={"_actor_id": "root"})
    assert planned.params["_actor_id"] == "root"
    assert dict(planned.shown_params) == {}


def test_declared_names_come_in_their_order():
    planned = plan_query("select :b, :a", {"b": "2"}, settings=SETTINGS, names=("a", "b"))
    assert list(planned.shown_params) == ["a", "b"]


@pytest.mark.parametrize("sql", ["delete from t", "", "pragma table_info(t)"])
def test_only_reading_statements(sql):
    with pytest.raises(InvalidSQL):
        plan_query(sql, {}, settings=SETTINGS)


def test_the_row_cap():
    assert plan_query("select 1", {}, settings=SETTINGS).max_rows == 1000
    alike = replace(SETTINGS, max_returned_rows=25, default_page_size=25)
    assert plan_query("select 1", {}, settings=alike).max_rows == 26


CONTEXT = MagicContext(
    actor={"id": "root"},
    headers={"user-agent": "test/1"},
    cookies={"flavour": "ginger"},
    now=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
    random_hex=lambda length: "f" * length,
)


def test_magic_values():
    names = [
        "plain",
        "_actor_id",
        "_header_user_agent",
        "_header_missing",
        "_cookie_flavour",
        "_now_epoch",
        "_now_date_utc",
        "_now_datetime_utc",
        "_random_chars_4",
        "_nobody_knows",
    ]
    assert magic_values(names, builtin_sources(CONTEXT)) == {
        "_actor_id": "root",
        "_header_user_agent": "test/1",
        "_header_missing": "",
        "_cookie_flavour": "ginger",
        "_now_epoch": 1714979289,
        "_now_date_utc": "2024-05-06",
        "_now_datetime_utc": "2024-05-06T07:08:09Z",
        "_random_chars_4": "ffff",
        "_nobody_knows": None,
    }


@pytest.mark.parametrize(("name", "message"), [("_actor_colour", "'colour'"), ("_cookie_x", "'x'"), ("_now_y", "'y'")])
def test_magic_values_that_do_not_exist_are_errors(name, message):
    with pytest.raises(VitrinaError) as failed:
        magic_values([name], builtin_sources(CONTEXT))
    assert (failed.value.message, failed.value.status) == (message, 400)


def test_an_anonymous_actor_has_no_values():
    with pytest.raises(VitrinaError):
        magic_values(["_actor_id"], builtin_sources(replace(CONTEXT, actor=None)))


@pytest.mark.parametrize(("name", "magic"), [("_a_b", True), ("_a", False), ("a_b", False), ("__", True)])
def test_which_names_are_magic(name, magic):
    assert is_magic(name) is magic
