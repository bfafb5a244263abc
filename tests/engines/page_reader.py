"""A reader over an in-memory SQLite database, for tests of pages."""

from contextlib import contextmanager

from vitrina.config.settings import Settings
from vitrina.engine.protocols import DatabaseSpec
from vitrina.engine.sqlite.connections import ConnectionSetup, open_connection
from vitrina.engine.sqlite.introspect import introspect
from vitrina.engine.sqlite.reader import ReadConnection, SqliteReader
from vitrina.execute.table import run_table
from vitrina.plan.table import plan_table


class CountingReader(SqliteReader):
    """Remembers the statements that it ran."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.statements = []

    def select(self, sql, params=(), **options):
        self.statements.append(sql)
        return super().select(sql, params, **options)


@contextmanager
def reader_over(script="", fill=lambda conn: None):
    """A reader of a database made by ``script`` and ``fill(conn)``."""
    spec = DatabaseSpec(name="db", route="db", is_memory=True)
    conn = open_connection(spec, "foreign", ConnectionSetup())
    guarded = []
    try:
        conn.row_factory = None
        conn.executescript(script)
        fill(conn)
        conn.commit()

        def guarded_connection():
            # people's SQL runs on a copy under the authorizer
            if not guarded:
                copy = open_connection(spec, "foreign", ConnectionSetup())
                copy.row_factory = None
                conn.backup(copy)
                guarded.append(ReadConnection(copy, guarded=True))
            return guarded[0]

        yield CountingReader(
            "db", introspect(conn, "db", 1), ReadConnection(conn, guarded=False), guarded_connection, has_hooks=False
        )
    finally:
        for each in (conn, *[connection.conn for connection in guarded]):
            each.close()


def run(reader, table, pairs=(), *, budget=None, settings=None, visible=lambda name: True, **options):
    """Plan a table page and run it: (plan, result)."""
    plan = plan_table(
        reader.catalog,
        reader.catalog.get(table),
        list(pairs),
        settings=settings or Settings(),
        visible=visible,
        allow_sql=True,
        **options,
    )
    return plan, run_table(reader, plan, budget)


def walk(reader, table, pairs, most, **options):
    """Rows of all pages, following the tokens for at most ``most`` pages."""
    rows, token = [], None
    for _ in range(most):
        _, result = run(reader, table, [*pairs, *([("_next", token)] if token is not None else [])], **options)
        rows.extend(result.rows)
        token = result.next_token
        if token is None:
            return rows
    raise AssertionError(f"more than {most} pages")
