"""Table pages over schemas that are legal but rarely seen."""

import sqlite3

import pytest

from vitrina.facade.datasette import Datasette

SCHEMA = """
create table ports (code text primary key, title text);
create table calls (id integer primary key autoincrement, port text references PORTS, home text references ports(code));
create index "later" on calls(home);
create index "earlier" on calls(port);
create table gauges (level integer, wind integer);
create table tides (rowid integer primary key, height real);
create view heights as select height from tides;
insert into ports values ('a', 'Aden'), ('b', 'Bari');
insert into calls (port, home) values ('a', 'b'), ('b', null), (null, 'a');
insert into gauges values (1, 5), (2, 5), (3, 6);
insert into tides values (1, 0.5), (2, 1.5);
"""

CONFIG = {"databases": {"odd": {"tables": {"ports": {"label_column": "title"}}}}}


@pytest.fixture
async def odd(tmp_path):
    path = tmp_path / "odd.db"
    with sqlite3.connect(path) as conn:
        conn.executescript(SCHEMA)
    conn.close()
    instance = Datasette(files=[str(path)], settings={"default_allow_sql": False}, config=CONFIG)
    yield instance
    instance.close()


async def get_json(instance, path, status=200):
    response = await instance.client.get(path)
    assert response.status_code == status, response.text
    return response.json()


async def test_expandable_columns_say_what_the_declaration_says(odd):
    data = await get_json(odd, "/odd/calls.json?_extra=expandable_columns&_labels=on")
    declared = {key["column"]: key for key, _ in data["expandable_columns"]}
    assert declared == {
        "home": {"column": "home", "other_table": "ports", "other_column": "code"},
        "port": {"column": "port", "other_table": "PORTS", "other_column": None},
    }
    assert data["rows"][0]["port"] == {"value": "a", "label": "Aden"}


async def test_indexes_follow_the_table_in_the_order_they_were_made(odd):
    data = await get_json(odd, "/odd/calls.json?_extra=table_definition")
    assert [line.split(" on ")[0] for line in data["table_definition"].splitlines()[1:]] == [
        'CREATE INDEX "later"',
        'CREATE INDEX "earlier"',
    ]


async def test_the_sequence_table_is_listed(odd):
    tables = (await get_json(odd, "/odd.json"))["tables"]
    assert {table["name"]: table["hidden"] for table in tables}["sqlite_sequence"] is False


@pytest.mark.parametrize("labels", ["on", "off", "1", "maybe"])
async def test_naming_a_label_leaves_the_others_out(odd, labels):
    data = await get_json(odd, f"/odd/calls.json?_labels={labels}&_label=home")
    assert data["rows"][0] == {"id": 1, "port": "a", "home": {"value": "b", "label": "Bari"}}


async def test_leaving_every_column_out_is_refused(odd):
    data = await get_json(odd, "/odd/gauges.json?_nocol=level&_nocol=wind", 400)
    assert data["error"] == 'near "from": syntax error'


@pytest.mark.parametrize("token", ["1", "1,2", "1,b,c"])
async def test_of_a_token_only_the_rowid_counts(odd, token):
    data = await get_json(odd, f"/odd/gauges.json?_next={token}")
    assert [row["rowid"] for row in data["rows"]] == [2, 3]


async def test_a_key_column_may_be_called_rowid(odd):
    data = await get_json(odd, "/odd/tides.json?_next=1&_extra=query")
    assert data["query"]["sql"] == "select rowid, height from tides where ((rowid > :p0)) order by rowid limit 101"


async def test_the_mark_for_null_is_text_where_the_key_is_never_null(odd):
    data = await get_json(odd, "/odd/calls.json?_next=$null&_extra=query")
    assert data["query"]["params"] == {"p0": "$null"}
    assert data["rows"] == []


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ("_col=zz&_sort=zz&_where=1", 400, "_col=zz - invalid columns"),
        ("_sort=zz&_where=1&_extra=nope", 403, "_where= is not allowed"),
        ("_sort=zz&_extra=nope", 400, "Cannot sort table by zz"),
        ("_col=zz&_json_infinity=zz", 400, "_col=zz - invalid columns"),
        ("_extra=nope", 400, "Unknown _extra: nope"),
    ],
)
@pytest.mark.parametrize("format", ["json", "csv"])
async def test_the_first_of_several_faults_is_named(odd, query, status, error, format):
    response = await odd.client.get(f"/odd/gauges.{format}?{query}")
    assert response.status_code == status
    assert (response.json()["error"] if format == "json" else response.text) == error


async def test_a_facet_of_no_column_is_refused_in_csv_too(odd):
    response = await odd.client.get("/odd/gauges.csv?_facet=zz")
    assert (response.status_code, response.text) == (400, "no such column: zz")


async def test_filters_of_a_form_are_redirected_before_its_sort(odd):
    response = await odd.client.get("/odd/gauges?_filter_column=level&_filter_op=gt&_filter_value=1&_sort_by_desc=on")
    assert response.headers["location"] == "/odd/gauges?_sort_by_desc=on&level__gt=1"


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/odd/ports/zz.json?_extra=nope", 404, "Row not found"),
        ("/odd/ports/a.json?_extra=nope,count&_shape=zz", 400, "Unknown _extra: count, nope"),
        ("/odd/ports/a.csv?_extra=nope", 400, "Unknown _extra: nope"),
        ("/odd/heights/1,2.json", 400, "URL row identifier does not match the primary key for this table"),
        ("/odd/gauges.csv?_stream=1&_extra=nope", 400, "Unknown _extra: nope"),
    ],
)
async def test_unknown_extras_are_refused_last(odd, path, status, error):
    response = await odd.client.get(path)
    assert response.status_code == status
    assert error in response.text


async def test_only_facet_arguments_bring_facet_results(odd):
    assert "facet_results" not in await get_json(odd, "/odd/gauges.json?_facetx=wind")
    assert "facet_results" in await get_json(odd, "/odd/gauges.json?_facet_size=2")


async def test_hidden_form_arguments_stand_together(odd):
    data = await get_json(odd, "/odd/gauges.json?_facet=wind&_size=1&_facet=level&_extra=form_hidden_args&_sort=wind")
    assert data["form_hidden_args"] == [
        ["_facet", "wind"],
        ["_facet", "level"],
        ["_size", "1"],
        ["_extra", "form_hidden_args"],
    ]


async def test_autocomplete_refuses_a_flag_that_is_none(odd):
    response = await odd.client.get("/odd/ports/-/autocomplete?_initial=zz")
    assert response.status_code == 400


async def test_csv_shown_on_a_page_keeps_the_name_of_the_file(odd):
    response = await odd.client.get("/odd/gauges.csv?_dl=1&_trace=1")
    assert response.headers["content-disposition"] == 'attachment; filename="gauges.csv"'
    assert response.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("name", ["items", "texts", "inner", "j"])
async def test_arrays_are_faceted_whatever_the_table_is_called(tmp_path, name):
    path = tmp_path / "arrays.db"
    with sqlite3.connect(path) as conn:
        conn.execute(f'create table "{name}" (id integer primary key, tags text)')
        conn.execute(f"""insert into "{name}" values (1, '["a", "b"]'), (2, '["a"]'), (3, null)""")
        conn.execute(f'create view seen as select * from "{name}"')
    conn.close()
    instance = Datasette(files=[str(path)])
    for source in (name, "seen"):
        data = await get_json(instance, f"/arrays/{source}.json?_facet_array=tags")
        found = data["facet_results"]["results"]["tags"]["results"]
        assert [(item["value"], item["count"]) for item in found] == [("a", 2), ("b", 1)]
    instance.close()


async def test_a_full_text_table_follows_its_view_or_what_its_lost_table_would_be_allowed(tmp_path):
    path = tmp_path / "odd.db"
    with sqlite3.connect(path) as conn:
        conn.executescript(
            """
            create view open as select 'x' as a;
            create view shut as select 'x' as a;
            create virtual table open_fts using fts5(a, content="open");
            create virtual table shut_fts using fts5(a, content="shut");
            create virtual table lost_fts using fts4(a, content="lost");
            """
        )
    conn.close()
    instance = Datasette(files=[str(path)], config={"databases": {"odd": {"tables": {"shut": {"allow": False}}}}})
    await get_json(instance, "/odd/open_fts.json")
    await get_json(instance, "/odd/shut_fts.json", 403)
    await get_json(instance, "/odd/lost_fts.json", 400)
    await get_json(instance, "/odd/open_fts_data.json", 403)
    assert {table["name"] for table in (await get_json(instance, "/odd.json"))["tables"]} == {"open_fts", "lost_fts"}
    instance.close()


async def test_columns_are_searched_whose_names_read_like_operators(tmp_path):
    path = tmp_path / "odd.db"
    with sqlite3.connect(path) as conn:
        conn.executescript(
            """
            create table t (id integer primary key, _mark text, a__b text, _search text);
            insert into t values (1, 'red', 'blue', 'x'), (2, 'x', 'red', 'red');
            create virtual table t_fts using fts4(_mark, a__b, _search, content="t");
            insert into t_fts(t_fts) values ('rebuild');
            """
        )
    conn.close()
    instance = Datasette(files=[str(path)])
    # The last is a filter on the column "_search", which no longer keeps such a page from being read.
    for argument, expected in (
        ("_search__mark", 1),
        ("_search_a__b", 2),
        ("_search__search", 2),
        ("_search__exact", 2),
    ):
        data = await get_json(instance, f"/odd/t.json?{argument}=red")
        assert [row["id"] for row in data["rows"]] == [expected], argument
    await get_json(instance, "/odd/t.json?_search_nothing=red", 400)
    instance.close()


async def test_nothing_is_sampled_where_no_column_could_point_anywhere(tmp_path):
    path = tmp_path / "odd.db"
    with sqlite3.connect(path) as conn:
        conn.executescript("create table alone (id integer primary key); insert into alone values (1)")
    conn.close()
    instance = Datasette(files=[str(path)])
    instance.root_enabled = True
    response = await instance.client.get("/odd/alone/-/foreign-key-suggestions", actor={"id": "root"})
    check = response.json()["row_check"]
    assert (check["attempted"], check["status"], check["sampled_rows"]) == (False, "skipped", 0)
    instance.close()


async def test_column_types_of_an_immutable_file_can_be_chosen(tmp_path):
    path = tmp_path / "odd.db"
    with sqlite3.connect(path) as conn:
        conn.execute("create table links (id integer primary key, site text)")
    conn.close()
    instance = Datasette(immutables=[str(path)])
    instance.root_enabled = True
    response = await instance.client.get("/odd/links.json?_extra=set_column_type_ui", actor={"id": "root"})
    ui = response.json()["set_column_type_ui"]
    assert "url" in [option["name"] for option in ui["columns"]["site"]["options"]]
    body = {"column": "site", "column_type": {"type": "url"}}
    response = await instance.client.post(ui["path"], json=body, actor={"id": "root"})
    assert response.status_code == 200, response.text
    instance.close()


async def test_the_links_of_a_row_spell_its_key_as_the_row_does(tmp_path):
    path = tmp_path / "odd.db"
    with sqlite3.connect(path) as conn:
        conn.executescript("create table t (id integer primary key, b blob); insert into t values (5, x'00ff')")
    conn.close()
    instance = Datasette(files=[str(path)])
    for key in ("5", "05", "5~2E0"):
        assert 'href="/odd/t/5.blob?_blob_column=b"' in (await instance.client.get(f"/odd/t/{key}")).text, key
        exported = (await instance.client.get(f"/odd/t/{key}.csv")).text
        assert exported == "id,b\r\n5,http://localhost/odd/t/5.blob?_blob_column=b\r\n"
    instance.close()


async def test_keys_that_lead_to_a_table_are_ordered_by_the_column_that_they_name(tmp_path):
    path = tmp_path / "odd.db"
    with sqlite3.connect(path) as conn:
        conn.executescript(
            """
            create table t (id integer primary key, label text unique);
            create table u (a text references t(label), b integer references t(id), c integer references t(id));
            insert into t values (1, 'x'), (2, null);
            """
        )
    conn.close()
    instance = Datasette(files=[str(path)])
    for key, value in ((1, "x"), (2, "2")):
        data = await get_json(instance, f"/odd/t/{key}.json?_extra=foreign_key_tables")
        assert data["foreign_key_tables"][2]["link"] == f"/odd/u?a={value}"
    assert [(key["column"], key["other_column"]) for key in data["foreign_key_tables"]] == [
        ("id", "b"),
        ("id", "c"),
        ("label", "a"),
    ]
    instance.close()


async def test_rows_of_a_view_are_found_where_it_has_a_rowid(tmp_path):
    path = tmp_path / "odd.db"
    with sqlite3.connect(path) as conn:
        conn.executescript(
            """
            create table t (name text, b blob);
            insert into t values ('a', null), ('b', x'00ff');
            create view named as select rowid, * from t;
            create view loud as select rowid as ROWID, name from t;
            create view bare as select name from t;
            create view broken as select * from gone;
            """
        )
    conn.close()
    instance = Datasette(files=[str(path)])
    instance.root_enabled = True
    for address in ("named/2", "loud/2"):
        data = await get_json(instance, f"/odd/{address}.json")
        assert [row["name"] for row in data["rows"]] == ["b"]
        assert data["primary_keys"] == ["rowid"]
        page = await instance.client.get(f"/odd/{address}", actor={"id": "root"})
        assert page.status_code == 200
        assert "data-row-action" not in page.text  # a view's rows cannot be edited
    assert (await instance.client.get("/odd/named/2.blob?_blob_column=b")).content == b"\x00\xff"
    await get_json(instance, "/odd/named/3.json", 404)
    await get_json(instance, "/odd/bare/1.json", 404)
    assert (await get_json(instance, "/odd/broken/1.json", 400))["error"] == "no such table: main.gone"
    instance.close()


async def test_labels_of_equal_numbers_are_each_column_s_own_text(tmp_path):
    path = tmp_path / "odd.db"
    with sqlite3.connect(path) as conn:
        conn.executescript(
            """
            create table t (id integer primary key);
            create table u (whole integer references t(id), real float references t(id));
            insert into t values (1);
            insert into u values (1, 1);
            """
        )
    conn.close()
    instance = Datasette(files=[str(path)])
    row = (await get_json(instance, "/odd/u.json?_labels=on"))["rows"][0]
    assert (row["whole"]["label"], row["real"]["label"]) == ("1", "1.0")
    instance.close()


async def test_a_label_that_equals_its_value_is_shown_as_the_value(tmp_path):
    path = tmp_path / "odd.db"
    with sqlite3.connect(path) as conn:
        conn.executescript(
            """
            create table t (name primary key);
            create table u (id integer primary key, real float references t(name));
            insert into t values (1);
            insert into u values (1, 1);
            """
        )
    conn.close()
    instance = Datasette(files=[str(path)])
    assert '<a href="/odd/t/1~2E0">1.0</a></td>' in (await instance.client.get("/odd/u")).text
    instance.close()


async def test_hidden_tables_are_offered_to_try_the_autocompletion(tmp_path):
    path = tmp_path / "odd.db"
    with sqlite3.connect(path) as conn:
        conn.executescript("create table _inner (id integer primary key, name text); create table z (a, name text)")
    conn.close()
    instance = Datasette(files=[str(path)])
    page = (await instance.client.get("/-/debug/autocomplete")).text
    places = [page.index(f"?database=odd&amp;table={name}") for name in ("_inner", "z")]
    assert places == sorted(places)
    instance.close()


async def test_a_blob_of_a_table_tells_of_the_next_page(tmp_path):
    path = tmp_path / "odd.db"
    with sqlite3.connect(path) as conn:
        conn.executescript("create table t (id integer primary key, b blob); insert into t (b) values (x'00'), (x'01')")
    conn.close()
    instance = Datasette(files=[str(path)])
    response = await instance.client.get("/odd/t.blob?_blob_column=b&_size=1")
    following = "http://localhost/odd/t.blob?_blob_column=b&_size=1&_next=1"
    assert response.headers["link"] == f'<{following}>; rel="next"'
    assert (await instance.client.get(following)).content == b"\x01"
    instance.close()


async def test_a_label_links_to_its_row_whatever_the_type_of_the_column(tmp_path):
    path = tmp_path / "odd.db"
    with sqlite3.connect(path) as conn:
        conn.executescript(
            """
            create table p (k text primary key);
            insert into p values ('a@b.co');
            create table t (id integer primary key, mail text references p(k));
            insert into t values (1, 'a@b.co'), (2, 'c@d.co');
            """
        )
    conn.close()
    tables = {"t": {"column_types": {"mail": "email"}}}
    instance = Datasette(files=[str(path)], config={"databases": {"odd": {"tables": tables}}})
    page = (await instance.client.get("/odd/t")).text
    assert '<a href="/odd/p/a~40b~2Eco">a@b.co</a>' in page
    assert '<a href="mailto:c@d.co">c@d.co</a>' in page
    rendered = (await get_json(instance, "/odd/t.json?_labels=on&_extra=render_cell"))["render_cell"]
    assert rendered == [{}, {"mail": '<a href="mailto:c@d.co">c@d.co</a>'}]
    instance.close()
