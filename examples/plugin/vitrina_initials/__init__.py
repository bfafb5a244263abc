"""Initials of names: an SQL function, a page, and a link to it from each table."""

from datasette.resources import TableResource

from vitrina import NotFound, Response, hookimpl


def initials(name):
    """``A. L.`` for ``Ada Lovelace``; None for None."""
    return None if name is None else " ".join(f"{word[0]}." for word in str(name).split())


@hookimpl
def prepare_connection(conn):
    conn.create_function("initials", 1, initials, deterministic=True)


@hookimpl
def register_routes():
    return [(r"^/-/initials/(?P<database>[^/]+)/(?P<table>[^/]+)$", initials_page)]


@hookimpl
def table_actions(datasette, database, table):
    href = datasette.urls.path(f"/-/initials/{database}/{table}")
    return [{"href": href, "label": "Initials", "description": "The initials in the first column of text"}]


async def initials_page(datasette, request):
    database, table = request.url_vars["database"], request.url_vars["table"]
    # Before anything is looked up: who may not see the table is not told whether it exists.
    resource = TableResource(database=database, table=table)
    await datasette.ensure_permission(action="view-table", resource=resource, actor=request.actor)
    db = datasette.get_database(database)
    if not await db.table_exists(table):
        raise NotFound("There is no such table")
    columns = [column.name for column in await db.table_column_details(table) if column.type.upper() == "TEXT"]
    rows = []
    if columns:
        quoted = ['"{}"'.format(name.replace('"', '""')) for name in (columns[0], table)]
        rows = await db.execute("select {0}, initials({0}) as short from {1} limit 100".format(*quoted))
    return Response.html(
        await datasette.render_template("initials.html", {"table": table, "rows": rows}, request=request)
    )
