"""``files sync`` and ``files check``: storages and what is known of them, brought together and compared."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass

import click

from vitrina.cli.files_opening import FilesPlace
from vitrina.cli.files_output import print_line, shown, transfer_progress
from vitrina.errors import VitrinaError
from vitrina.files.check import CheckReport, Finding, check_source
from vitrina.files.service import Files
from vitrina.files.sync import sync_source


@dataclass(frozen=True, slots=True)
class Checking:
    """What was typed after ``files check``."""

    hashes: bool
    clean: bool
    older_than_s: float
    quiet: bool
    as_json: bool


async def sync_files(
    place: FilesPlace, source: str, *, hashes: bool, dry_run: bool, uploaded_by: str | None, as_json: bool
) -> int:
    """Register what is not known yet; how many could not be."""
    failed = registered = 0
    async with place.opened(create=True) as files:
        async for each in sync_source(files, source, hashes=hashes, dry_run=dry_run, uploaded_by=uploaded_by):
            failed += each.problem is not None
            registered += each.problem is None
            line = (
                f"{each.file_id}  {shown(each.path)}" if each.problem is None else f"{shown(each.path)}: {each.problem}"
            )
            print_line(line, asdict(each), as_json=as_json)
    if not as_json:
        said = f"{registered:,} would be registered" if dry_run else f"{registered:,} registered"
        click.echo(said + (f", {failed:,} not" if failed else ""), err=True)
    return failed


async def check_files(place: FilesPlace, sources: tuple[str, ...], checking: Checking) -> int:
    """Print every finding and a summary; how many findings stay, with storages that could not be looked at."""
    async with place.opened() as files:
        for slug in sources:
            files.source(slug)
        return sum([await _check(files, slug, checking) for slug in sources or files.storages])


async def _check(files: Files, slug: str, checking: Checking) -> int:
    report, found, staying = CheckReport(slug), Counter[str](), 0
    _, total = await files.records.used(slug)
    with transfer_progress(total if checking.hashes else None, quiet=checking.quiet) as advance:
        try:
            async for finding in check_source(
                files,
                slug,
                report,
                hashes=checking.hashes,
                clean=checking.clean,
                older_than_s=checking.older_than_s,
                progress=lambda rows, done: advance(done, slug),
            ):
                found[finding.kind] += 1
                staying += not finding.removed
                print_line(_line(slug, finding), {"source": slug, **asdict(finding)}, as_json=checking.as_json)
        except VitrinaError as error:
            # The other sources are looked at all the same.
            staying += 1
            click.echo(f"{slug}: {error.message}", err=True)
            return staying
    if not checking.quiet:
        click.echo(f"{slug}: {_summary(report, found)}", err=True)
    return staying


def _line(slug: str, finding: Finding) -> str:
    parts = [slug, finding.kind, finding.file_id or "-", shown(finding.path)]
    if finding.detail:
        parts.append(f"({shown(finding.detail)})")
    if finding.removed:
        parts.append("deleted")
    return "  ".join(parts)


def _summary(report: CheckReport, found: Counter[str]) -> str:
    looked = f"{report.rows:,} files of {report.bytes:,} bytes, {report.listed:,} in the storage"
    return f"{looked}: " + (", ".join(f"{number:,} {kind}" for kind, number in found.items()) or "all agrees")
