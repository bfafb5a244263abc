"""A small instance to write to, as root, and what its plugins hear of it."""

import asyncio
import json
import sqlite3

import pytest

from vitrina.facade.datasette import Datasette
from vitrina.hooks.markers import hookimpl

SCHEMA = """
create table plain (id integer primary key, name text not null default 'none', size real, data blob);
create table pairs (a text, b integer, value text, primary key (a, b));
create table loose (x, y);
create table typed (id integer primary key, mail text);
create table guarded (id integer primary key, name text unique check (length(name) < 9));
create table kept (id integer primary key);
create trigger keep before delete on kept begin select raise(abort, 'this stays'); end;
create view seen as select name from plain;
create virtual table words using fts5(text);
insert into plain values (1, 'one', 1.5, null), (2, 'two', null, null);
insert into pairs values ('x', 1, 'x1');
insert into loose values (1, 2);
insert into guarded values (1, 'taken');
insert into kept values (1);
"""
ROOT = {"actor": {"id": "root"}}


class Listener:
    """A plugin that writes down every event, and may wrap writes."""

    def __init__(self):
        self.events = []
        self.wrapper = None
        self.heard = None

    @hookimpl
    def track_event(self, event):
        self.events.append((event.name, event.properties()))
        return self.heard(event) if self.heard is not None else None

    @hookimpl
    def write_wrapper(self):
        return self.wrapper


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "data.db"
    conn = sqlite3.connect(path)
    conn.executescript(SCHEMA)
    conn.close()
    return path


@pytest.fixture
def instance(path):
    config = {"databases": {"data": {"tables": {"typed": {"column_types": {"mail": "email"}}}}}}
    instance = Datasette(files=[str(path)], config=config, secret="a-test-secret")
    instance.root_enabled = True
    yield instance
    instance.close()


@pytest.fixture
def listener(instance):
    listener = Listener()
    instance.pm.register(listener, name="listener")
    yield listener
    instance.pm.unregister(listener)


def post(instance, path, body=None, **options):
    options = {**ROOT, **options}
    if body is not None:
        options["content"] = json.dumps(body) if not isinstance(body, (str, bytes)) else body
        options["headers"] = {"content-type": "application/json", **options.get("headers", {})}

    async def send():
        return await instance.client.post(path, **options)

    return asyncio.run(send())


def rows(path, sql):
    conn = sqlite3.connect(path)
    try:
        return conn.execute(sql).fetchall()
    finally:
        conn.close()
