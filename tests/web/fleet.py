"""A small fleet of boats: the database and configuration that the tests of pages share."""

from __future__ import annotations

SCHEMA = """
create table boats (id integer primary key, name text, harbour_id integer references harbours(id), gone integer
  references nowhere(id));
create table harbours (id integer primary key, name text);
create table _ropes (length real);
create view long_names as select name from boats where length(name) > 9;
create index boats_name on boats(name);
insert into harbours values (1, 'North'), (2, 'South');
insert into boats values (1, 'Gull', 1, null), (2, 'Heron', 2, null), (3, 'Tern', 1, null);
"""

CONFIG = {
    "plugins": {"gauge": {"api_key": "hidden", "unit": "m"}},
    "databases": {
        "fleet": {
            "tables": {"harbours": {"allow": {"id": "warden"}}},
            "queries": {
                "count": "select count(*) as boats from boats",
                "by_name": {"sql": "select id from boats where name = :name", "title": "A boat by name"},
                "who": "select :_actor_id as id, :_cookie_flag as flag",
                "pragma": "pragma table_info(boats)",
                "rename": {
                    "sql": "update boats set name = :name where id = :id",
                    "write": True,
                    "on_success_message_sql": "select 'Now ' || name from boats where id = :id",
                    "on_error_message": "Not renamed",
                },
                "remove": {"sql": "delete from boats where id = :id", "write": True},
                "secret": {"sql": "select 1", "allow": {"id": "warden"}},
            },
        }
    },
}
METADATA = {"title": "Boats", "databases": {"fleet": {"title": "The fleet"}}}
WARDEN = {"id": "warden"}


async def json_of(instance, path, status=200, **options):
    response = await instance.client.get(path, **options)
    assert response.status_code == status, response.text
    return response.json()
