"""The command group, and how its errors are printed."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from click_default_group import DefaultGroup

from vitrina.cli.serve import serve
from vitrina.compat import install as install_alias
from vitrina.errors import PluginError, StartupError, VitrinaError
from vitrina.hooks.blame import blamed
from vitrina.version import REFERENCE_VERSION, __version__


class _Group(DefaultGroup):  # type: ignore[misc]
    """A group whose errors of our own are one sentence on stderr and exit status 1."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        # Before any plugin is imported, so that plugins find the import name they were written for.
        install_alias()
        return super().main(*args, **kwargs)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _in_one_sentence():
            context: click.Context = super().make_context(*args, **kwargs)
            return context

    def invoke(self, ctx: click.Context) -> Any:
        with _in_one_sentence():
            return super().invoke(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _LATE:
            _add_late(self, cmd_name)
        elif cmd_name not in self.commands and not cmd_name.endswith((".db", ".sqlite", ".sqlite3")):
            _add_plugin_commands(self)
        command: click.Command | None = super().get_command(ctx, cmd_name)
        return command

    def list_commands(self, ctx: click.Context) -> list[str]:
        for name in _LATE:
            _add_late(self, name)
        _add_plugin_commands(self)
        names: list[str] = super().list_commands(ctx)
        return names


@contextmanager
def _in_one_sentence() -> Iterator[None]:
    try:
        yield
    except VitrinaError as error:
        message = error.message if error.hint is None else f"{error.message} ({error.hint})"
        raise click.ClickException(_with_plugin(message, error)) from error
    except Exception as error:
        if blamed(error) is None or isinstance(error, click.ClickException):
            raise
        # Where in the plugin is for the log; what to do about it is not.
        logging.getLogger("vitrina.plugins").error("A plugin failed", exc_info=error)
        raise click.ClickException(_with_plugin(f"{type(error).__name__}: {error}", error)) from error


def _with_plugin(message: str, error: Exception) -> str:
    note = blamed(error)
    # What a plugin refuses on purpose it says in its own words.
    own_words = isinstance(error, StartupError) and note is not None and note.endswith(" startup")
    return message if note is None or own_words or isinstance(error, PluginError) else f"{message}. {note}"


# Commands whose imports no other command should wait for: name → module and attribute.
_LATE = {
    "bake": ("vitrina.cli.bake", "bake_command"),
    "create-token": ("vitrina.cli.tokens", "create_token"),
    "files": ("vitrina.cli.files_group", "files_group"),
    "inspect": ("vitrina.cli.inspect", "inspect"),
    "insert": ("vitrina.cli.insert", "insert"),
    "install": ("vitrina.cli.packages", "install"),
    "package": ("vitrina.publish.package", "package"),
    "plugins": ("vitrina.cli.plugins", "plugins"),
    "publish": ("vitrina.publish.group", "publish"),
    "restore": ("vitrina.cli.restore", "restore_database"),
    "set-password": ("vitrina.cli.password", "set_password"),
    "token": ("vitrina.cli.token", "token"),
    "uninstall": ("vitrina.cli.packages", "uninstall"),
}


def _add_late(group: click.Group, name: str) -> None:
    if name not in group.commands:
        module, attribute = _LATE[name]
        group.add_command(getattr(importlib.import_module(module), attribute), name)


def _add_plugin_commands(group: click.Group) -> None:
    """Let installed plugins add commands; looked for only when a word is none of ours, since it takes time."""
    if group.__dict__.get("plugin_commands_added"):
        return
    group.__dict__["plugin_commands_added"] = True
    from vitrina.facade.plugins import add_commands

    add_commands("register_commands", cli=group)


def _print_version(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    name = ctx.find_root().info_name
    if name in _REFERENCE_NAMES:
        click.echo(f"{name}, version {REFERENCE_VERSION}")
    else:
        click.echo(f"vitrina, version {__version__} (answers as datasette {REFERENCE_VERSION})")
    ctx.exit()


# Names under which programs written for the reference call this: ``cli`` is what click's CliRunner says.
_REFERENCE_NAMES = ("datasette", "python -m datasette", "cli")


@click.group(cls=_Group, default="serve", default_if_no_args=True)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Vitrina shows SQLite databases as a website and a JSON API.

    A word that is no command is taken as a file: "vitrina data.db" is
    "vitrina serve data.db".
    """


cli.add_command(serve)


if __name__ == "__main__":
    sys.exit(cli())
