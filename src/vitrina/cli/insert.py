"""``insert``: rows of a file into a table of a database file, also one that a server is serving."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import click

from vitrina.cli.files import check_databases, create_database, remove_empty_database
from vitrina.cli.progress import Progress, open_progress
from vitrina.engine.protocols import DatabaseSpec
from vitrina.engine.sqlite.connections import ConnectionSetup, open_connection
from vitrina.engine.sqlite.introspect import introspect
from vitrina.engine.sqlite.transactions import in_transaction
from vitrina.engine.sqlite.translate import translated
from vitrina.errors import VitrinaError
from vitrina.execute.imports.load import Loader
from vitrina.execute.imports.planning import Wishes, plan_import
from vitrina.execute.imports.report import ImportReport
from vitrina.execute.imports.source import FORMATS, Source, open_source
from vitrina.plan.imports.model import ImportPlan, Mode
from vitrina.plan.imports.types import ColumnType

#: exit status where the import ended, and some rows were refused
SOME_REJECTED = 3
# Milliseconds to wait while somebody else writes.
_BUSY_MS = 30_000
_BUFFER = 64 * 1024
_TYPES = ("integer", "float", "text", "blob")
_EXAMPLES = 3


@click.command()
@click.argument("database", type=click.Path(dir_okay=False))
@click.argument("table")
@click.argument("file", default="-")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="By default told from the name or the content")
@click.option("--encoding", help="Encoding of a text file; by default UTF-8, or what its first bytes say")
@click.option("--delimiter", help="Delimiter of a CSV file; by default told from its first line")
@click.option("keys", "--pk", multiple=True, help="Primary key of a new table, or what to upsert by; may be repeated")
@click.option("types", "--type", multiple=True, metavar="COLUMN=TYPE", help=f"One of {', '.join(_TYPES)}")
@click.option("nulls", "--null", multiple=True, metavar="TEXT", help='Text that means NULL, such as "NA"')
@click.option("--empty-null", is_flag=True, help="Empty cells of text columns become NULL too")
@click.option("mode", "--append", flag_value="append", default="append", help="Add the rows (the default)")
@click.option("mode", "--ignore", flag_value="ignore", help="Leave out rows whose key is there")
@click.option("mode", "--replace", flag_value="replace", help="Put rows in the place of those with the same key")
@click.option("mode", "--upsert", flag_value="upsert", help="Change the given columns of rows with the same key")
@click.option("--batch", type=click.IntRange(min=1), help="Commit after every N rows; by default all at once")
@click.option("--strict", is_flag=True, help="Write nothing when a row is refused")
@click.option("--rejected", type=click.Path(dir_okay=False, writable=True), help="CSV file for rows that are refused")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and try it, but keep nothing")
@click.option("--quiet", is_flag=True, help="Print errors only")
def insert(database: str, table: str, file: str, **options: Any) -> None:
    """Insert the rows of FILE, or of standard input, into TABLE of a DATABASE file.

    Reads CSV, TSV, JSON and NDJSON, and with extra packages Excel and Parquet.
    DATABASE and TABLE are created where they are missing. A server may be
    serving the file meanwhile.

    \b
        vitrina insert shop.db orders orders.csv --pk id
        curl https://example.com/orders.ndjson | vitrina insert shop.db orders --upsert --pk id

    Exit status: 0, or 3 where rows were refused and all others written.
    """
    source_name = "" if file == "-" else file
    with ExitStack() as stack:
        opened = _open_file(stack, file)
        source = open_source(
            opened,
            source_name,
            format=options["format_"],
            encoding=options["encoding"],
            delimiter=options["delimiter"],
        )
        if not source.headings:
            raise click.ClickException(f"{file}: there are no rows")
        conn = _open_database(stack, database, dry_run=options["dry_run"])
        report = _import(stack, conn, source, table, opened, file, options)
    if report.rejected:
        if options["quiet"] or not options["rejected"]:
            _show_rejected(report)
        sys.exit(SOME_REJECTED)


def _import(
    stack: ExitStack,
    conn: sqlite3.Connection,
    source: Source,
    table: str,
    opened: IO[bytes],
    file: str,
    options: dict[str, Any],
) -> ImportReport:
    """Say what was found, write it, and say what became of it."""
    quiet = options["quiet"]
    plan = _plan(conn, source, table, options)
    if not quiet:
        click.echo(_announcement(source, plan, file), err=True)
    report = ImportReport(headings=source.headings)
    if options["rejected"]:
        report.rejected_file = stack.enter_context(open(options["rejected"], "w", encoding="utf-8", newline=""))  # noqa: SIM115 - entered
    shown = open_progress(opened, file, report, quiet=quiet)
    _run(
        conn,
        Loader(plan, source.rows(), report, meter=source.meter, progress=shown.update),
        shown,
        dry_run=options["dry_run"],
    )
    if not quiet:
        click.echo(_summary(report, plan, options), err=True)
    return report


def _open_database(stack: ExitStack, database: str, *, dry_run: bool) -> sqlite3.Connection:
    """The database, made where it is missing; a dry run makes one in memory instead."""
    if Path(database).exists():
        check_databases([database])
    elif dry_run:
        database = ":memory:"
    else:
        create_database(database)
        stack.push(_removing_if_empty(database))
    return _connect(stack, database)


def _removing_if_empty(database: str) -> Callable[..., None]:
    """What an import that failed before it made anything does with the file that it created."""

    def leave(kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            remove_empty_database(database)

    return leave


def _open_file(stack: ExitStack, file: str) -> IO[bytes]:
    if file == "-":
        return sys.stdin.buffer
    try:
        return stack.enter_context(open(file, "rb", buffering=_BUFFER))
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error


def _connect(stack: ExitStack, path: str) -> sqlite3.Connection:
    memory = path == ":memory:"
    spec = DatabaseSpec(name=path, route=path, path=None if memory else path, is_memory=memory)
    with translated(path):
        conn = open_connection(spec, "write", ConnectionSetup())
        conn.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    stack.callback(conn.close)
    return conn


def _plan(conn: sqlite3.Connection, source: Source, table: str, options: dict[str, Any]) -> ImportPlan:
    types: dict[str, ColumnType] = {}
    for given in options["types"]:
        name, equals, kind = given.rpartition("=")
        if not equals or kind not in _TYPES:
            raise click.UsageError(f"--type {given}: COLUMN=TYPE is needed, with one of {', '.join(_TYPES)}")
        types[name] = kind
    mode: Mode = options["mode"] or "append"
    wishes = Wishes(
        table,
        mode,
        tuple(options["keys"]),
        types=types,
        nulls=frozenset(options["nulls"]),
        empty_is_null=options["empty_null"],
        batch_rows=options["batch"] or 0,
        strict=options["strict"],
    )
    with translated(table):
        catalog = introspect(conn, "main", 0)
    return plan_import(catalog, source, wishes)


def _announcement(source: Source, plan: ImportPlan, file: str) -> str:
    """What was found in the file, and what is going to happen."""
    how = ", ".join(filter(None, (source.format.upper(), source.encoding.replace("-sig", ""))))
    lines = [f"{'standard input' if file == '-' else file}: {how}, {source.width} columns"]
    if plan.definition is not None:
        lines.append(f"Creates table {plan.table}:")
        widest = max(len(column.name) for column in plan.columns)
        for column in plan.columns:
            key = "  primary key" if column.name in plan.keys else ""
            lines.append(f"  {column.name:<{widest}}  {column.type:<7}  {_examples(source, column.source)}{key}")
    else:
        lines.append(f"Into table {plan.table}, which is there ({plan.mode})")
    return "\n".join(lines)


def _examples(source: Source, position: int) -> str:
    found: dict[str, None] = {}
    for row in source.sample[:100]:
        if position < len(row) and row[position] not in (None, ""):
            text = str(row[position])
            found[text if len(text) <= 20 else f"{text[:19]}…"] = None
        if len(found) == _EXAMPLES:
            break
    return ", ".join(found)


class _Undo(Exception):
    """Ends the transaction of a dry run."""


def _run(conn: sqlite3.Connection, loader: Loader, shown: Progress, *, dry_run: bool) -> None:
    """Every batch in its transaction. Raises ClickException with what was kept."""

    def batch(conn: sqlite3.Connection) -> bool:
        left = loader.run(conn)
        if dry_run and not left:
            raise _Undo
        return left

    kept = 0
    try:
        with shown, translated(loader.plan.table):
            while in_transaction(conn, loader.run if not dry_run else _all(batch)):
                kept = loader.report.written
    except _Undo:
        return
    except (KeyboardInterrupt, VitrinaError) as error:
        loader.rolled_back()
        stays = f"{kept:,} rows of earlier batches stay" if kept else "nothing was written"
        if isinstance(error, KeyboardInterrupt):
            raise click.ClickException(f"Cancelled: {stays}") from None
        raise click.ClickException(f"{error.message} ({stays})") from error


def _all(batch: Any) -> Any:
    """A dry run takes all batches in the one transaction that is undone."""

    def run(conn: sqlite3.Connection) -> bool:
        while batch(conn):
            pass
        return False

    return run


def _summary(report: ImportReport, plan: ImportPlan, options: dict[str, Any]) -> str:
    verb = "Would write" if options["dry_run"] else "Wrote"
    text = f"{verb} {report.written:,} of {report.read:,} rows to {plan.table}"
    if report.skipped:
        text += f", left out {report.skipped:,} that were there"
    if report.rejected:
        text += f", refused {report.rejected:,}"
        if options["rejected"]:
            text += f": see {options['rejected']}"
    return text


def _show_rejected(report: ImportReport) -> None:
    most = 10
    for each in report.first_rejected[:most]:
        click.echo(f"  row {each.row}: {each.reason}", err=True)
    if report.rejected > most:
        click.echo(f"  and {report.rejected - most:,} more; --rejected FILE keeps them", err=True)
