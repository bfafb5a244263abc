"""``restore``: a database file from its replica, as it is there now or was at a moment."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Coroutine
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import click

from vitrina.config.documents import parse_document
from vitrina.config.load import load_config
from vitrina.errors import StartupError, Unavailable
from vitrina.replicate.binary import child_environment, find_litestream
from vitrina.replicate.comparison import compare_rows
from vitrina.replicate.configuration import ReplicationConfig, parse_replication_config, plan_replicas
from vitrina.replicate.litestream_file import litestream_document, write_private
from vitrina.replicate.reading import is_replica_address
from vitrina.replicate.restore import Check, Moment, ReplicaPlace, RestoreFailed, older_moments, parse_moment, restore
from vitrina.replicate.restore_points import LtxFile, list_ltx
from vitrina.replicate.rotation import Rotation
from vitrina.replicate.target import parse_target


class _MomentType(click.ParamType):  # type: ignore[type-arg]
    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return parse_moment(value) if isinstance(value, str) else value
        except ValueError:
            self.fail(f"{value!r} is not an ISO 8601 time such as 2026-11-21T13:30:00Z", param, ctx)


@click.command("restore")
@click.argument("database")
@click.option("-c", "--config", type=click.File(encoding="utf-8-sig"), help="Configuration that names the replica")
@click.option("--at", type=_MomentType(), help="As it was at this time: 2026-11-21T13:30:00Z, or a day; UTC")
@click.option("--txid", type=click.IntRange(min=1), help="As it was after this transaction of Litestream")
@click.option("--to", "target", type=click.Path(dir_okay=False, path_type=Path), help="File to make")
@click.option("--force", is_flag=True, help="Replace the file if there is one")
@click.option(
    "--check",
    type=click.Choice(["none", "quick", "full"]),
    default="full",
    help="SQLite's integrity check of what was restored, by default full",
)
@click.option(
    "--compare",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Compare what was restored with this database, row by row; differences end with status 1",
)
@click.option("list_only", "--list", is_flag=True, help="List the moments that can be restored, and make no file")
def restore_database(
    database: str,
    config: TextIO | None,
    at: Any,
    txid: int | None,
    target: Path | None,
    force: bool,
    check: Check,
    compare: Path | None,
    list_only: bool,
) -> None:
    """Make a database file from its replica.

    DATABASE is the address of the replica, such as s3://bucket/path with its
    keys in the environment, or with -c the name or file of a replicated
    database.
    """
    if at is not None and txid is not None:
        raise click.UsageError("--at and --txid are two ways to say the same: give one of them")
    with ExitStack() as stack:
        place, own_file = _place(stack, database, config)
        if list_only:
            _print_moments(_listed(place))
            return
        file = target or own_file
        if file is None:
            raise click.UsageError("--to is needed: the file to make")
        _restore(place, file, Moment(at, txid), check=check, force=force)
        if compare is not None:
            _compare(file, compare)


def _place(stack: ExitStack, database: str, config: TextIO | None) -> tuple[ReplicaPlace, Path | None]:
    """How the replica is found, and the file that it is a replica of, where that is known."""
    if is_replica_address(database):
        target = parse_target(database, database)
        return ReplicaPlace(find_litestream(), (target.url,), child_environment(None), target.shown), None
    if config is None:
        raise click.UsageError(f"{database}: give the address of a replica, or a configuration with -c")
    loaded = load_config(config=parse_document(config.read(), str(config.name)))
    replication = parse_replication_config(loaded)
    if replication is None:
        raise StartupError(f"{config.name}: no replication is configured there")
    path = Path(database)
    name = path.name.removesuffix(path.suffix) if path.suffix or path.exists() else database
    return _configured_place(stack, replication, name, path if path.suffix else Path(f"{database}.db"))


def _configured_place(
    stack: ExitStack, replication: ReplicationConfig, name: str, path: Path
) -> tuple[ReplicaPlace, Path]:
    own = {name: replication.databases[name]} if name in replication.databases else {}
    rotation = Rotation(replication.provider, None, lambda credentials: None)
    asyncio.run(rotation.first())
    credentials = rotation.current
    folder = credentials and credentials.bucket and f"s3://{credentials.bucket}/{credentials.prefix or ''}".rstrip("/")
    planned = plan_replicas(replace(replication, databases=own), {name: str(path)}, folder=folder or None)
    if not planned:
        raise StartupError(f"{name}: this database has no replica in the configuration")
    replica = planned[0]
    private = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vitrina-restore-"))) / "litestream.json"
    write_private(private, litestream_document(planned, replication.defaults))
    arguments = ("-config", str(private), replica.path)
    binary = find_litestream(replication.binary)
    return ReplicaPlace(binary, arguments, child_environment(credentials), replica.target.shown), Path(replica.path)


def _listed(place: ReplicaPlace) -> tuple[LtxFile, ...]:
    return asyncio.run(list_ltx(place.binary, place.arguments, place.environment))


def _print_moments(files: tuple[LtxFile, ...]) -> None:
    if not files:
        raise StartupError("The replica is empty: there is nothing to restore")
    ends = {file.max_txid: file for file in files}
    for txid, file in sorted(ends.items()):
        click.echo(f"{file.timestamp.isoformat(timespec='milliseconds')}  --txid {txid}")


def _restore(place: ReplicaPlace, file: Path, moment: Moment, *, check: Check, force: bool) -> None:
    def progress(size: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{size:,} bytes", nl=False, err=True)

    click.echo(f"Restoring {place.shown} to {file} …", err=True)
    try:
        size = asyncio.run(_until_ended(restore(place, file, moment, check=check, replace=force, progress=progress)))
    except RestoreFailed as error:
        raise StartupError(error.message, hint=error.hint or _older(place, moment)) from error
    if sys.stderr.isatty():
        click.echo("\r", nl=False, err=True)
    click.echo(f"Restored {size:,} bytes, integrity check: {check}", err=True)


async def _until_ended(work: Coroutine[Any, Any, int]) -> int:
    """Do ``work``; a signal to end stops it so that it can clean up, and ends the process with the usual status."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    ended = False

    def end() -> None:
        nonlocal ended
        ended = True
        task.cancel()

    with suppress(NotImplementedError):
        loop.add_signal_handler(signal.SIGTERM, end)
    try:
        return await task
    except asyncio.CancelledError:
        if ended:
            raise click.exceptions.Exit(128 + signal.SIGTERM) from None
        raise


def _older(place: ReplicaPlace, moment: Moment) -> str | None:
    """What else could be restored, as advice."""
    try:
        files = older_moments(_listed(place), moment)
    except Unavailable:
        return None
    if not files:
        return None
    choices = ", ".join(f"--txid {file.max_txid} ({file.timestamp.isoformat(timespec='seconds')})" for file in files)
    return f"Older moments to try: {choices}"


def _compare(restored: Path, other: Path) -> None:
    try:
        differences = compare_rows(restored, other)
    except sqlite3.Error as error:
        raise StartupError(f"{restored} and {other} cannot be compared: {error}") from error
    for each in differences:
        sides = (_rows(each.only_first, restored), _rows(each.only_second, other))
        click.echo(f"{each.table}: {', '.join(sides)}")
    if differences:
        raise click.exceptions.Exit(1)
    click.echo(f"{restored} and {other} have the same rows", err=True)


def _rows(number: int | None, file: Path) -> str:
    return f"not in {file}" if number is None else f"{number:,} rows only in {file}"
