"""Catalogs for the tests of plans, made from CREATE statements."""

import sqlite3

from vitrina.config.settings import Settings
from vitrina.engine.sqlite.introspect import introspect
from vitrina.plan.table import plan_table

SCHEMA = """
create table harbours (id integer primary key, name text);
create table ships (
    id integer primary key, title text, built text, tonnage real, flags text,
    home integer references harbours(id), twin integer references ships(id)
);
create table calls (
    harbour integer references harbours(id), ship integer references ships(id), day text, "order" text,
    primary key (harbour, ship, day)
);
create table weather (day text, wind);
create table "odd ""name" ("a""b" text, "[x]" text, _hidden text);
create view fleet as select id, title from ships;
create table logs (id integer primary key, body text, author text);
create virtual table logs_fts using fts5(body, author, content="logs", content_rowid="id");
"""


def catalog_of(script: str = SCHEMA):
    conn = sqlite3.connect(":memory:")
    try:
        conn.executescript(script)
        return introspect(conn, "db", 1)
    finally:
        conn.close()


CATALOG = catalog_of()


def plan(table: str, pairs=(), *, settings=None, visible=lambda name: True, **options):
    return plan_table(
        CATALOG, CATALOG.get(table), list(pairs), settings=settings or Settings(), visible=visible, **options
    )
