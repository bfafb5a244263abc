"""Everything that has to be installed, each with the version that is installed here."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from vitrina.errors import StartupError
from vitrina.publish.program import OWN

# Longer ones are the text of a licence, not its name.
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Pin:
    """A distribution and its version; ``license`` as it names it itself, None where it does not."""

    name: str
    version: str
    license: str | None = None


def pinned_requirements(roots: Iterable[str] = ()) -> list[Pin]:
    """Vitrina, ``roots`` (requirements such as ``datasette-vega``), and all that they need, by name.

    Raises StartupError for a root that is not installed here, since nobody
    could say which version was meant.
    """
    found: dict[str, Pin] = {}
    waiting = [Requirement(OWN), *(_parse(root) for root in roots)]
    needed_by = {requirement.name: "" for requirement in waiting}
    done: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        try:
            distribution = importlib.metadata.distribution(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            if requirement.name in needed_by:
                raise StartupError(
                    f"{requirement.name} is not installed here, so its version cannot be pinned: "
                    f"vitrina install {requirement.name}"
                ) from None
            continue
        found[name] = Pin(name, distribution.version, _license(distribution))
        for extra in requirement.extras or {""}:
            if (name, extra) in done:
                continue
            done.add((name, extra))
            for line in distribution.requires or ():
                child = Requirement(line)
                if child.marker is None or child.marker.evaluate({"extra": extra}):
                    waiting.append(child)
    # What plugins call the server they extend is this program itself.
    found.pop("datasette", None)
    return [found[name] for name in sorted(found)]


def _parse(root: str) -> Requirement:
    try:
        return Requirement(root)
    except ValueError as error:
        raise StartupError(f"--install {root}: {error}") from error


def _license(distribution: importlib.metadata.Distribution) -> str | None:
    metadata = distribution.metadata
    for name in ("License-Expression", "License"):
        text = str((metadata.get_all(name) or [""])[0])
        if text and len(text) < _LONGEST_NAME and "\n" not in text:
            return text
    for classifier in metadata.get_all("Classifier") or ():
        if classifier.startswith("License :: OSI Approved :: "):
            return str(classifier).rpartition(" :: ")[2]
    return None
