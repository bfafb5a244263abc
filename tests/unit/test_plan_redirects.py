"""Where the filter form is redirected to."""

from urllib.parse import parse_qsl

import pytest

from vitrina.plan.redirects import form_redirect

CASES = [
    ("_filter_column=a&_filter_op=exact&_filter_value=1&x=2", "x=2&a__exact=1"),
    ("_filter_column=&_filter_op=exact&_filter_value=1", ""),
    ("_filter_column_1=a&_filter_value_1=5&_filter_column_2=b&_filter_op_2=gt&_filter_value_2=5", "a__exact=5&b__gt=5"),
    ("_filter_column=title&_filter_op=isnull__1&_filter_value=zzz", "title__isnull=1"),
    ("_filter_column_1=a&_filter_column=b&_filter_op=not&_filter_value=&_filter_value_1=x", "b__not=&a__exact=x"),
    ("_filter_op=exact&_filter_value=1", ""),
    ("_sort=id&_sort_by_desc=on", "_sort_desc=id"),
    ("_sort=id&_sort_by_desc=", "_sort_desc=id"),
    ("_sort_by_desc=on&x=1", "x=1"),
    ("_sort_by_desc=on&_sort_desc=a&x=1", "x=1"),
    ("_sort_by_desc=on&_sort=b&_sort_desc=a", "_sort_desc=a&_sort_desc=b"),
    ("_sort=t&x=1&_filter_column=id&_filter_op=gt&_filter_value=1&_next=4", "_sort=t&x=1&_next=4&id__gt=1"),
]


@pytest.mark.parametrize(("query", "target"), CASES)
def test_forms_are_redirected(query, target):
    assert form_redirect(parse_qsl(query, keep_blank_values=True)) == parse_qsl(target, keep_blank_values=True)


@pytest.mark.parametrize("query", ["", "a=1&_sort=id", "_filter_column_x=title"])
def test_other_pages_are_not(query):
    assert form_redirect(parse_qsl(query, keep_blank_values=True)) is None


@pytest.mark.parametrize("query", [query for query, _ in CASES])
def test_a_redirect_leads_to_a_page_that_is_not_redirected(query):
    target = form_redirect(parse_qsl(query, keep_blank_values=True))
    assert form_redirect(target) is None
