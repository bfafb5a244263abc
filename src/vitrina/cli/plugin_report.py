"""What is worth knowing of an installed plugin: its hooks, unmet requirements, and old names it still uses."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pluggy

from vitrina.hooks.markers import PROJECT
from vitrina.hooks.old_spec import ADVICE
from vitrina.web.plugin_list import plugin_list

#: methods of earlier releases, called on the object that plugins know as datasette
OLD_METHODS = frozenset(
    {
        "permission_allowed",
        "ensure_permissions",
        "metadata",
        "table_metadata",
        "get_canned_query",
        "get_canned_queries",
    }
)
_OWNERS = frozenset({"datasette", "ds"})


@dataclass(frozen=True, slots=True)
class PluginReport:
    """One plugin. ``unmet`` are sentences of pip; ``old`` says which old name is used where."""

    name: str
    version: str
    hooks: tuple[str, ...]
    unmet: tuple[str, ...]
    old: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """The report as text."""
        yield f"{self.name} {self.version}"
        yield f"  hooks: {', '.join(self.hooks) or 'none'}"
        yield f"  requirements: {'; '.join(self.unmet) or 'met'}"
        yield f"  old API: {', '.join(self.old) or 'none'}"


def reports_of(pm: pluggy.PluginManager, only: Collection[str] = ()) -> list[PluginReport]:
    """A report on each installed plugin, or on those of these distributions."""
    listed = {_plain(item["name"]): item for item in plugin_list(pm)}
    wanted = {_plain(name) for name in only}
    problems = _unmet_requirements()
    found = []
    for dist in metadata.distributions():
        name = _plain(dist.metadata["Name"] or "")
        if name not in listed or (wanted and name not in wanted):
            continue
        if not any(point.group == PROJECT for point in dist.entry_points):
            continue
        hooks = tuple(listed[name]["hooks"])
        old = [*(f"hook {hook}" for hook in hooks if hook in ADVICE), *_old_calls(dist)]
        found.append(PluginReport(name, dist.version, hooks, tuple(problems.get(name, ())), tuple(old)))
    return sorted(found, key=lambda report: report.name)


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _unmet_requirements() -> dict[str, list[str]]:
    """What pip finds wrong, by distribution."""
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    found: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        name, _, rest = line.partition(" ")
        found.setdefault(_plain(name), []).append(rest.partition(" ")[2] or rest)
    return found


def _old_calls(dist: metadata.Distribution) -> list[str]:
    """Calls of old methods in the plugin's own files, each once a line."""
    found = []
    for file in dist.files or ():
        if file.suffix != ".py" or "tests" in file.parts:
            continue
        path = Path(str(dist.locate_file(file)))
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (OSError, SyntaxError, ValueError):
            continue
        found += [f"datasette.{name} ({file}:{line})" for name, line in old_calls_in(tree)]
    return found


def old_calls_in(tree: ast.AST) -> list[tuple[str, int]]:
    """Old methods that are called in a module, with the lines."""
    return sorted(
        {
            (node.func.attr, node.lineno)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in OLD_METHODS
            and _last_name(node.func.value) in _OWNERS
        },
        key=lambda found: found[1],
    )


def _last_name(node: ast.expr) -> str:
    """``datasette`` for ``datasette`` and for ``self.datasette``."""
    if isinstance(node, ast.Attribute):
        return node.attr.lstrip("_")
    return node.id if isinstance(node, ast.Name) else ""
