"""Which databases an instance serves, from the files and options it was given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vitrina.engine.protocols import DatabaseSpec

MEMORY = "_memory"
#: word that the command line takes for the memory database
MEMORY_WORD = ":memory:"


def unique_name(wanted: str, taken: Iterable[str]) -> str:
    """``wanted``, or with ``_2``, ``_3`` … appended where that name is taken."""
    names = set(taken)
    name, number = wanted, 2
    while name in names:
        name, number = f"{wanted}_{number}", number + 1
    return name


def database_specs(
    files: Sequence[str],
    immutables: Sequence[str],
    *,
    memory: bool = False,
    crossdb: bool = False,
    nolock: bool = False,
    inspect_data: Mapping[str, Any] | None = None,
) -> list[DatabaseSpec]:
    """The databases in the order they are listed: memory first, then files, then immutable files."""
    specs: list[DatabaseSpec] = []
    paths = [file for file in files if file != MEMORY_WORD]
    frozen = {str(Path(path).resolve()) for path in immutables}
    if memory or crossdb or not (files or immutables) or len(paths) < len(files):
        specs.append(DatabaseSpec(name=MEMORY, route=MEMORY, is_memory=True, is_mutable=False))
    for path in [*paths, *[path for path in immutables if path not in paths]]:
        resolved = str(Path(path).resolve())
        name = unique_name(Path(path).stem, [spec.name for spec in specs])
        known = _inspected(inspect_data or {}, name) if resolved in frozen else {}
        specs.append(
            DatabaseSpec(
                name=name,
                route=name,
                path=str(path),
                is_mutable=resolved not in frozen,
                nolock=nolock,
                hash=known.get("hash"),
                size=known.get("size"),
            )
        )
    return specs


def _inspected(inspect_data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    entry = inspect_data.get(name)
    return entry if isinstance(entry, Mapping) else {}
