"""HTML of cells, rows and class names."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrina.render.blob import file_name, pick_value
from vitrina.render.byte_size import format_bytes
from vitrina.render.cells import bytes_html, compile_cell, compile_link_cell, strong, truncate_url
from vitrina.render.css_class import to_css_class
from vitrina.render.rows import CellColumn, DisplayRows

PLAIN = compile_cell(blob_href=lambda path, value: f"/db/t/{path}.blob?_blob_column=c")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "&nbsp;"),
        ("", "&nbsp;"),
        ("   ", "   "),
        (0, "0"),
        (9007199254740993, "9007199254740993"),
        (-0.0, "-0.0"),
        (float("inf"), "inf"),
        ("<b>'\"&", "&lt;b&gt;&#39;&#34;&amp;"),
        ("  http://a.b/c  ", '<a href="http://a.b/c">http://a.b/c</a>'),
        ("http://a/ b", "http://a/ b"),
        ('https://a/"><i>', '<a href="https://a/&#34;&gt;&lt;i&gt;">https://a/&#34;&gt;&lt;i&gt;</a>'),
        ("ftp://a", "ftp://a"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        (b"x", '<a class="blob-download" href="/db/t/7.blob?_blob_column=c">&lt;Binary:&nbsp;1&nbsp;byte&gt;</a>'),
    ],
)
def test_cell(value, expected):
    assert PLAIN(value, "7") == expected


@given(st.text())
def test_text_never_becomes_markup(text):
    shown = PLAIN(text, "1")
    without_link = re.sub(r'^<a href="[^"<>]*">|</a>$', "", shown)
    assert "<" not in without_link and '"' not in without_link


@given(st.text(min_size=1).filter(lambda text: "http" not in text))
def test_text_is_shown_in_full(text):
    assert html.unescape(PLAIN(text, "1").replace("\r", "&#13;")).replace("\r", "") == html.unescape(
        html.escape(text).replace("\r", "")
    )


def test_clipping():
    assert compile_cell(length=3)("abcd", "") == "abc…"
    assert compile_cell(length=4)("abcd", "") == "abcd"
    assert truncate_url("https://example.org/xxxxxxxxxxxxxxxxxxxxxxxx.jpeg", 40) == (
        "https://example.org/xxxxxxxxxxxxxxx….jpeg"
    )
    # Without a short extension the ellipsis is counted; so is a dot that belongs to a directory.
    assert truncate_url("https://example.org/page", 12) == "https://exa…"
    assert truncate_url("https://example.org/a.b/cccccc", 12) == "https://exa…"
    assert truncate_url("https://example.org/a.long1", 12) == "https://exa…"
    assert truncate_url("https://example.org/a?b.x-y", 12) == "https://….x-y"


def test_large_blob_says_its_size_and_view_has_no_link():
    assert 'title="120.6 KB"' in bytes_html(bytes(123456), "/x")
    assert "123,456&nbsp;bytes" in bytes_html(bytes(123456), "/x")
    assert bytes_html(b"ab", None) == "&lt;Binary:&nbsp;2&nbsp;bytes&gt;"


def test_link_cell():
    render = compile_link_cell("/m/halls", {1: "A & B", "x/y": "x/y", 3: ""}, PLAIN)
    assert render(1, "") == '<a href="/m/halls/1">A &amp; B</a>&nbsp;<em>1</em>'
    assert render("x/y", "") == '<a href="/m/halls/x~2Fy">x/y</a>'
    assert render(3, "") == '<a href="/m/halls/3">-</a>&nbsp;<em>3</em>'
    assert render(99, "") == "99"
    assert render(None, "") == "&nbsp;"
    assert strong(render)(99, "") == "<strong>99</strong>"


def rows_of_two():
    columns = [CellColumn("Link", None, PLAIN, is_link=True), CellColumn("id", 0, PLAIN), CellColumn("e f", 1, PLAIN)]
    return DisplayRows(
        columns,
        [(1, "<"), (2, None)],
        paths=["1", "a~2Fb"],
        path_texts=["1", "a/b"],
        row_labels=["L&", None],
        row_url=lambda path: f"/d/t/{path}",
        overrides={(1, 1): "<i>mine</i>"},
    )


def test_body():
    first, second = rows_of_two().body.splitlines()
    assert first == (
        '<tr data-row="1" data-row-label="L&amp;"><td class="col-Link type-pk"><a href="/d/t/1">1</a></td>'
        '<td class="col-id type-int">1</td><td class="col-e-f-4f74e0 type-str">&lt;</td></tr>'
    )
    assert second == (
        '<tr data-row="a~2Fb"><td class="col-Link type-pk"><a href="/d/t/a~2Fb">a/b</a></td>'
        '<td class="col-id type-int">2</td><td class="col-e-f-4f74e0 type-none"><i>mine</i></td></tr>'
    )


def test_row_objects_agree_with_the_body():
    rows = rows_of_two()
    for row in rows:
        for cell in row:
            assert f' type-{cell.value_type}">{cell.value}</td>' in rows.body
    second = rows[1]
    assert second["id"] == 2
    assert second.display("e f") == "<i>mine</i>"
    assert second.display("nothing") is None
    assert (second.pk_path, second.row_path, second.row_label) == ("a/b", "a~2Fb", None)
    with pytest.raises(KeyError):
        second["nothing"]
    assert len(rows[:1]) == 1 and rows[-1]["id"] == 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("simple", "simple"),
        ("Mixed-Case_1", "Mixed-Case_1"),
        ("slash ref", "slash-ref-a3b363"),
        ("pair.left", "pairleft-b74e43"),
        ("1", "1-c4ca42"),
        ("''", "3590cb"),
    ],
)
def test_css_class(name, expected):
    if expected == "3590cb":
        assert re.fullmatch("[0-9a-f]{6}", to_css_class(name))
    else:
        assert to_css_class(name) == expected


@given(st.text())
def test_css_class_is_always_valid(name):
    assert re.fullmatch(r"[a-zA-Z0-9_-]+", to_css_class(name))


def test_blob_choice_and_name():
    assert pick_value([b"a", b"b"], None) == b"a"
    assert pick_value(["a", b"b"], "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d") == b"b"
    assert pick_value([b"a"], "nope") is None
    assert pick_value([], None) is None
    assert file_name(["scans", "e<f"], row_path="1,a+b") == "scans-1,a+b-ef-889e2b.blob"
    assert file_name(["", "payload"], "33254ece") == "payload-33254e.blob"


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (1, "1 bytes"), (1536, "1.5 KB"), (123456, "120.6 KB"), (2**50, "1024.0 TB")]
)
def test_format_bytes(size, text):
    assert format_bytes(size) == text
