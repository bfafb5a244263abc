"""Write the reference pages of docs/ from the code, or with --check compare them.

python scripts/build_docs.py [--check]
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from vitrina import errors
from vitrina.access.actions import BUILT_IN_ACTIONS, DEFAULT_ALLOWED
from vitrina.cli.main import cli
from vitrina.config.reference import LEVELS
from vitrina.config.settings import SETTINGS
from vitrina.hooks import spec
from vitrina.hooks.manager import HOOK_NAMES
from vitrina.tokens.narrowed.conditions import KINDS
from vitrina.tokens.narrowed.effect import is_reading

TARGET = Path(__file__).resolve().parent.parent / "docs" / "reference"
NOTE = "<!-- Written by `make docs` from the code: change it there. -->\n"


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def settings_page() -> str:
    """Every setting with its default and meaning."""
    rows = [(f"`{name}`", f"`{json.dumps(default)}`", doc) for name, (default, doc) in SETTINGS.items()]
    return (
        "# Settings\n\n"
        "Set one on the command line, `vitrina serve data.db -s sql_time_limit_ms 2000`, or under `settings:` in the\n"
        "configuration file. An unknown name, or a value of another type than the default, stops the start.\n\n"
        + table(("Setting", "Default", "Meaning"), rows)
        + "\n"
    )


def cli_page() -> str:
    """Every command with its arguments and options."""
    parts = ["# Command line\n"]
    parts.append("`vitrina` without a command is `vitrina serve`. Each environment variable is read with the prefix")
    parts.append("`VITRINA_` first, then `DATASETTE_`.\n")
    for name, command in _commands(cli, ""):
        parts.append(f"## `vitrina {name}`\n")
        parts.append(inspect.cleandoc(command.help or "").replace("\b\n", "").replace("\f", "") + "\n")
        parts.append(_command_table(command) + "\n")
    return "\n".join(parts)


def _commands(group: click.Group, prefix: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, those of groups after their group."""
    # Asking for the list loads those commands that are only imported when called.
    group.list_commands(click.Context(group))
    for name, command in sorted(group.commands.items()):
        yield prefix + name, command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{prefix}{name} ")


def _command_table(command: click.Command) -> str:
    rows = []
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
            rows.append((names, _kind(parameter), _default(parameter), _option_help(parameter)))
        else:
            many = "…" if parameter.nargs == -1 else ""
            rows.append((f"`{(parameter.name or '').upper()}`{many}", "argument", "", ""))
    return table(("Option", "Value", "Default", "Meaning"), rows)


def _kind(option: click.Option) -> str:
    if option.is_flag:
        return "flag"
    kind = option.metavar or option.type.name
    if isinstance(option.type, click.IntRange):
        kind = f"{option.type.min}–{'' if option.type.max is None else option.type.max}"
    return kind + (", repeatable" if option.multiple else "")


def _default(option: click.Option) -> str:
    if option.is_flag or option.multiple or not isinstance(option.default, str | int):
        return ""
    return f"`{option.default}`"


def _option_help(option: click.Option) -> str:
    names = [option.envvar] if isinstance(option.envvar, str) else list(option.envvar or ())
    variable = f" Environment: `{'`, `'.join(names)}`." if names else ""
    text = option.help or ""
    return text + ("." if variable and not text.endswith(".") else "") + variable


def errors_page() -> str:
    """The tree of errors with their statuses."""
    found = [each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, errors.VitrinaError)]
    rows = [
        (f"`{each.__name__}`", str(each.status), f"`{each.__bases__[0].__name__}`", _first_line(each)) for each in found
    ]
    return (
        "# Errors\n\n"
        "Every error has an HTTP status, a message and, on pages and in the log, a hint on what to do next. Programs\n"
        'get `{"ok": false, "error": …, "errors": […], "status": …}`.\n\n'
        + table(("Error", "Status", "A kind of", "Meaning"), rows)
        + "\n"
    )


def _first_line(thing: Any) -> str:
    # Of the class itself: an inherited docstring would describe another one.
    text = inspect.cleandoc(thing.__dict__.get("__doc__") or "")
    return text.split("\n\n")[0].replace("\n", " ")


def hooks_page() -> str:
    """Every hook with its arguments."""
    rows = []
    for name in HOOK_NAMES:
        hook = getattr(spec, name)
        arguments = ", ".join(inspect.signature(hook).parameters)
        rows.append((f"`{name}({arguments})`", _first_line_of_function(hook)))
    return (
        "# Plugin hooks\n\n"
        "An implementation may name any subset of a hook's arguments. Mark it with `hookimpl`.\n\n"
        + table(("Hook", "Purpose"), rows)
        + "\n"
    )


def _first_line_of_function(function: Callable[..., Any]) -> str:
    return inspect.cleandoc(function.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def configuration_page() -> str:
    """The configuration's keys, level by level."""
    parts = ["# Configuration\n"]
    parts.append(
        "One file, JSON or YAML, given with `--config`; keys that Vitrina does not know are left alone, except"
    )
    parts.append(
        "under `settings`. What the file gets wrong is reported with the key and the line before anything starts.\n"
    )
    for title, keys in LEVELS.items():
        parts.append(f"## `{title}`\n")
        parts.append(table(("Key", "Value", "Meaning"), [(f"`{key}`", kind, doc) for key, kind, doc in keys]) + "\n")
    return "\n".join(parts)


def permissions_page() -> str:
    """Every action, and every caveat of tokens."""
    parts = ["# Actions and caveats\n", "## Actions\n"]
    parts.append("What an actor may be allowed to do. The abbreviation stands in signed tokens. Plugins add actions.\n")
    rows = []
    for action in BUILT_IN_ACTIONS:
        level = action.resource_class.name if action.resource_class is not None else "instance"
        marks = ("yes" if action.name in DEFAULT_ALLOWED else "", "yes" if is_reading(action.name) else "")
        needs = f"`{action.also_requires}`" if action.also_requires else ""
        rows.append((f"`{action.name}`", f"`{action.abbr}`", level, action.description or "", *marks, needs))
    header = ("Action", "Short", "Of", "Meaning", "Allowed by default", "Counts as reading", "Needs besides")
    parts.append(table(header, rows) + "\n")
    parts.append("## Caveats\n")
    parts.append(
        "What narrows a `vtk_` token, as it is written, and the option of `vitrina token restrict` that adds it."
    )
    parts.append(
        "All caveats of a token must hold; a server refuses a token with one that it does not know. The list is"
    )
    parts.append("short on purpose: whatever is not certainly reading counts as writing, and an action of the whole")
    parts.append("instance other than `view-instance` is outside of every database.\n")
    kinds = [(f"`{kind.example}`", f"`{kind.option}`" if kind.option else "", kind.meaning) for kind in KINDS.values()]
    parts.append(table(("Caveat", "Option", "Meaning"), kinds) + "\n")
    return "\n".join(parts)


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "settings.md": settings_page,
    "configuration.md": configuration_page,
    "errors.md": errors_page,
    "hooks.md": hooks_page,
    "permissions.md": permissions_page,
}


def outdated() -> Iterator[str]:
    """Names of pages that differ from what the code says."""
    for name, make in PAGES.items():
        path = TARGET / name
        if not path.exists() or path.read_text(encoding="utf-8") != NOTE + make():
            yield name


def main() -> int:
    """Write the pages; with --check only compare, 1 when one is out of date."""
    if "--check" in sys.argv[1:]:
        stale = list(outdated())
        if stale:
            print(f"out of date: {', '.join(stale)}: run make docs", file=sys.stderr)
        return 1 if stale else 0
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (TARGET / name).write_text(NOTE + make(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
