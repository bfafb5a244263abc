"""The database that plugins are tried on: places with coordinates, texts with markup, numbers and dates."""

from __future__ import annotations

import sqlite3
from pathlib import Path

_SCHEMA = """
create table places (id integer primary key, name text, latitude real, longitude real, link text, notes_markdown text);
insert into places values
 (1, 'Lisbon', 38.72, -9.14, '{"href": "https://example.com/lisbon", "label": "About Lisbon"}', '# Hills and *trams*'),
 (2, 'Porto', 41.15, -8.61, '{"href": "https://example.com/porto", "label": "About Porto"}', 'Bridges'),
 (3, 'Faro', 37.02, -7.93, null, null);
create table events (id integer primary key, atom_id text, atom_title text, atom_updated text, secret text);
insert into events values (1, 'tag:a', 'A concert', '2024-05-01T20:00:00Z', 'hush'), (2, 'tag:b', 'A fair',
 '2024-06-01T10:00:00Z', 'whisper');
create table shapes (id integer primary key, geometry text);
insert into shapes values (1, '{"type": "Point", "coordinates": [-9.14, 38.72]}');
create table pages (id integer primary key, title text, body text);
insert into pages values (1, 'Trams', 'The tram climbs the hill'), (2, 'Boats', 'The boat crosses the river');
create virtual table pages_fts using fts5(title, body, content="pages", content_rowid="id");
insert into pages_fts (rowid, title, body) select id, title, body from pages;
"""


def make_database(path: Path, more: str = "") -> None:
    """Write the database at ``path``, where no file is; ``more`` is SQL to run after."""
    conn = sqlite3.connect(path)
    conn.executescript(_SCHEMA + more)
    conn.close()
