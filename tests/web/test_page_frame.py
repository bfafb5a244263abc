"""What every page has in common: headers, policy, what plugins and the configuration add."""

import pytest

from vitrina.facade.datasette import Datasette
from vitrina.hooks.markers import hookimpl

POLICY = "content-security-policy"


async def html_of(instance, path, **options):
    response = await instance.client.get(path, **options)
    assert response.status_code == 200, response.text
    return response.text


async def test_a_built_in_page_has_a_strict_policy_and_may_be_framed(fleet):
    for path in ("/", "/fleet", "/fleet/boats", "/fleet/boats/1", "/fleet/-/query?sql=select+1", "/-/versions"):
        policy = (await fleet.client.get(path)).headers[POLICY]
        assert "default-src 'self'" in policy
        assert "unsafe-inline" not in policy.replace("style-src-attr 'unsafe-inline'", "")
        assert "frame-ancestors" not in policy


async def test_no_built_in_page_has_an_inline_script(fleet):
    for path in ("/", "/fleet", "/fleet/boats", "/fleet/boats/1", "/fleet/-/query?sql=select+1", "/-/versions"):
        html = await html_of(fleet, path)
        for tag in html.split("<script")[1:]:
            opening = tag.split(">")[0]
            assert "src=" in opening or 'type="application/json"' in opening
        assert "style=" not in html


def directives(response):
    parts = (part.strip().partition(" ") for part in response.headers[POLICY].split(";"))
    return {name: values.split() for name, _, values in parts}


async def test_a_script_of_a_plugin_is_allowed_by_a_nonce_of_its_own(with_plugin):
    class Plugin:
        @hookimpl
        def extra_body_script(self):
            return "shout()"

        @hookimpl
        def extra_js_urls(self):
            return ["https://scripts.example/a.js", "/b.js"]

    instance = with_plugin(Plugin())
    nonces = set()
    for path in ("/fleet", "/fleet/boats"):
        page = await instance.client.get(path)
        scripts = directives(page)["script-src"]
        assert "'self'" in scripts and "https://scripts.example" in scripts
        assert "'unsafe-inline'" not in scripts
        (nonce,) = [word[7:-1] for word in scripts if word.startswith("'nonce-")]
        assert f'<script nonce="{nonce}">shout()</script>' in page.text
        nonces.add(nonce)
    assert len(nonces) == 2


async def test_foreign_markup_allows_inline_scripts_and_has_no_nonce(with_plugin):
    class Plugin:
        @hookimpl
        def extra_body_script(self):
            return "shout()"

        @hookimpl
        def top_homepage(self):
            return "<p onclick='shout()'>top</p>"

    page = await with_plugin(Plugin()).client.get("/")
    assert "'unsafe-inline'" in directives(page)["script-src"]
    assert "nonce" not in page.headers[POLICY]
    assert "<script>shout()</script>" in page.text


async def test_the_strict_policy_for_all_and_what_it_blocked_in_the_log(with_plugin, caplog):
    class Plugin:
        @hookimpl
        def extra_body_script(self):
            return "shout()"

    instance = with_plugin(Plugin())
    instance.site.state["strict_csp"] = True
    page = await instance.client.get("/fleet")
    found = directives(page)
    assert found["default-src"] == ["'self'"] and "script-src" not in found
    (address,) = found["report-uri"]
    report = {"csp-report": {"effective-directive": "script-src", "blocked-uri": "inline", "document-uri": "x\ny"}}
    for _ in range(2):
        answer = await instance.client.post(address, json=report)
        assert answer.status_code == 200
    lines = [record.getMessage() for record in caplog.records if record.name == "vitrina.csp"]
    assert len(lines) == 1
    assert "plugin-0" in lines[0] and "\n" not in lines[0]
    for bad in (b"", b"[]", b"{}", b'{"csp-report": 3}', b"\xff", b"x" * 20000):
        assert (await instance.client.post(address, content=bad)).status_code == 400


async def test_alternate_link_comes_before_the_next_page(fleet):
    link = (await fleet.client.get("/fleet/boats?_size=1")).headers["link"]
    first, second = link.split(", ")
    assert first == '<http://localhost/fleet/boats.json?_size=1>; rel="alternate"; type="application/json+datasette"'
    assert second == '<http://localhost/fleet/boats?_size=1&_next=1>; rel="next"'


async def test_configured_and_hooked_urls_appear_once(tmp_path):
    class Plugin:
        @hookimpl
        def extra_css_urls(self, view_name):
            return [f"/{view_name}.css", {"url": "https://example.org/a.css", "sri": "sha384-x"}]

        @hookimpl
        def extra_js_urls(self):
            async def later():
                return [{"url": "/a.js", "module": True}]

            return later

    config = {"extra_css_urls": ["/index.css", "/last.css"], "settings": {"base_url": "/prefix/"}}
    instance = Datasette(memory=True, config=config)
    plugin = Plugin()
    instance.pm.register(plugin, name="urls")
    try:
        html = await html_of(instance, "/")
        assert html.count('href="/prefix/index.css"') == 1
        assert 'href="https://example.org/a.css" integrity="sha384-x" crossorigin="anonymous"' in html
        assert '<script type="module" src="/prefix/a.js"></script>' in html
        # What the owner of the site wrote wins over what plugins bring.
        assert html.index("/a.css") < html.index("/prefix/last.css")
    finally:
        instance.pm.unregister(plugin)
        instance.close()


async def test_template_variables_of_plugins_may_be_asynchronous(with_plugin, tmp_path):
    (tmp_path / "templates").mkdir()
    page = '{% extends "default:index.html" %}{% block content %}{{ greeting() }} {{ seen }}{% endblock %}'
    (tmp_path / "templates" / "index.html").write_text(page)

    class Plugin:
        @hookimpl
        def extra_template_vars(self, template, view_name):
            async def greeting():
                return "<hello>"

            async def later():
                return {"greeting": greeting, "seen": f"{template} {view_name}"}

            return later

    instance = with_plugin(Plugin(), template_dir=str(tmp_path / "templates"))
    assert "&lt;hello&gt; index.html index" in await html_of(instance, "/")


async def test_environment_of_a_request(with_plugin):
    class Plugin:
        @hookimpl
        def jinja2_environment_from_request(self, env, request):
            changed = env.overlay()
            changed.globals = {**env.globals, "static": lambda path, **_: f"/changed/{path}"}
            return changed

    assert 'src="/changed/boot.js"' in await html_of(with_plugin(Plugin()), "/")


async def test_menu_links_and_their_order(with_plugin):
    class Plugin:
        @hookimpl
        def menu_links(self, datasette, actor, request):
            async def later():
                return [{"href": datasette.urls.path("/x"), "label": "A & B"}] if actor else None

            return later

    instance = with_plugin(Plugin())
    assert "details-menu" not in await html_of(instance, "/")
    html = await html_of(instance, "/", actor={"id": "anna", "name": "Anna"})
    assert '<li><a href="/x">A &amp; B</a></li>' in html
    assert "<strong>Anna</strong>" in html


async def test_considered_templates_are_named(fleet):
    html = await html_of(fleet, "/fleet/boats")
    assert "<!-- Templates considered: table-fleet-boats.html, *table.html -->" in html


async def test_context_is_shown_only_where_it_is_allowed(open_fleet):
    page = await open_fleet(settings={"template_debug": True}).client.get("/fleet/boats?_context=1")
    assert page.text.startswith("<pre>") and '"database": "fleet"' in page.text
    assert page.headers["link"].startswith("<http://localhost/fleet/boats.json?_context=1>;")
    assert page.headers["cache-control"] == "max-age=5"


async def test_context_is_not_shown_otherwise(fleet):
    assert "<!DOCTYPE html>" in await html_of(fleet, "/fleet?_context=1")


async def test_a_message_is_shown_once(fleet):
    await fleet.invoke_startup()
    cookie = {"ds_messages": fleet.sign([["Well <done>", 1]], "messages")}
    response = await fleet.client.get("/", cookies=cookie)
    assert '<p class="message-info">Well &lt;done&gt;</p>' in response.text
    assert response.headers["set-cookie"].startswith('ds_messages=""')


async def test_render_template_of_plugins(fleet):
    await fleet.invoke_startup()
    template = fleet.get_jinja_environment().from_string("{{ database }} {{ base_url }} {{ actor }}")
    assert await fleet.render_template(template, {"database": "<x>"}) == "&lt;x&gt; / None"
    assert "<title>Hello</title>" in await fleet.render_template(
        ["missing.html", "error.html"], {"title": "Hello", "status": 400, "error": ""}
    )


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("https://例え.jp/x.js", " https://xn--r8jz45g.jp"),
        ("https://name:word@cdn.example:8443/x.js", " https://cdn.example:8443"),
        ("https://[::1]:8443/x.js", " https://[::1]:8443"),
        ("https://cdn.example; object-src */x.js", ""),
        ("//[::1/x.js", ""),
    ],
)
async def test_the_address_of_a_script_cannot_spoil_the_policy(address, source):
    datasette = Datasette(memory=True, config={"extra_js_urls": [address]})
    answer = await datasette.client.get("/")
    assert answer.status_code == 200
    policy = answer.headers[POLICY]
    assert f"script-src 'self' 'unsafe-eval'{source} https:;" in policy
    assert policy.count("object-src") == 1
    await datasette.invoke_shutdown()
