"""A small instance whose tables have every kind of value, key and reference."""

from __future__ import annotations

import sqlite3

from vitrina.facade.datasette import Datasette

SCHEMA = """
create table halls (id integer primary key, name text);
insert into halls values (1, 'Atrium'), (2, 'Crypt & Vault'), (3, null);
create table objects (
    id integer primary key, title text, hall_id integer references halls(id), grade text, site text, tags text
);
insert into objects values
    (1, 'Mask', 1, 'A', 'https://example.org/mask', '["wood", "gold"]'),
    (2, '<b>Coin</b>', 2, 'B', 'nope', '["gold"]'),
    (3, 'Drum', null, 'A', null, '[]'),
    (4, 'Bell', 9, 'B', '', '["wood"]');
create table loans (object_id integer references objects(id), venue text, fee real, primary key (object_id, venue));
insert into loans values (1, 'Lima', 2.5), (1, 'a/b,c', null), (2, 'Lima', 0.1);
create table scans (id integer primary key, payload blob);
insert into scans values (1, x'ff00'), (2, null);
create table visits (day text, people integer);
insert into visits values ('2024-01-01', 3), ('2024-01-02', 5);
create table measures (id integer primary key, value);
insert into measures values (1, 9e999), (2, -9e999), (3, 9007199254740993);
create view grades as select grade, count(*) as number from objects group by grade;
create view raw as select payload from scans;
"""

CONFIG = {
    "databases": {
        "museum": {
            "tables": {
                "objects": {"column_types": {"site": "url"}, "facets": ["grade"]},
                "scans": {"allow": {"id": "curator"}},
            }
        }
    }
}


def open_museum(directory, config=CONFIG, files=(), **options):
    """An instance that serves the museum from a new file in ``directory``, and ``files`` beside it."""
    path = directory / "museum.db"
    if not path.exists():
        conn = sqlite3.connect(path)
        conn.executescript(SCHEMA)
        conn.close()
    options.setdefault("secret", "a-test-secret")
    return Datasette([str(path), *files], config=config, **options)
