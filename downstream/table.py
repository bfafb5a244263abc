"""The table of results in the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_HEAD = """# Plugins

Existing Datasette plugins run on Vitrina as they are. `make downstream` installs each of the plugins below into an
environment of its own, serves a database with it, and looks for its effect; without the plugin the effect must be
missing. The last column is the same command on Datasette 1.0a41: a plugin that fails there too is listed, but does not
count.

"""


def write_table(results: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write the page, sorted by kind and name."""
    rows = sorted(results, key=lambda each: (each["kind"], each["plugin"]))
    passed = sum(each["passed"] for each in rows)
    lines = [
        _HEAD + f"**{passed} of {len(rows)} pass on Vitrina.**",
        "",
        "| Plugin | Kind | Effect looked for | Vitrina | Datasette |",
    ]
    lines.append("|---|---|---|---|---|")
    for each in rows:
        other = "passes" if each.get("datasette", "") is None else "fails"
        own = "passes" if each["passed"] else "fails"
        lines.append(f"| {each['plugin']} | {each['kind']} | {each['effect']} | {own} | {other} |")
    path.write_text("\n".join(lines) + "\n")
