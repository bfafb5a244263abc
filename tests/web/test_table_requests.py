"""What is said about requests to create and alter tables, and what altering leaves in place."""

import sqlite3

import pytest
from written_instance import post

BOOLEAN = "Input should be a valid boolean"
EXPRESSIONS = "'current_timestamp', 'current_date', 'current_time', 'current_unixtime' or 'current_unixtime_ms'"


def errors(instance, body, path="/data/-/create"):
    response = post(instance, path, body)
    return (response.status_code, response.json().get("errors"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # the fields of each column first, then those of the table
        (
            {
                "alter": "q",
                "columns": [{"zz": 1, "fk_column": 5, "default_expr": 5, "default": [1], "not_null": [], "name": ""}],
            },
            [
                "columns.0.default_expr: Input should be a valid string",
                "columns.0.fk_column: Input should be a valid string",
                f"columns.0.not_null: {BOOLEAN}",
                "columns.0.zz: Extra inputs are not permitted",
                f"alter: {BOOLEAN}, unable to interpret input",
            ],
        ),
        ({"columns": [{"name": "a", "not_null": 0.5}]}, [f"columns.0.not_null: {BOOLEAN}"]),
        (
            {"columns": [{"name": "a", "not_null": " true"}]},
            [f"columns.0.not_null: {BOOLEAN}, unable to interpret input"],
        ),
        (
            {"columns": [{"name": "a", "default": 1, "default_expr": "now"}]},
            [f"columns.0.default_expr: Input should be {EXPRESSIONS}"],
        ),
        # then the table as a whole, one fault at a time
        ({"table": 0, "columns": [{"name": "a"}] * 2}, ["Table is required"]),
        ({"columns": [{"name": "a"}] * 2, "row": {"a": 1}}, ["Cannot specify columns with rows or row"]),
        ({"columns": [{"name": "a"}] * 2, "pk": 5}, ["Duplicate column name: a"]),
        ({"row": 5, "pk": 5}, ["pk must be a string"]),
        ({"row": {"a": 1}, "pk": 5, "pks": 5}, ["pk must be a string"]),
        ({"row": 5, "ignore": True}, ["ignore and replace require pk or pks"]),
        ({"row": {"a": 1}, "pk": "", "ignore": True}, ["ignore and replace require pk or pks"]),
        ({"row": 5}, ["row must be an object"]),
        ({"columns": [{"name": "a", "default": [1]}], "ignore": True}, ["ignore and replace require row or rows"]),
        ({"table": "plain", "columns": [{"name": "a"}], "pk": "a"}, ["pk cannot be changed for existing table"]),
    ],
)
def test_what_is_wrong_with_a_new_table(instance, body, expected):
    assert errors(instance, {"table": "fresh", **body}) == (400, expected)


def test_an_empty_type_is_that_of_text(instance):
    response = post(instance, "/data/-/create", {"table": "fresh", "columns": [{"name": "a", "type": None}]})
    assert response.json()["schema"] == 'CREATE TABLE "fresh" (\n   "a" TEXT\n)'


def test_one_kind_of_key_may_be_empty(instance):
    for table, keys in (("first", {"pk": "a", "pks": []}), ("second", {"pk": "", "pks": ["a"]})):
        response = post(instance, "/data/-/create", {"table": table, "row": {"a": 1}, **keys})
        assert '"a" INTEGER PRIMARY KEY' in response.json()["schema"]


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        (
            [("add_column", {"default_expr": 5, "name": 5, "type": "q", "default": 1})],
            [
                "operations.0.add_column.args.default_expr: Input should be a valid string",
                "operations.0.add_column.args.name: Input should be a valid string",
                "operations.0.add_column.args.type: Input should be 'text', 'integer', 'float' or 'blob'",
            ],
        ),
        ([("alter_column", {})], ["operations.0.alter_column.args.name: Field required"]),
        ([("add_foreign_key", {})], ["operations.0.add_foreign_key.args.column: Field required"]),
        (
            [("set_foreign_keys", {"foreign_keys": [{}]})],
            ["operations.0.set_foreign_keys.args.foreign_keys.0.column: Field required"],
        ),
        (
            [("add_column", {"name": "a", "default": [1]}), ("add_column", {"name": 5})],
            ["operations.1.add_column.args.name: Input should be a valid string"],
        ),
        (
            [("add_column", {"name": "a", "default": [1]}), ("add_column", {"name": "b", "not_null": True})],
            ["add_column args.default or args.default_expr is required when not_null is true"],
        ),
        ([("add_column", {"name": "a", "default": [1]})], ["Error binding parameter 1: type 'list' is not supported"]),
        (
            [("alter_column", {"name": "nope", "not_null": True})],
            ["not_null set {'nope'} includes items not in columns {'x', 'y'}"],
        ),
        (
            [("alter_column", {"name": "nope", "default": None})],
            ["defaults set {'nope'} includes items not in columns {'x', 'y'}"],
        ),
        (
            [("alter_column", {"name": "x", "default": "z"}), ("drop_column", {"name": "x"})],
            ["defaults set {'x'} includes items not in columns {'y'}"],
        ),
    ],
)
def test_what_is_wrong_with_operations(instance, operations, expected):
    body = {"operations": [{"op": op, "args": args} for op, args in operations]}
    assert errors(instance, body, "/data/loose/-/alter") == (400, expected)


@pytest.mark.parametrize(
    ("columns", "op", "args", "left"),
    [
        ("a TEXT, n INTEGER CHECK ( n < 9 )", "rename_column", {"name": "n", "to": "m"}, '"m" INTEGER CHECK (m < 9)'),
        ('a TEXT, n INTEGER CHECK ("n" < 9)', "rename_column", {"name": "n", "to": "m"}, '"m" INTEGER CHECK ("m" < 9)'),
        ("a TEXT, n INTEGER CHECK ([n] < 9)", "rename_column", {"name": "n", "to": "m"}, '"m" INTEGER CHECK ([m] < 9)'),
        ("a TEXT, n INTEGER CHECK (n < 9)", "rename_column", {"name": "n", "to": "a b"}, 'CHECK ("a b" < 9)'),
        ("a TEXT, n INT CHECK (n < 9) UNIQUE", "rename_column", {"name": "a", "to": "b"}, "UNIQUE CHECK (n < 9)"),
        (
            "a TEXT, n INT, UNIQUE (a COLLATE NOCASE, n)",
            "reorder_columns",
            {"columns": ["n"]},
            'UNIQUE ("a" COLLATE "NOCASE", "n")',
        ),
        (
            "a TEXT, n INT, FOREIGN KEY (a, n) REFERENCES pairs(a, b)",
            "reorder_columns",
            {"columns": ["n"]},
            'FOREIGN KEY ("a", "n") REFERENCES "pairs"("a", "b")',
        ),
    ],
)
def test_constraints_keep_their_text(instance, path, columns, op, args, left):
    with sqlite3.connect(path) as conn:
        conn.execute(f"CREATE TABLE kept_text ({columns})")
    conn.close()
    response = post(instance, "/data/kept_text/-/alter", {"operations": [{"op": op, "args": args}]})
    assert left in response.json()["schema"]


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ("a TEXT, n INTEGER, CHECK (n < 9)", "Cannot drop column 'n': it is used by CHECK constraint 'n < 9'"),
        (
            "a TEXT, n INTEGER, CONSTRAINT few CHECK (n < 9)",
            "Cannot drop column 'n': it is used by CHECK constraint 'few'",
        ),
        ("a TEXT CHECK (a > n), n INTEGER", "Cannot drop column 'n': it is used by CHECK constraint 'a > n'"),
        (
            "a TEXT, n INTEGER, g TEXT GENERATED ALWAYS AS (\"n\" || '!')",
            "Cannot drop column 'n': it is used by the generated column 'g'",
        ),
        ("a TEXT, n INTEGER, PRIMARY KEY (a, n)", "expressions prohibited in PRIMARY KEY and UNIQUE constraints"),
    ],
)
def test_a_column_that_is_needed_stays(instance, path, columns, error):
    with sqlite3.connect(path) as conn:
        conn.execute(f"CREATE TABLE needed ({columns})")
    conn.close()
    body = {"operations": [{"op": "drop_column", "args": {"name": "N"}}]}
    assert errors(instance, body, "/data/needed/-/alter") == (400, [error])


def test_what_is_unique_goes_with_its_column(instance, path):
    with sqlite3.connect(path) as conn:
        conn.execute("CREATE TABLE single (a TEXT, n INTEGER, UNIQUE (n, a))")
    conn.close()
    response = post(instance, "/data/single/-/alter", {"operations": [{"op": "drop_column", "args": {"name": "n"}}]})
    assert response.json()["schema"] == 'CREATE TABLE "single" (\n   "a" TEXT\n)'
