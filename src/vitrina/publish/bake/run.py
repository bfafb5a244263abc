"""One baking: snapshots, the walk, the files beside the pages, and the report."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vitrina.cli.inspect import summarize
from vitrina.errors import StartupError
from vitrina.publish.bake.assets import copy_assets
from vitrina.publish.bake.crew import Hand, open_crew
from vitrina.publish.bake.files import Mirror
from vitrina.publish.bake.journal import FOLDER, Journal
from vitrina.publish.bake.parquet import write_parquet
from vitrina.publish.bake.search_index import write_search
from vitrina.publish.bake.selection import Wanted
from vitrina.publish.bake.signposts import write_signposts
from vitrina.publish.bake.site import SiteOptions
from vitrina.publish.bake.snapshot import copy_database, database_names, generation
from vitrina.publish.bake.walk import Limits, Walk, reasons
from vitrina.version import __version__

PROOF = "-/bake/proof.json"
REPORT = "report.json"
_SEEDS = (Wanted("/", "page", "/", "index.html"), Wanted("/favicon.ico", "page", "/", "favicon.ico"))


@dataclass(frozen=True, slots=True)
class BakeOptions:
    """What is baked, and where to. ``site.files`` as typed; ``immutable`` those of them that nobody changes.

    ``public`` is the address at which the mirror will be, with a slash at its end, or empty.
    """

    target: Path
    site: SiteOptions
    immutable: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)
    public: str = ""
    jobs: int = 1
    force: bool = False
    parquet: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome: pages there, pages made in this run, files removed, why things were left out, and notes."""

    pages: int
    made: int
    removed: int
    left_out: list[tuple[str, int, str]]
    notes: list[str]


def bake(options: BakeOptions, on_progress: Callable[[int, int], None]) -> Report:
    """Bring the mirror up to date. Raises StartupError, ConfigError and OSError.

    What an earlier run wrote stays where its data has not changed; a run that
    was ended halfway goes on from there.
    """
    names = database_names(options.site.files)
    journal = Journal(options.target)
    _check_target(options, journal)
    common = _common_stamp(options)
    generations = {name: generation(path) for name, path in names.items()}
    state = journal.read_state()
    if state.get("common") == common and state.get("generations") == generations and _all_there(options.target, state):
        return Report(**state["report"], made=0, removed=0)
    journal.load()
    journal.open()
    journal.forget_state()
    stamps = {name: _digest(common, value) for name, value in generations.items()}
    whole = _digest(common, *generations.values())
    walk = Walk(
        journal,
        options.limits,
        stamp_of=lambda url: stamps.get(url.lstrip("/").partition("/")[0].partition(".")[0], whole),
        is_whole=lambda file, size: _size(options.target / file) == size,
        on_progress=on_progress,
    )
    if options.jobs > 1:
        # The walk keeps all that it finds: looking through it for garbage costs more than it brings.
        gc.disable()
    # Never below the target: the copies hold what nobody may see, and a run may be ended at any moment.
    with tempfile.TemporaryDirectory(prefix="vitrina-bake-") as copies:

        def crew() -> Sequence[Hand]:
            return open_crew(options.jobs, _snapshots(options, names, Path(copies)), options.target, options.public)

        try:
            walk.run(crew, _SEEDS)
            report, files = _finish(options, walk, names)
        finally:
            gc.enable()
            journal.close()
    removed = _remove_stale(options.target, journal, files)
    journal.rewrite(walk.entries)
    report = replace(report, removed=removed)
    kept = {"pages": report.pages, "left_out": report.left_out, "notes": report.notes}
    sizes = {file: _size(options.target / file) for file in files}
    journal.write_state({"common": common, "generations": generations, "report": kept, "files": sizes})
    return report


def _check_target(options: BakeOptions, journal: Journal) -> None:
    """Make the directory. Raises StartupError where something is in it that no baking wrote."""
    target = options.target
    if target.exists() and not target.is_dir():
        raise StartupError(f"{target} is not a directory")
    if target.is_dir() and any(target.iterdir()) and not journal.exists and not options.force:
        raise StartupError(
            f"{target} is not empty, and nothing in it was baked",
            hint="give another directory, or --force to write beside and over what is there",
        )
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartupError(f"{target} cannot be made: {error.strerror}") from error


def _common_stamp(options: BakeOptions) -> str:
    """A text for everything but the databases that pages are made from."""
    site = options.site
    files = [path for path in (site.metadata, site.config) if path]
    folders = [folder for folder in (site.template_dir, site.plugins_dir) if folder]
    read = [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in files]
    seen = [generation(str(path)) for folder in folders for path in sorted(Path(folder).rglob("*")) if path.is_file()]
    typed = [site.settings, site.static, site.extensions, sorted(Path(file).stem for file in site.files)]
    return _digest(__version__, options.limits, options.public, options.parquet, *typed, *read, *seen)


def _snapshots(options: BakeOptions, names: Mapping[str, str], folder: Path) -> SiteOptions:
    """The site with copies, in ``folder``, of the files that may be changed, and everything counted."""
    files = []
    for path in names.values():
        if path not in options.immutable:
            copy = folder / os.path.basename(path)
            copy_database(path, copy)
            path = str(copy)
        files.append(os.path.abspath(path))
    inspect_file = folder / "inspect-data.json"
    inspect_file.write_text(json.dumps(summarize(files)), encoding="utf-8")
    return replace(options.site, files=tuple(files), inspect_file=str(inspect_file))


def _finish(options: BakeOptions, walk: Walk, names: Mapping[str, str]) -> tuple[Report, list[str]]:
    """Write what stands beside the pages; the report so far, and all files of the mirror."""
    mirror = Mirror(options.target)
    entries = list(walk.entries.values())
    files = [entry.file for entry in entries]
    files += copy_assets(mirror, options.site.static, options.site.plugins_dir)
    files += write_search(mirror, entries)
    changed = {name: os.stat(path).st_mtime for name, path in names.items()}
    signposts, notes = write_signposts(mirror, entries, options.public, changed)
    files += signposts
    exports = [entry for entry in entries if entry.rows is not None]
    for entry in exports:
        proof = {"file": os.path.basename(entry.file), "rows": entry.rows, "bytes": entry.size, "sha256": entry.digest}
        files.append(f"{entry.file}.proof.json")
        mirror.write(files[-1], json.dumps(proof, indent=1).encode())
    if options.parquet:
        files += write_parquet(mirror, [entry.file for entry in exports])
    digests = {entry.file: {"bytes": entry.size, "sha256": entry.digest} for entry in entries}
    files.append(PROOF)
    mirror.write(PROOF, json.dumps({"files": digests}, indent=0).encode())
    report = Report(len(entries), walk.made, 0, reasons(walk.left_out), notes)
    details = {"pages": len(entries), "notes": notes, "left_out": walk.left_out}
    (options.target / FOLDER / REPORT).write_text(json.dumps(details, indent=1), encoding="utf-8")
    return report, files


def _remove_stale(target: Path, journal: Journal, files: list[str]) -> int:
    """Remove the pages of earlier runs that are no more. Nothing that no baking wrote is touched."""
    there = set(files)
    mirror = Mirror(target)
    stale = {entry.file for entry in journal.entries.values()} - there
    for file in stale:
        mirror.remove(file)
        mirror.remove(f"{file}.proof.json")
    return len(stale)


def _all_there(target: Path, state: Mapping[str, Any]) -> bool:
    return all(_size(target / file) == size for file, size in state["files"].items())


def _size(path: Path) -> int | None:
    try:
        return os.stat(path).st_size
    except OSError:
        return None


def _digest(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]
