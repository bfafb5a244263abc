"""The content security policy of one answer follows from what plugins gave to it, not from what they could give."""

import base64
import hashlib

from markupsafe import Markup

from vitrina.hooks.markers import hookimpl
from vitrina.web import content_policy

POLICY = "content-security-policy"
TABLE, ROW, QUERY, DATABASE = "/fleet/boats", "/fleet/boats/1", "/fleet/-/query?sql=select+1+as+a", "/fleet"


async def grade(instance, path):
    """strict, styled, scripts or open."""
    policy = (await instance.client.get(path)).headers[POLICY]
    parts = {name: words.split() for name, _, words in (part.strip().partition(" ") for part in policy.split(";"))}
    if "script-src" in parts:
        return "open" if "'unsafe-inline'" in parts["script-src"] else "scripts"
    return "styled" if "style-src" in parts else "strict"


class Slots:
    @hookimpl
    def top_table(self, table):
        return "<b>top</b>" if table == "boats" else None

    @hookimpl
    def top_database(self):
        return "  "

    @hookimpl
    def top_row(self):
        async def later():
            return "<b>row</b>"

        return later


async def test_a_slot_counts_where_it_gives_something(with_plugin):
    instance = with_plugin(Slots())
    grades = {path: await grade(instance, path) for path in ("/", DATABASE, TABLE, ROW, QUERY, "/fleet/_ropes")}
    assert grades == {
        "/": "strict",
        DATABASE: "strict",
        TABLE: "open",
        ROW: "open",
        QUERY: "strict",
        "/fleet/_ropes": "strict",
    }


class Cells:
    @hookimpl
    def render_cell(self, table, column, value):
        if table == "boats" and column == "name":
            return Markup("<i>{}</i>").format(value)
        if table is None:
            return Markup("<i>1</i>") if column == "markup" else "plain text"
        return "plain text"


async def test_cells_count_where_they_are_html(with_plugin):
    instance = with_plugin(Cells())
    assert await grade(instance, TABLE) == "open"
    assert await grade(instance, ROW) == "open"
    assert await grade(instance, f"{TABLE}?_col=id&_nocol=name") == "strict"
    assert await grade(instance, "/fleet/_ropes") == "strict"
    assert await grade(instance, QUERY) == "strict"
    assert await grade(instance, "/fleet/-/query?sql=select+1+as+markup") == "open"
    assert await grade(instance, "/") == "strict"


class Variables:
    @hookimpl
    def extra_template_vars(self, view_name):
        if view_name == "database":
            return {"display_actor": lambda actor: Markup("<b>you</b>")}
        return {"my_own": lambda: 1, "show_logout": True}


async def test_variables_count_where_they_replace_what_pages_print(with_plugin):
    instance = with_plugin(Variables())
    assert await grade(instance, TABLE) == "strict"
    assert await grade(instance, DATABASE) == "open"


class Menus:
    @hookimpl
    def table_actions(self, table):
        item = {"type": "button", "label": "Go", "attrs": {"onclick": "go()"} if table == "boats" else {"id": "go"}}
        return [item]

    @hookimpl
    def menu_links(self, request):
        return [{"href": "/x", "label": Markup("<b>X</b>") if request.path == "/" else "X"}]


async def test_menus_count_where_they_bring_html_or_a_script(with_plugin):
    instance = with_plugin(Menus())
    assert await grade(instance, "/") == "open"
    assert await grade(instance, TABLE) == "open"
    assert await grade(instance, "/fleet/_ropes") == "strict"


class Assets:
    @hookimpl
    def extra_css_urls(self, view_name):
        return ["https://styles.example/a.css"] if view_name == "database" else []

    @hookimpl
    def extra_js_urls(self, view_name):
        return ["https://scripts.example:8443/a.js"] if view_name == "table" else []

    @hookimpl
    def extra_body_script(self, view_name):
        return "shout()" if view_name == "row" else ""


async def test_assets_count_where_they_are_given_and_their_origins_are_named(with_plugin):
    instance = with_plugin(Assets())
    assert await grade(instance, "/") == "strict"
    assert await grade(instance, DATABASE) == "styled"
    assert "style-src 'self' https://styles.example " in (await instance.client.get(DATABASE)).headers[POLICY]
    assert await grade(instance, TABLE) == "scripts"
    assert "https://scripts.example:8443" in (await instance.client.get(TABLE)).headers[POLICY]
    row = await instance.client.get(ROW)
    assert "'nonce-" in row.headers[POLICY] and "<script nonce=" in row.text


async def test_a_description_as_html_counts_where_it_is_shown(open_fleet):
    config = {"databases": {"fleet": {"description_html": "<p onclick='go()'>Boats</p>"}}}
    instance = open_fleet(metadata=config)
    assert await grade(instance, DATABASE) == "open"
    assert await grade(instance, TABLE) == "strict"
    assert await grade(instance, "/") == "strict"


async def test_a_template_counts_for_the_pages_it_is_part_of(open_fleet, tmp_path):
    for name, text in {
        "row.html": "{% extends 'default:row.html' %}",
        "_table-fleet-boats.html": "<p>boats</p>",
        "pages/about.html": "<p>about</p>",
        "404.html": "<p>nothing</p>",
    }.items():
        path = tmp_path / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    instance = open_fleet(template_dir=str(tmp_path / "templates"))
    assert await grade(instance, "/") == "strict"
    assert await grade(instance, "/fleet/_ropes") == "strict"
    assert await grade(instance, TABLE) == "open"
    assert "<p>boats</p>" in (await instance.client.get(TABLE)).text
    assert await grade(instance, ROW) == "open"
    assert await grade(instance, "/about") == "open"
    assert await grade(instance, "/nowhere/at/all") == "open"
    assert await grade(instance, "/fleet/-/query?sql=select+nothing") == "strict"


async def test_a_base_template_counts_for_all_pages(open_fleet, tmp_path):
    (tmp_path / "base.html").write_text("{% block content %}{% endblock %}")
    instance = open_fleet(template_dir=str(tmp_path))
    for path in ("/", TABLE, ROW, QUERY, "/nowhere/at/all"):
        assert await grade(instance, path) == "open"


async def test_forms_of_writing_queries_may_lead_where_the_query_says(open_fleet):
    query = {"sql": "delete from boats", "write": True, "on_success_redirect": "https://elsewhere.example/done?x=1"}
    instance = open_fleet(config={"databases": {"fleet": {"queries": {"empty": query}}}})
    policy = (await instance.client.get("/fleet/empty", actor={"id": "root"})).headers[POLICY]
    assert "form-action 'self' https://elsewhere.example;" in policy


async def test_what_the_strict_policy_blocked_is_told_by_plugin(with_plugin, caplog):
    instance = with_plugin(Assets())
    instance.pm.register(Slots(), name="policy-slots")
    instance.site.state["strict_csp"] = True
    try:
        for path in (DATABASE, TABLE, ROW, "/fleet/_ropes"):
            assert await grade(instance, path) == "strict"

        async def told(directive, blocked, page):
            caplog.clear()
            report = {"effective-directive": directive, "blocked-uri": blocked, "document-uri": f"http://x{page}"}
            answer = await instance.client.post("/-/csp-reports", json={"csp-report": report})
            assert answer.status_code == 200
            return caplog.text

        by_script = await told("script-src-elem", "https://scripts.example:8443/a.js", f"{TABLE}?_size=1")
        assert "from plugin-0 (extra_js_urls)" in by_script and "policy-slots" not in by_script
        inline = await told("script-src-attr", "inline", TABLE)
        assert "policy-slots (top_table)" in inline
        assert "policy-slots" not in await told("script-src-attr", "inline", "/fleet/_ropes")
        assert "plugin-0 (extra_js_urls)" in await told("connect-src", "https://elsewhere.example", TABLE)
        assert "plugin-0" not in await told("style-src-attr", "inline", ROW)
    finally:
        instance.pm.unregister(name="policy-slots")


async def test_where_tests_of_plugins_run_inline_scripts_are_named_by_their_hashes(with_plugin, monkeypatch):
    monkeypatch.setattr(content_policy, "_by_hash", True)
    row = await with_plugin(Assets()).client.get(ROW)
    assert "<script>shout()</script>" in row.text
    digest = base64.b64encode(hashlib.sha256(b"shout()").digest()).decode()
    assert f"'sha256-{digest}'" in row.headers[POLICY] and "nonce" not in row.headers[POLICY]
