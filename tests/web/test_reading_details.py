"""Small things about pages of data that other programs rely on."""

from __future__ import annotations

import re
import sqlite3
from urllib.parse import unquote_plus

import pytest
from table_instance import CONFIG, open_museum

from vitrina.facade.datasette import Datasette

QUERIES = {"broken": "select * from nowhere", "one": "select 1"}


@pytest.fixture
def museum(tmp_path):
    databases = {"museum": {**CONFIG["databases"]["museum"], "queries": QUERIES}}
    instance = open_museum(tmp_path, config={"databases": databases})
    yield instance
    instance.close()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/museum/objects.json?_shape=nope", 400),
        ("/museum/visits.json?_shape=object", 400),
        ("/museum/objects/1.json?_shape=nope", 400),
        ("/museum/one.json?_shape=nope", 400),
        ("/museum/one.json?_shape=object", 400),
        ("/museum/objects?_filter_column=title&_filter_value=x", 302),
    ],
)
async def test_refused_shapes_and_redirects_keep_the_address_to_themselves(museum, path, status):
    response = await museum.client.get(path)
    assert (response.status_code, response.headers["referrer-policy"]) == (status, "no-referrer")


@pytest.mark.parametrize("path", ["/museum/-/query.json?sql=select+*+from+nowhere&x=1", "/museum/broken.json?x=1"])
async def test_sql_that_fails_has_its_extra_blocks_too(museum, path):
    body = (await museum.client.get(f"{path}&_extra=query,columns,database&_shape=array")).json()
    assert body["query"] == {"sql": "select * from nowhere", "params": {}}
    assert (body["columns"], body["database"], body["rows"]) == ([], "museum", [])
    assert (body["error"], body["status"], body["truncated"]) == ("no such table: nowhere", 400, False)


@pytest.mark.parametrize("sql", ["select+1+as+a", "select+*+from+nowhere"])
async def test_a_download_of_no_column_is_refused(museum, sql):
    response = await museum.client.get(f"/museum/-/query.blob?sql={sql}&_blob_column=b")
    assert response.status_code == 400
    assert "b is not a valid column" in response.text


async def test_a_fragment_of_a_view_has_no_single_row(museum):
    response = await museum.client.get("/museum/grades/-/fragment?_row=1,2")
    assert response.status_code == 400
    assert "_row is not supported for views" in response.text


async def test_the_filter_form_has_the_columns_as_they_are_shown(museum):
    page = (await museum.client.get("/museum/objects?_col=site&_col=title")).text
    menu = page[page.index('name="_filter_column"') :].partition("</select>")[0]
    names = re.findall(r"<option>(\w+)</option>", menu)
    assert names == ["id", "site", "title", "hall_id", "grade", "tags"]


async def test_the_column_of_links_is_marked(museum):
    page = (await museum.client.get("/museum/visits")).text
    head = re.search(r"<th[^>]*>Link", page)[0]
    assert 'data-column="Link"' in head
    assert 'data-is-link-column="1"' in head
    assert "data-is-link-column" not in (await museum.client.get("/museum/objects")).text


async def test_headings_say_what_is_a_view(museum):
    assert re.search(r"<h1>.*grades \(view\)</h1>", (await museum.client.get("/museum/grades")).text)
    assert "(view)" not in (await museum.client.get("/museum/objects")).text


SHELVES = """
create table bare (id integer primary key, mark unique, n integer);
create table partly (id integer primary key, mark text, n integer);
create unique index partly_mark on partly(mark) where n > 0;
create table upper ("ID" integer primary key, mark text);
create table made (id integer primary key, mark text, name text generated always as (mark || '!') virtual unique);
create table many (id integer primary key, a text unique, b unique);
create table keyed (note text, shelf text, side text, number integer, primary key (number, shelf));
create table other (id integer primary key, up integer references UPPER("ID"), same integer references upper("ID"));
create table loose (id integer primary key, gone integer references nowhere(id), one integer references bare(id));
insert into loose values (1, 5, 1);
create table brief (id integer primary key, one integer references bare);
insert into brief values (1, 1);
create view spots as select 1 as x union all select 2;
insert into bare values (1, 'm1', 2); insert into partly values (1, 'm2', 2); insert into upper values (1, 'm3');
insert into made (id, mark) values (1, 'm4'); insert into many values (1, 'm5', 'm6');
insert into keyed values ('n', 's', 'left', 7);
"""


@pytest.fixture
def shelves(tmp_path):
    path = tmp_path / "shelves.db"
    with sqlite3.connect(path) as conn:
        conn.executescript(SHELVES)
    conn.close()
    instance = Datasette(
        [str(path)],
        config={
            "permissions": {"insert-row": {"id": "root"}, "update-row": {"id": "root"}, "alter-table": {"id": "root"}}
        },
    )
    yield instance
    instance.close()


@pytest.mark.parametrize(
    ("table", "label"), [("bare", "m1"), ("partly", "m2"), ("upper", None), ("made", "m4"), ("many", None)]
)
async def test_what_stands_for_a_row(shelves, table, label):
    rows = (await shelves.client.get(f"/shelves/{table}/-/autocomplete?_initial=1")).json()["rows"]
    assert [row.get("label") for row in rows] == [label]


async def test_the_page_of_a_row_begins_with_its_key(shelves):
    response = await shelves.client.get("/shelves/keyed/7,s")
    assert re.findall(r'<th class="col-(\w+)"', response.text) == ["shelf", "number", "note", "side"]
    assert re.findall(r'<td class="col-(\w+) [^>]*>(?:<strong>)?([^<]*)', response.text) == [
        ("shelf", "s"),
        ("number", "7"),
        ("note", "n"),
        ("side", "left"),
    ]
    assert list((await shelves.client.get("/shelves/keyed/7,s.json")).json()["rows"][0]) == [
        "note", "shelf", "side", "number"
    ]  # fmt: skip


async def test_keys_that_spell_their_table_otherwise_are_not_listed(shelves):
    tables = {table["name"]: table for table in (await shelves.client.get("/shelves.json")).json()["tables"]}
    outgoing = tables["other"]["foreign_keys"]["outgoing"]
    assert outgoing == [{"other_table": "upper", "column": "same", "other_column": "ID"}]


async def test_what_is_no_value_cannot_be_chosen(shelves):
    data = (await shelves.client.get("/shelves/spots.json?_facet=rowid&rowid=x")).json()
    assert data["facet_results"]["results"]["rowid"]["results"] == []
    data = (await shelves.client.get("/shelves/spots.json?_facet=rowid&_nosuggest=1")).json()
    (item,) = data["facet_results"]["results"]["rowid"]["results"]
    assert (item["value"], item["toggle_url"]) == (
        None, "http://localhost/shelves/spots.json?_facet=rowid&_nosuggest=1"
    )  # fmt: skip


@pytest.mark.parametrize("how", ["", "&_stream=1", "&_stream=1&_sort=gone"])
@pytest.mark.parametrize("which", ["_labels=on", "_label=gone&_label=one"])
async def test_the_heading_of_a_label_stands_where_there_is_none(shelves, how, which):
    text = (await shelves.client.get(f"/shelves/loose.csv?{which}{how}")).text
    assert text == "id,gone,gone_label,one,one_label\r\n1,5,,1,m1\r\n"
    text = (await shelves.client.get(f"/shelves/loose.csv?_label=gone{how}")).text
    assert text == "id,gone,gone_label,one\r\n1,5,,1\r\n"


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        ("_filter_column=mark&_filter_op=exact&_filter_value=&_sort=&_search=", "?mark__exact="),
        ("_filter_column=&_filter_op=exact&_filter_value=&_sort=n&_search=", "?_sort=n"),
        ("_filter_column=&_filter_op=exact&_filter_value=", ""),
        ("_sort_by_desc=on&_sort=n&_search=", "?_sort_desc=n"),
    ],
)
async def test_empty_fields_of_the_form_do_not_get_into_the_address(shelves, asked, location):
    response = await shelves.client.get(f"/shelves/bare?{asked}")
    assert response.headers["location"] == f"/shelves/bare{location}"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("bare.csv?_facet=rowid", 200),
        ("bare.csv?_facet=MARK", 200),
        ("bare.csv?_facet=", 200),
        ("bare.csv?_facet_date=z+z", 200),
        ("bare.csv?_facet=zz&_nofacet=1", 200),
        ("bare.csv?_facet=zz&_shape=array", 200),
        ("bare.csv?_facet=zz&_stream=1", 400),
        ("bare.csv?_facet_date=zz", 400),
        ("bare.json?_facet_array=zz&_shape=arrayfirst", 400),
        ("bare.json?_facet=zz&_shape=array", 200),
        ("bare.csv?_stream=1&_size=x", 400),
        ("bare.csv?_stream=1&_size=1001", 400),
        ("bare.csv?_stream=1&_size=max", 200),
    ],
)
async def test_arguments_without_effect_are_still_looked_at(shelves, path, status):
    assert (await shelves.client.get(f"/shelves/{path}")).status_code == status


@pytest.mark.parametrize("shape", ["nope", "", "object", "array"])
async def test_an_unknown_extra_is_refused_before_the_shape(shelves, shape):
    body = (await shelves.client.get(f"/shelves/spots.json?_shape={shape}&_extra=nope")).json()
    assert body["error"] == "Unknown _extra: nope"


async def test_hidden_sql_is_what_the_editor_would_have(shelves):
    page = (await shelves.client.get("/shelves/-/query?_hide_sql=1")).text
    assert '<input type="hidden" name="sql" value="select * from bare">' in page
    failed = (await shelves.client.get("/shelves/-/query?sql=select+nope")).text
    assert '<a href="/shelves/-/query?sql=select+nope&amp;_hide_sql=1">hide</a>' in failed


async def test_the_example_of_an_upsert_has_the_columns_in_the_order_of_the_table(shelves):
    page = await shelves.client.get("/-/api", actor={"id": "root"})
    assert page.status_code == 200
    lines = unquote_plus(page.text)
    expected = (
        '"note": "<note>",\n      "shelf": "<shelf (primary key)>",\n      '
        '"side": "<side>",\n      "number": "<number (primary key)>"'
    )
    assert expected in lines


@pytest.mark.parametrize(
    ("asked", "status"), [("", 400), ("&_searchmode=x", 400), ("&_searchmode=escaped", 200), ("&_searchmode=raw", 400)]
)
async def test_only_escaped_undoes_a_configured_raw_search(tmp_path, asked, status):
    path = tmp_path / "notes.db"
    with sqlite3.connect(path) as conn:
        conn.execute("create virtual table notes using fts5(body)")
        conn.execute("insert into notes values ('bell')")
    conn.close()
    config = {"databases": {"notes": {"tables": {"notes": {"searchmode": "raw"}}}}}
    instance = Datasette([str(path)], config=config)
    response = await instance.client.get(f'/notes/notes.json?_search="bell{asked}')
    instance.close()
    assert response.status_code == status


async def test_a_stream_of_pages_without_rows_is_a_heading(shelves):
    assert (await shelves.client.get("/shelves/bare.csv?_stream=1&_size=0")).text == "id,mark,n\r\n"


async def test_a_fragment_takes_the_fields_of_the_form_too(shelves):
    response = await shelves.client.get("/shelves/bare/-/fragment?n=2&_filter_column=mark&_filter_value=m1")
    assert (response.status_code, response.headers["location"]) == (302, "/shelves/bare/-/fragment?n=2&mark__=m1")


async def test_referring_tables_say_what_they_declare(shelves):
    body = (await shelves.client.get("/shelves/bare/1.json?_extra=foreign_key_tables")).json()
    declared = {each["other_table"]: (each["column"], each["count"]) for each in body["foreign_key_tables"]}
    assert declared == {"brief": (None, 1), "loose": ("id", 1)}


async def test_an_empty_column_of_a_download_is_no_column(shelves):
    for path in ("bare/1.blob", "bare.blob"):
        assert " is not a valid column" in (await shelves.client.get(f"/shelves/{path}?_blob_column=")).text
        assert "?_blob_column= is required" in (await shelves.client.get(f"/shelves/{path}")).text


async def test_sizes_of_zero_in_the_configuration_are_none(tmp_path):
    table = {"size": 0, "facets": ["grade"], "facet_size": 0, "column_types": {"site": {"type": "url", "config": {}}}}
    instance = open_museum(tmp_path, config={"databases": {"museum": {"tables": {"objects": table}}}})
    body = (await instance.client.get("/museum/objects.json?_extra=facet_results,column_types")).json()
    instance.close()
    assert len(body["rows"]) == 4
    assert [item["value"] for item in body["facet_results"]["results"]["grade"]["results"]] == ["A", "B"]
    assert body["column_types"] == {"site": {"type": "url", "config": None}}


async def test_only_a_target_that_could_be_chosen_is_current(shelves):
    async def current(table):
        path = f"/shelves/{table}/-/foreign-key-suggestions"
        columns = (await shelves.client.get(path, actor={"id": "root"})).json()["columns"]
        assert all(option["type"] == option["type"].upper() for column in columns for option in column["options"])
        return {column["column"]: (column["type"], column["current"]) for column in columns}

    assert await current("loose") == {
        "id": ("INTEGER", None),
        "gone": ("INTEGER", None),
        "one": ("INTEGER", {"fk_table": "bare", "fk_column": "id"}),
    }
    assert (await current("brief"))["one"] == ("INTEGER", {"fk_table": "bare", "fk_column": None})
    assert (await current("other"))["up"] == ("INTEGER", None)


@pytest.mark.parametrize(
    ("token", "end"), [("", " limit 101"), ("0", " limit 101 offset 0"), ("1", " limit 101 offset 1")]
)
async def test_a_view_says_where_it_was_asked_to_begin(shelves, token, end):
    body = (await shelves.client.get(f"/shelves/spots.json?_extra=query&_next={token}")).json()
    assert body["query"]["sql"].endswith(f"from spots {end}")


async def test_a_bad_size_is_refused_before_a_bad_stream(shelves):
    response = await shelves.client.get("/shelves/bare.csv?_stream=1&_next=1&_size=x")
    assert response.text == "_size must be a positive integer"
    response = await shelves.client.get("/shelves/bare.csv?_sort=zz&_size=x")
    assert response.text == "Cannot sort table by zz"


async def test_hidden_columns_can_have_types_too(tmp_path):
    path = tmp_path / "notes.db"
    with sqlite3.connect(path) as conn:
        conn.execute("create virtual table notes using fts4(body)")
    conn.close()
    instance = Datasette([str(path)], config={"permissions": {"set-column-type": {"id": "root"}}})
    response = await instance.client.get("/notes/notes.json?_extra=set_column_type_ui", actor={"id": "root"})
    instance.close()
    columns = response.json()["set_column_type_ui"]["columns"]
    assert list(columns) == ["body", "notes", "docid", "__langid"]
    assert columns["docid"] == {"current": None, "options": []}


async def test_the_title_of_a_page_that_was_not_counted(shelves):
    page = (await shelves.client.get("/shelves/bare?_nocount=1&n=2")).text
    assert "<title>shelves: bare: where n = 2</title>" in page
