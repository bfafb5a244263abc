"""``bake``: a site as plain files, for hosts that run nothing."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import click

from vitrina.cli.parameters import StaticMount
from vitrina.errors import StartupError
from vitrina.publish.bake.check import check_mirror
from vitrina.publish.bake.run import BakeOptions, Report, bake
from vitrina.publish.bake.site import SiteOptions
from vitrina.publish.bake.walk import Limits

_FOLDER = click.Path(exists=True, file_okay=False, dir_okay=True)
_FILE = click.Path(exists=True, dir_okay=False)
# Links shown of those that are broken.
_SHOWN = 20
_MOST_JOBS = 4


@click.command("bake")
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("files", type=_FILE, nargs=-1)
@click.option("-i", "--immutable", type=_FILE, multiple=True, help="File that nobody changes, baked without a copy")
@click.option("-m", "--metadata", type=_FILE, help="JSON or YAML file with titles, descriptions and licences")
@click.option("-c", "--config", type=_FILE, help="JSON or YAML configuration file")
@click.option("settings", "-s", "--setting", type=(str, str), multiple=True, help='As for "serve"')
@click.option("--template-dir", type=_FOLDER, help="Directory of own templates")
@click.option("--plugins-dir", type=_FOLDER, help="Directory of own plugins")
@click.option("--static", type=StaticMount(), multiple=True, help="Files of this directory at MOUNT/")
@click.option("extensions", "--load-extension", multiple=True, help="SQLite extension to load")
@click.option("--url", default="", help="Address at which the copy will be; for the sitemap, feeds and JSON")
@click.option("--limit-rows", type=click.IntRange(0), default=Limits().rows, show_default=True, help="Rows of a table")
@click.option(
    "--limit-pages", type=click.IntRange(0), default=Limits().pages, show_default=True, help="Pages of a table's rows"
)
@click.option(
    "--limit-variants",
    type=click.IntRange(0),
    default=Limits().variants,
    show_default=True,
    help="Pages of a table with a filter, facet or sort order",
)
@click.option("--parquet", is_flag=True, help="Whole tables as Parquet files too; needs pyarrow")
@click.option("--jobs", type=click.IntRange(1), help="Processes; by default as many as there are processors, up to 4")
@click.option("--force", is_flag=True, help="Write to a directory that has other files in it")
@click.option("--check", "only_check", is_flag=True, help="Follow every link of a baked copy, and bake nothing")
def bake_command(directory: Path, only_check: bool, files: tuple[str, ...], **typed: Any) -> None:
    """Write what anyone may see to plain files, which need no server.

    DIRECTORY gets pages, rows, JSON, CSV and a search index. Baking again
    makes only the pages whose data has changed, or goes on where it stopped.
    """
    if only_check:
        _check(directory)
        return
    everything = (*files, *typed["immutable"])
    if not everything:
        raise click.UsageError("Give the database files to bake")
    progress = _Progress()
    report = bake(_options(directory, everything, typed), progress.update)
    progress.end()
    _print(directory, report)


def _options(directory: Path, files: tuple[str, ...], typed: dict[str, Any]) -> BakeOptions:
    def absolute(name: str) -> str | None:
        return os.path.abspath(typed[name]) if typed[name] else None

    site = SiteOptions(
        files=files,
        metadata=absolute("metadata"),
        config=absolute("config"),
        settings=typed["settings"],
        template_dir=absolute("template_dir"),
        plugins_dir=absolute("plugins_dir"),
        static=tuple((mount, os.path.abspath(folder)) for mount, folder in typed["static"]),
        extensions=typed["extensions"],
    )
    public = typed["url"]
    if public and not public.startswith(("http://", "https://")):
        raise StartupError(f"--url {public}: an address that begins with https:// is needed")
    return BakeOptions(
        target=directory.absolute(),
        site=site,
        immutable=frozenset(typed["immutable"]),
        limits=Limits(typed["limit_rows"], typed["limit_pages"], typed["limit_variants"]),
        public=f"{public.rstrip('/')}/" if public else "",
        jobs=typed["jobs"] or min(os.cpu_count() or 1, _MOST_JOBS),
        force=typed["force"],
        parquet=typed["parquet"],
    )


def _print(directory: Path, report: Report) -> None:
    if not report.made and not report.removed:
        click.echo(f"{directory}: nothing has changed, {report.pages:,} pages")
    else:
        removed = f", {report.removed:,} removed" if report.removed else ""
        click.echo(f"{directory}: {report.pages:,} pages, {report.made:,} of them made now{removed}")
    for reason, count, example in report.left_out:
        click.echo(f"  left out: {count:,} × {reason}, such as {example}")
    for note in report.notes:
        click.echo(f"  {note}")


def _check(directory: Path) -> None:
    try:
        checked = check_mirror(directory.absolute())
    except OSError as error:
        raise StartupError(f"{directory}: {error.strerror}: nothing was baked here") from error
    for file, link in checked.broken[:_SHOWN]:
        click.echo(f"{file}: {link}", err=True)
    click.echo(f"{checked.pages:,} pages, {checked.links:,} links, {len(checked.broken):,} broken")
    if checked.broken:
        sys.exit(1)


class _Progress:
    """A line in a terminal that is written over, else one now and then."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._began = time.monotonic()
        self._pause = 0.2 if self._is_terminal else 10.0
        self._next = self._began + self._pause
        self._wrote = False

    def update(self, made: int, waiting: int) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._pause
        rate = made / max(now - self._began, 0.001)
        share = made / max(made + waiting, 1)
        bar = "█" * round(share * 20)
        line = f"{bar:<20} {made:,} pages, {waiting:,} waiting, {rate:,.0f} a second"
        self._wrote = self._is_terminal
        click.echo(f"\r\033[K{line}" if self._is_terminal else line, err=True, nl=not self._is_terminal)

    def end(self) -> None:
        if self._wrote:
            click.echo("\r\033[K", err=True, nl=False)
