"""The table and view page: JSON, HTML, headers and errors."""

import json
import re

import pytest
from table_instance import open_museum


@pytest.fixture
async def museum(tmp_path):
    instance = open_museum(tmp_path)
    yield instance
    instance.close()


async def get_json(museum, path, status=200, **options):
    response = await museum.client.get(path, **options)
    assert response.status_code == status, response.text
    return response.json()


async def test_default_keys_in_order(museum):
    data = await get_json(museum, "/museum/halls.json?_size=2")
    assert list(data) == ["ok", "next", "next_url", "rows", "truncated"]
    assert data["next"] == "2"
    assert data["next_url"] == "http://localhost/museum/halls.json?_size=2&_next=2"
    assert data["rows"] == [{"id": 1, "name": "Atrium"}, {"id": 2, "name": "Crypt & Vault"}]
    assert data["truncated"] is False


async def test_pages_join_up(museum):
    found, url = [], "/museum/objects.json?_size=1&_sort_desc=grade"
    while url:
        data = await get_json(museum, url)
        found += [row["id"] for row in data["rows"]]
        url = data["next_url"]
    assert sorted(found) == [1, 2, 3, 4]
    assert [row for row in found if row in (2, 4)] == found[:2]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("array", [{"id": 1, "name": "Atrium"}]),
        ("arrayfirst", [1]),
        ("object", {"1": {"id": 1, "name": "Atrium"}}),
    ],
)
async def test_bare_shapes(museum, shape, expected):
    assert await get_json(museum, f"/museum/halls.json?_size=1&_shape={shape}") == expected


async def test_arrays_keep_the_envelope(museum):
    data = await get_json(museum, "/museum/halls.json?_size=1&_shape=arrays")
    assert data["rows"] == [[1, "Atrium"]]


async def test_compound_keys_of_the_object_shape(museum):
    assert list(await get_json(museum, "/museum/loans.json?_shape=object")) == ["1,Lima", "1,a~2Fb~2Cc", "2,Lima"]


async def test_lines(museum):
    response = await museum.client.get("/museum/halls.json?_shape=array&_nl=on&_size=2")
    assert response.headers["content-type"] == "text/plain"
    assert [json.loads(line)["id"] for line in response.text.splitlines()] == [1, 2]


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/museum/halls.json?_shape=odd", 400, "Invalid _shape: odd"),
        ("/museum/visits.json?_shape=object", 400, "_shape=object not available for tables with no primary keys"),
        ("/museum/halls.json?_extra=odd", 400, "Unknown _extra: odd"),
        ("/museum/halls.json?_json_infinity=perhaps", 400, "_json_infinity must be on or off"),
        ("/museum/nothing.json", 404, "Table not found"),
        ("/museum/scans.json", 403, "You do not have permission to view this table"),
        ("/museum/halls.json?_where=nope(", 400, 'near "order": syntax error'),
    ],
)
async def test_errors(museum, path, status, message):
    data = await get_json(museum, path, status)
    assert data == {"ok": False, "error": message, "errors": [message], "status": status}


async def test_unknown_format(museum):
    assert (await museum.client.get("/museum/halls.xml")).status_code == 404


async def test_infinities_and_large_numbers(museum):
    rows = (await get_json(museum, "/museum/measures.json"))["rows"]
    assert [row["value"] for row in rows] == [None, None, 9007199254740993]
    text = (await museum.client.get("/museum/measures.json?_json_infinity=on")).text
    assert "Infinity" in text and "-Infinity" in text


async def test_labels_only_where_there_are_some(museum):
    rows = (await get_json(museum, "/museum/objects.json?_labels=on&_col=hall_id"))["rows"]
    assert [row["hall_id"] for row in rows] == [
        {"value": 1, "label": "Atrium"},
        {"value": 2, "label": "Crypt & Vault"},
        None,
        9,
    ]


async def test_next_page_is_linked_from_a_refused_shape(museum):
    response = await museum.client.get("/museum/halls.json?_shape=odd&_size=1")
    assert response.headers["link"] == '<http://localhost/museum/halls.json?_shape=odd&_size=1&_next=1>; rel="next"'


async def test_json_text_is_parsed_on_request(museum):
    path = "/museum/objects.json?_size=1&_json=tags&_col=tags"
    assert (await get_json(museum, path))["rows"][0]["tags"] == '["wood", "gold"]'
    assert (await get_json(museum, path + "&_extra=columns"))["rows"][0]["tags"] == ["wood", "gold"]
    rows = (await get_json(museum, "/museum/objects/1.json?_json=tags&_json=title"))["rows"]
    assert rows[0]["tags"] == ["wood", "gold"]
    assert rows[0]["title"] == "Mask"


async def test_facets_and_their_links(museum):
    data = await get_json(museum, "/museum/objects.json?_facet=hall_id&grade=A&_facet_array=tags")
    results = data["facet_results"]["results"]
    grade, hall, tags = results["grade"], results["hall_id"], results["tags"]
    assert (grade["hideable"], hall["hideable"]) == (False, True)
    assert grade["results"][0]["selected"] is True
    assert "grade=A" not in grade["results"][0]["toggle_url"]
    assert hall["results"][0]["label"] == "Atrium"
    assert hall["toggle_url"] == "/museum/objects.json?grade=A&_facet_array=tags"
    assert tags["results"][0]["toggle_url"].endswith("&tags__arraycontains=gold")
    html = (await museum.client.get("/museum/objects?_facet=hall_id")).text
    assert html.index('data-column="grade"') < html.index('data-column="hall_id"')


async def test_a_facet_links_to_all_of_its_values_until_they_are_shown(tmp_path):
    museum = open_museum(tmp_path, settings={"max_returned_rows": 1, "default_facet_size": 1})
    link = '<li class="facet-truncated"><a href="/museum/objects?_facet=id&amp;_facet_size=max"'
    assert link in (await museum.client.get("/museum/objects?_facet=id")).text
    html = (await museum.client.get("/museum/objects?_facet=id&_facet_size=max")).text
    assert '<li class="facet-truncated">…</li>' in html
    museum.close()


async def test_every_extra_answers(museum):
    listed = (await get_json(museum, "/museum/objects.json?_extra=extras"))["extras"]
    names = [extra["name"] for extra in listed]
    data = await get_json(museum, f"/museum/objects.json?_extra={','.join(names)}")
    assert set(names) <= set(data)
    assert data["count"] == 4
    assert data["render_cell"][0] == {"site": '<a href="https://example.org/mask">https://example.org/mask</a>'}
    assert data["expandable_columns"] == [[{"column": "hall_id", "other_table": "halls", "other_column": "id"}, "name"]]
    assert data["table_definition"].startswith("create table objects") or data["table_definition"].startswith("CREATE")
    described = {extra["name"]: extra["selected"] for extra in data["extras"]}
    assert all(described.values())


async def test_view(museum):
    data = await get_json(museum, "/museum/grades.json?_size=1&_extra=is_view,primary_keys,view_definition")
    assert (data["is_view"], data["primary_keys"], data["next"]) == (True, [], "1")
    assert "group by grade" in data["view_definition"]


async def test_cache_headers(museum):
    plain = await museum.client.get("/museum/halls.json")
    assert plain.headers["cache-control"] == "max-age=5"
    assert plain.headers["referrer-policy"] == "no-referrer"
    assert (await museum.client.get("/museum/halls.json?_ttl=0")).headers["cache-control"] == "no-cache"
    assert (await museum.client.get("/museum/halls.json?_ttl=60")).headers["cache-control"] == "max-age=60"
    private = await museum.client.get("/museum/scans.json?_ttl=60", actor={"id": "curator"})
    assert private.headers["cache-control"] == "private, no-store"


async def test_link_headers(museum):
    response = await museum.client.get("/museum/halls?_size=1")
    assert response.headers["link"] == (
        '<http://localhost/museum/halls.json?_size=1>; rel="alternate"; type="application/json+datasette", '
        '<http://localhost/museum/halls?_size=1&_next=1>; rel="next"'
    )


async def test_absolute_urls_follow_the_client(museum):
    secure = await museum.client.get("/museum/halls.json?_size=1", headers={"host": "m.example"})
    assert secure.json()["next_url"].startswith("http://m.example/")
    unnamed = await museum.client.get("/museum/halls.json?_size=1", headers={"host": ""})
    assert unnamed.json()["next_url"].startswith("http://localhost/")


async def test_force_https(tmp_path):
    museum = open_museum(tmp_path, settings={"force_https_urls": True})
    assert (await get_json(museum, "/museum/halls.json?_size=1"))["next_url"].startswith("https://localhost/")
    museum.close()


async def test_base_url_stands_once(tmp_path):
    museum = open_museum(tmp_path, settings={"base_url": "/pre/"})
    data = (await museum.client.get("/museum/objects.json?_size=1&_extra=renderers")).json()
    assert data["next_url"].startswith("http://localhost/pre/museum/objects.json?")
    assert data["renderers"]["json"].startswith("/pre/museum/")
    html = (await museum.client.get("/museum/objects")).text
    assert "/pre/pre/" not in html
    museum.close()


async def test_form_is_redirected(museum):
    response = await museum.client.get(
        "/museum/halls?_filter_column=name&_filter_op=contains&_filter_value=a&_sort=name&_sort_by_desc=on"
    )
    assert response.status_code == 302
    assert response.headers["location"] == "/museum/halls?_sort=name&_sort_by_desc=on&name__contains=a"
    assert response.headers["link"] == "</museum/halls?_sort=name&_sort_by_desc=on&name__contains=a>; rel=preload"


def cells(html):
    body = html[html.index("<tbody>") : html.index("</tbody>")]
    return [re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in body.split("<tr")[1:]]


async def test_html_cells(museum):
    html = (await museum.client.get("/museum/objects")).text
    first, second, third, fourth = cells(html)
    assert first[0] == '<a href="/museum/objects/1">1</a>'
    assert first[2] == '<a href="/museum/halls/1">Atrium</a>&nbsp;<em>1</em>'
    assert second[1] == "&lt;b&gt;Coin&lt;/b&gt;"
    assert second[2] == '<a href="/museum/halls/2">Crypt &amp; Vault</a>&nbsp;<em>2</em>'
    assert third[2] == "&nbsp;"
    assert fourth[2] == "9"
    assert first[4] == '<a href="https://example.org/mask">https://example.org/mask</a>'


async def test_separate_link_for_compound_keys(museum):
    html = (await museum.client.get("/museum/loans")).text
    assert cells(html)[1][0] == '<a href="/museum/loans/1,a~2Fb~2Cc">1,a/b,c</a>'
    assert 'data-row="1,a~2Fb~2Cc"' in html


async def test_labels_can_be_turned_off(museum):
    html = (await museum.client.get("/museum/objects?_labels=off")).text
    assert cells(html)[0][2] == "1"


async def test_blob_of_a_view_has_no_link(tmp_path):
    museum = open_museum(tmp_path, config={})
    html = (await museum.client.get("/museum/raw")).text
    assert cells(html)[0] == ["&lt;Binary:&nbsp;2&nbsp;bytes&gt;"]
    html = (await museum.client.get("/museum/scans")).text
    assert 'href="/museum/scans/1.blob?_blob_column=payload"' in html
    museum.close()


async def test_replaced_partial_sees_row_objects(tmp_path):
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "_table-museum-halls.html").write_text(
        "{% for row in display_rows %}"
        "<p data-row='{{ row.pk_path }}'>{{ row.display('name') }}|{{ row['id'] }}|{{ row.row_label }}|"
        "{% for cell in row %}{{ cell.column }}={{ cell.raw }}:{{ cell.value_type }};{% endfor %}</p>{% endfor %}"
    )
    museum = open_museum(tmp_path, template_dir=str(templates))
    html = (await museum.client.get("/museum/halls")).text
    assert "<p data-row='1'>Atrium|1|Atrium|id=1:pk;name=Atrium:str;</p>" in html
    assert "<p data-row='3'>&nbsp;|3|None|id=3:pk;name=None:none;</p>" in html
    museum.close()


async def test_count_of_everything(museum):
    assert (await museum.client.post("/museum/objects/-/count?grade=A")).json() == {"ok": True, "count": 2}
    arranged = "grade=A&_size=x&_col=nope&_sort=nope&_next=nope&_facet=nope&_timelimit=x"
    assert (await museum.client.post(f"/museum/objects/-/count?{arranged}")).json() == {"ok": True, "count": 2}
    missing = await museum.client.post("/museum/nothing/-/count")
    assert (missing.status_code, missing.json()["error"]) == (404, "Table not found")


async def test_fragment_is_the_table_alone(museum):
    response = await museum.client.get("/museum/loans/-/fragment?_row=1,a~2Fb~2Cc")
    assert "<html" not in response.text
    assert [row[0] for row in cells(response.text)] == ['<a href="/museum/loans/1,a~2Fb~2Cc">1,a/b,c</a>']
    assert (await museum.client.get("/museum/loans/-/fragment?_row=1")).status_code == 400


async def test_a_table_made_meanwhile_is_found(museum):
    assert (await museum.client.get("/museum/fresh.json")).status_code == 404
    await museum.get_database("museum").execute_write("create table fresh (id integer primary key)")
    assert (await get_json(museum, "/museum/fresh.json"))["rows"] == []
