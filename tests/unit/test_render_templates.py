"""Where templates are found, which one is chosen, and that both environments agree."""

import os

import pytest
from jinja2 import TemplateNotFound

from vitrina.render.templates import BUILT_IN, Templates, escape_css_string, quote_plus


class Urls:
    """As much of the URL builder as the error page uses."""

    def instance(self):
        return "/"

    def path(self, path):
        return path


PAGE = {
    "urls": Urls(),
    "request": None,
    "menu_links": list,
    "show_messages": list,
    "crumb_items": lambda **_: [{"href": "/", "label": "<home>"}],
    "extra_css_urls": [],
    "extra_js_urls": [],
    "body_scripts": [],
    "status": 404,
    "error": "<nothing> & nobody",
    "title": None,
}


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_first_name_that_exists_is_chosen_and_marked():
    selection = Templates().select(["table-db-t.html", "table.html"])
    assert selection.name == "table.html"
    assert selection.considered == ("table-db-t.html", "*table.html")
    assert selection.built_in


def test_no_name_exists():
    with pytest.raises(TemplateNotFound):
        Templates().select(["nothing.html"])


async def test_the_users_directory_comes_before_plugins_and_plugins_before_the_built_in(tmp_path):
    plugin, own = tmp_path / "plugin", tmp_path / "own"
    write(plugin, "row.html", "plugin row")
    write(plugin, "table.html", "plugin table")
    write(own, "row.html", "own row")
    templates = Templates(template_dir=own, plugin_dirs=[plugin])
    assert await templates.render("row.html", {}) == "own row"
    assert await templates.render("table.html", {}) == "plugin table"
    assert not templates.select("table.html").built_in
    assert not templates.select("row.html").built_in
    assert templates.select("index.html").built_in


def test_an_overridden_built_in_template_takes_every_page_out_of_the_short_way(tmp_path):
    write(tmp_path, "base.html", "{% block content %}{% endblock %}")
    assert not Templates(plugin_dirs=[tmp_path]).select("table.html").built_in


def test_a_plugins_own_page_leaves_the_built_in_pages_alone(tmp_path):
    write(tmp_path, "my_plugin.html", "hello")
    templates = Templates(plugin_dirs=[tmp_path])
    assert templates.select("table.html").built_in
    assert not templates.select("my_plugin.html").built_in


async def test_default_prefix_reaches_the_overridden_template(tmp_path):
    write(tmp_path, "error.html", '{% extends "default:error.html" %}{% block title %}Mine{% endblock %}')
    html = await Templates(template_dir=tmp_path).render("error.html", PAGE)
    assert "<title>Mine</title>" in html
    assert "&lt;nothing&gt; &amp; nobody" in html


async def test_a_file_that_changes_is_read_again(tmp_path):
    write(tmp_path, "page.html", "one")
    templates = Templates(template_dir=tmp_path)
    assert await templates.render("page.html", {}) == "one"
    write(tmp_path, "page.html", "two, longer")
    os.utime(tmp_path / "page.html", (1, 1))
    assert await templates.render("page.html", {}) == "two, longer"


async def test_both_environments_write_the_same_page_up_to_space():
    templates = Templates()
    short = templates.render_built_in("error.html", PAGE)
    long = await templates.render("error.html", PAGE)
    assert "".join(short.split()) == "".join(long.split())


async def test_what_plugins_add_to_the_environment_is_there_in_both():
    templates = Templates()
    templates.environment.filters["loud"] = str.upper
    templates.environment.globals["answer"] = 42
    assert templates._twin.filters["loud"]("a") == "A"
    assert templates._twin.globals["answer"] == 42


async def test_values_are_escaped_and_awaited(tmp_path):
    async def later():
        return "<b>"

    write(tmp_path, "page.html", "{{ later() }} {{ csrftoken() }}.")
    assert await Templates(template_dir=tmp_path).render("page.html", {"later": later}) == "&lt;b&gt; ."


@pytest.mark.parametrize(
    ("text", "escaped"),
    [("plain_1-2", "plain_1-2"), ('a"b', "a\\000022b"), ("é ~", "é ~"), ("a\r\nb'\\", "a\\00000Ab\\000027\\00005C")],
)
def test_escape_css_string(text, escaped):
    assert escape_css_string(text) == escaped


def test_quote_plus():
    assert quote_plus("a b&c=ü") == "a+b%26c%3D%C3%BC"


def test_no_template_has_inline_script_or_style():
    """A strict content security policy would block them."""
    for path in BUILT_IN.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "style=" not in text, path.name
        assert " onclick=" not in text, path.name
        for tag in text.split("<script")[1:]:
            head = tag.split(">")[0]
            inert = "src=" in head or "application/json" in head
            assert inert or "body_script" in tag.split("</script>")[0] or path.name == "base.html", path.name
