"""``files``: the files of the configured sources, listed, copied and compared without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import click

from vitrina.cli.files_listing import list_files, list_sources
from vitrina.cli.files_opening import FilesPlace
from vitrina.cli.files_transfer import Put, get_files, put_files
from vitrina.cli.files_upkeep import Checking, check_files, sync_files
from vitrina.cli.parameters import parse_settings

F = TypeVar("F", bound=Callable[..., Any])

#: exit status where a command ended, and some files failed or something does not agree
SOME_FAILED = 3


@click.group("files")
def files_group() -> None:
    """List, copy and compare files of the configured sources.

    Works without a server and beside a running one. Give the configuration
    and the internal database that the server has:

    \b
        vitrina files ls -c vitrina.yaml --internal internal.db
        vitrina files put scans page-*.png -c vitrina.yaml --internal internal.db
    """


def _common(command: F) -> F:
    """The options that all of them have."""
    for decorate in (
        click.option("--json", "as_json", is_flag=True, help="One JSON object a line"),
        click.option(
            "--internal",
            required=True,
            type=click.Path(dir_okay=False),
            envvar=("VITRINA_INTERNAL", "DATASETTE_INTERNAL"),
            help="The internal database, where what is known of files is kept",
        ),
        click.option(
            "assignments",
            "-s",
            "--setting",
            nargs=2,
            multiple=True,
            callback=parse_settings,
            metavar="NAME VALUE",
            help="A key of the configuration and its value, as for serve",
        ),
        click.option(
            "-c", "--config", type=click.Path(exists=True), help="Configuration file, or the directory that has one"
        ),
    ):
        command = decorate(command)
    return command


def _place(options: dict[str, Any]) -> FilesPlace:
    return FilesPlace(options.pop("config"), tuple(options.pop("assignments")), options.pop("internal"))


def _end(failed: int) -> None:
    if failed:
        raise click.exceptions.Exit(SOME_FAILED)


@files_group.command("ls")
@click.argument("source", required=False)
@_common
def ls_command(source: str | None, as_json: bool, **options: Any) -> None:
    """List the sources, or the files of SOURCE: id, bytes, date and name."""
    place = _place(options)
    if source is None:
        asyncio.run(list_sources(place, as_json=as_json))
    else:
        asyncio.run(list_files(place, source, as_json=as_json))


@files_group.command("put")
@click.argument("source")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@click.option("--name", help="Another name for the one file; needed for standard input (-)")
@click.option("--type", "content_type", help="Media type; by default told from name and content")
@click.option("--uploaded-by", metavar="ACTOR", help="Id of the actor who counts as its owner")
@click.option("--quiet", is_flag=True, help="Print errors only")
@_common
def put_command(source: str, paths: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Upload each FILE to SOURCE, and print the ids. "-" is standard input.

    Limits and quotas of the source hold as for uploads in the browser.
    Exit status: 0, or 3 where some files could not be uploaded.
    """
    if options["name"] and len(paths) > 1:
        raise click.UsageError("--name is for one file")
    if "-" in paths and not options["name"]:
        raise click.UsageError("standard input needs a --name")
    place = _place(options)
    _end(asyncio.run(put_files(place, Put(source, paths, as_json=as_json, **options))))


@files_group.command("get")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option(
    "-o", "--output", default=".", show_default=True, help='Folder, a new file for one ID, or "-" for standard output'
)
@click.option("--force", is_flag=True, help="Replace files that are there")
@click.option("--quiet", is_flag=True, help="Print errors only")
@_common
def get_command(ids: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Download files by their ids, and compare their hashes on the way.

    A file is there whole or not at all. Exit status: 0, or 3 where some
    files could not be had.
    """
    place = _place(options)
    _end(asyncio.run(get_files(place, ids, as_json=as_json, **options)))


@files_group.command("sync")
@click.argument("source")
@click.option("--no-hashes", is_flag=True, help="Do not read the new files: their hashes stay unknown")
@click.option("--dry-run", is_flag=True, help="Show what would be registered")
@click.option("--uploaded-by", metavar="ACTOR", help="Id of the actor who counts as their owner")
@_common
def sync_command(source: str, as_json: bool, **options: Any) -> None:
    """Register files that lie in the storage of SOURCE and are not known yet.

    Exit status: 0, or 3 where some could not be registered.
    """
    place = _place(options)
    options["hashes"] = not options.pop("no_hashes")
    _end(asyncio.run(sync_files(place, source, as_json=as_json, **options)))


@files_group.command("check")
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
@click.option("--no-hashes", is_flag=True, help="Compare sizes only, which reads no file")
@click.option(
    "--clean", is_flag=True, help="Delete leftovers, and files without a row that have the form of uploads of Vitrina"
)
@click.option(
    "--older-than", type=click.FloatRange(min=0), default=48, show_default=True, metavar="HOURS", help="What to clean"
)
@click.option("--quiet", is_flag=True, help="Print findings only")
@_common
def check_command(sources: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Compare what is known of files with what the storages hold.

    \b
    missing     known, and not in the storage
    changed     other bytes or another size than was stored
    unreadable  the storage fails
    orphan      in the storage, and not known
    leftover    what a broken-off upload left

    Exit status: 0 where everything agrees or was cleaned up, else 3.
    """
    place = _place(options)
    checking = Checking(
        hashes=not options["no_hashes"],
        clean=options["clean"],
        older_than_s=options["older_than"] * 3600,
        quiet=options["quiet"],
        as_json=as_json,
    )
    _end(asyncio.run(check_files(place, sources, checking)))
