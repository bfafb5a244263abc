"""Rows that are written through a whole instance."""

from written_instance import post, rows


def test_insert_and_read_back(instance, path):
    response = post(
        instance, "/data/plain/-/insert", {"row": {"size": 2, "data": {"$base64": True, "encoded": "AAE="}}}
    )
    assert response.status_code == 201
    row = {"id": 3, "name": "none", "size": 2.0, "data": {"$base64": True, "encoded": "AAE="}}
    assert response.json() == {"ok": True, "rows": [row]}
    assert rows(path, "select data from plain where id = 3") == [(b"\x00\x01",)]


def test_rows_that_differ_in_columns(instance, path):
    body = {"rows": [{"name": "a"}, {"name": "b", "size": 3}]}
    assert post(instance, "/data/plain/-/insert", body).json() == {"ok": True}
    assert rows(path, "select name, size from plain where id > 2") == [("a", None), ("b", 3.0)]
    # Rows that are read back are inserted one by one, each with its own defaults.
    body = {"rows": [{"size": 1}, {"name": "c"}], "return": True}
    returned = post(instance, "/data/plain/-/insert", body).json()["rows"]
    assert [(row["name"], row["size"]) for row in returned] == [("none", 1.0), ("c", None)]


def test_a_failing_row_takes_the_others_with_it(instance, path):
    response = post(instance, "/data/guarded/-/insert", {"rows": [{"name": "new"}, {"name": "taken"}]})
    assert (response.status_code, response.json()["error"]) == (400, "UNIQUE constraint failed: guarded.name")
    assert rows(path, "select name from guarded") == [("taken",)]


def test_ignore_and_replace(instance, path):
    body = {"rows": [{"id": 1, "name": "other"}, {"id": 5}], "ignore": True, "return": True}
    assert [row["id"] for row in post(instance, "/data/plain/-/insert", body).json()["rows"]] == [1, 5]
    assert rows(path, "select name from plain where id = 1") == [("one",)]
    post(instance, "/data/plain/-/insert", {"rows": [{"id": 1, "name": "other"}], "replace": True})
    assert rows(path, "select name, size from plain where id = 1") == [("other", None)]


def test_upsert(instance, path):
    body = {"rows": [{"a": "x", "b": 1, "value": "changed"}, {"a": "y", "b": 2, "value": "new"}], "return": True}
    response = post(instance, "/data/pairs/-/upsert", body)
    assert (response.status_code, response.json()) == (200, {"ok": True, "rows": body["rows"]})
    assert post(instance, "/data/loose/-/upsert", {"row": {"rowid": 1, "x": 9}}).json()["rows"] == [
        {"rowid": 1, "x": 9, "y": 2}
    ]


def test_update_and_delete(instance, path):
    response = post(instance, "/data/pairs/x,1/-/update", {"update": {"value": [1]}, "return": True})
    assert response.json() == {"ok": True, "rows": [{"a": "x", "b": 1, "value": "[1]"}]}
    assert post(instance, "/data/pairs/x,1/-/delete").json() == {"ok": True}
    assert post(instance, "/data/pairs/x,1/-/delete").status_code == 404
    assert post(instance, "/data/kept/1/-/delete").json()["error"] == "this stays"
    moved = post(instance, "/data/plain/1/-/update", {"update": {"id": 10}, "return": True}).json()
    assert moved["rows"][0]["id"] == 10


def test_notices_after_a_change(instance):
    response = post(instance, "/data/plain/1/-/delete?_redirect_to_table=1")
    assert response.json() == {"ok": True, "redirect": "/data/plain"}
    signed = response.cookies["ds_messages"]
    assert instance.unsign(signed, "messages") == [["Deleted row 1 (one)", 1]]
