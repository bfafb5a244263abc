"""The results in the documentation: a table, and one line in the README."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_HEAD = """# Plugins

Existing Datasette plugins run on Vitrina as they are. `make downstream` installs each of the plugins below into an
environment of its own, serves a database with it, and looks for its effect in an answer, a file or a real browser whose
console must stay without errors; without the plugin the effect must be missing. The last column is the same command on
Datasette 1.0a41. A plugin that fails there too is listed, but counts only where it passes here. Plugins with a release
for each generation of Datasette are listed with both.

"""
_LINE = re.compile(r"^.*\bplugins pass on Vitrina\b.*$", re.MULTILINE)


def write_table(results: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write the page, sorted by kind and name."""
    rows = sorted(results, key=lambda each: (each["kind"], each["plugin"], each.get("version", "")))
    lines = [
        f"{_HEAD}**{score(rows)}.**",
        "",
        "| Plugin | Version | Kind | Effect looked for | Vitrina | Datasette |",
        "|---|---|---|---|---|---|",
    ]
    notes = []
    for each in rows:
        other = "passes" if _passes_there(each) else "fails"
        own = "passes" if each["passed"] else "fails"
        cells = [each["plugin"], each.get("version", ""), each["kind"], each["effect"], own, other]
        lines.append(f"| {' | '.join(cells)} |")
        if each.get("note"):
            notes.append(f"- **{each['plugin']} {each.get('version', '')}**: {each['note']}")
    if notes:
        lines += ["", "## Notes", "", *notes]
    path.write_text("\n".join(lines) + "\n")


def write_score(results: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Put the score in the place of the line of the README that holds one. Raises ValueError without such a line."""
    text = path.read_text()
    if _LINE.search(text) is None:
        raise ValueError(f"No line of {path} holds the score of plugins")
    line = f"{score(results)} ([docs/plugins.md](docs/plugins.md))."
    path.write_text(_LINE.sub(lambda _: line, text, count=1))


def score(results: Iterable[Mapping[str, Any]]) -> str:
    """The score as words; a plugin passes with one of its releases, and with each that passes on Datasette."""
    here: dict[str, bool] = {}
    there: dict[str, bool] = {}
    worse: set[str] = set()
    for each in results:
        name = each["plugin"]
        here[name] = here.get(name, False) or each["passed"]
        there[name] = there.get(name, False) or _passes_there(each)
        if _passes_there(each) and not each["passed"]:
            worse.add(name)
    passed = [name for name, passes in here.items() if passes and name not in worse]
    both = [name for name in passed if there[name]]
    only_there = f"; {len(worse)} more only on Datasette" if worse else ""
    return f"{len(passed)} of {len(here)} plugins pass on Vitrina; {len(both)} of them on Datasette 1.0a41{only_there}"


def _passes_there(result: Mapping[str, Any]) -> bool:
    """Whether it passes on Datasette; never where the check holds without the plugin too."""
    return result.get("datasette", "") is None and result.get("without", "") is not None
