"""Tables that are made, changed and dropped through a whole instance."""

import asyncio
import sqlite3

from written_instance import post, rows

from vitrina.facade.datasette import Datasette


def test_create_alter_and_drop(instance, path, listener):
    columns = [{"name": "id", "type": "integer"}, {"name": "n", "type": "integer", "default": 5}]
    created = post(instance, "/data/-/create", {"table": "made", "columns": columns, "pk": "id"})
    assert created.status_code == 201
    operations = [
        {"op": "add_column", "args": {"name": "label"}},
        {"op": "rename_column", "args": {"name": "n", "to": "number"}},
        {"op": "rename_table", "args": {"to": "renamed"}},
    ]
    altered = post(instance, "/data/made/-/alter", {"operations": operations}).json()
    assert altered["schema"] == (
        'CREATE TABLE "renamed" (\n   "id" INTEGER PRIMARY KEY,\n   "number" INTEGER DEFAULT \'5\',\n   "label" TEXT\n)'
    )
    assert post(instance, "/data/renamed/-/drop").json()["row_count"] == 0
    assert post(instance, "/data/renamed/-/drop", {"confirm": True}).json() == {"ok": True}
    assert [name for name, _ in listener.events] == ["create-table", "rename-table", "alter-table", "drop-table"]


def test_the_rows_are_announced_before_the_columns_that_they_added(instance, listener):
    body = {"rows": [{"a": 1}], "alter": True}
    post(instance, "/data/-/create", {"table": "made", "rows": [{"id": 1}], "pk": "id"})
    post(instance, "/data/made/-/insert", body)
    post(instance, "/data/made/-/upsert", {"rows": [{"id": 1, "b": 1}], "alter": True})
    post(instance, "/data/made/1/-/update", {"update": {"c": 1}, "alter": True})
    names = [name for name, _ in listener.events]
    assert names[2:] == ["insert-rows", "alter-table", "upsert-rows", "alter-table", "update-row"]


def test_no_table_is_made_where_none_would_be_kept():
    instance = Datasette(memory=True)
    instance.root_enabled = True
    refused = post(instance, "/_memory/-/create", {"table": "made", "columns": [{"name": "a"}]})
    assert (refused.status_code, refused.json()["error"]) == (400, "A table made here would not be kept")
    instance.close()


def test_a_rebuilt_table_keeps_what_it_had(instance, path):
    conn = sqlite3.connect(path)
    conn.executescript(
        """
        create table full (id integer primary key autoincrement, a text collate nocase unique, b int check (b > 0),
          c generated always as (b * 2), d default (1 + 1), e, f integer references plain(id) on delete cascade);
        create index full_b on full (b) where b > 1;
        create trigger full_t after insert on full begin update full set e = new.b where id = new.id; end;
        create view full_view as select a, b from full;
        create table child (full_id integer references full(id));
        insert into full (id, a, b, e) values (7, 'x', 3, 4);
        delete from full; insert into full (a, b) values ('y', 4);
        """
    )
    conn.close()
    body = {"operations": [{"op": "rename_column", "args": {"name": "b", "to": "amount"}}]}
    assert post(instance, "/data/full/-/alter", body).status_code == 200
    assert rows(path, "select id, a, amount, c, d, e from full") == [(8, "y", 4, 8, 2, 4)]
    assert rows(path, "select * from full_view") == [("y", 4)]
    names = {row[0] for row in rows(path, "select name from sqlite_master where tbl_name = 'full' and sql not null")}
    assert names == {"full", "full_b", "full_t"}
    inserted = post(instance, "/data/full/-/insert", {"row": {"a": "z", "amount": 9}}).json()["rows"][0]
    assert (inserted["id"], inserted["e"]) == (9, 9)
    refused = post(instance, "/data/full/-/insert", {"row": {"a": "Z", "amount": 9}})
    assert refused.json()["error"] == "UNIQUE constraint failed: full.a"
    assert rows(path, "pragma foreign_key_list(full)")[0][2:7] == ("plain", "f", "id", "NO ACTION", "CASCADE")


def test_a_failed_alter_changes_nothing(instance, path):
    before = rows(path, "select sql from sqlite_master order by name")
    operations = [
        {"op": "add_column", "args": {"name": "more"}},
        {"op": "alter_column", "args": {"name": "size", "not_null": True}},
    ]
    assert post(instance, "/data/plain/-/alter", {"operations": operations}).status_code == 400
    assert rows(path, "select sql from sqlite_master order by name") == before


def test_a_table_is_rebuilt_while_foreign_keys_are_enforced(instance, path):
    conn = sqlite3.connect(path)
    conn.executescript(
        "create table child (id integer primary key, plain_id integer references plain(id) on delete cascade);"
        "insert into child values (1, 1);"
    )
    conn.close()
    database = instance.get_database("data")
    asyncio.run(database.execute_write_fn(lambda conn: conn.execute("pragma foreign_keys = 1"), transaction=False))
    body = {"operations": [{"op": "rename_column", "args": {"name": "name", "to": "label"}}]}
    assert post(instance, "/data/plain/-/alter", body).status_code == 200
    assert rows(path, "select id, plain_id from child") == [(1, 1)]
    assert post(instance, "/data/child/-/insert", {"row": {"plain_id": 99}}).json()["error"] == (
        "FOREIGN KEY constraint failed"
    )
