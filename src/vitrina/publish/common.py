"""What all publish commands share: options, the look for a cloud's tool, plugins' secrets."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from typing import Any

import click

from vitrina.cli.environment import twins
from vitrina.cli.parameters import StaticMount

_FOLDER = click.Path(exists=True, file_okay=False, dir_okay=True)

_TITLES = (
    ("title", "Title of the site"),
    ("license", "Name of the licence"),
    ("license_url", "Address of the licence"),
    ("source", "Name of the source"),
    ("source_url", "Address of the source"),
    ("about", "What the data is about"),
    ("about_url", "Address of a page about the data"),
)


def _random_secret() -> str:
    return os.urandom(32).hex()


def validate_plugin_secret(
    ctx: click.Context, param: click.Parameter, value: tuple[tuple[str, str, str], ...]
) -> tuple[tuple[str, str, str], ...]:
    """Callback of ``--plugin-secret``. Raises click.BadParameter for values that cannot stand in a Dockerfile."""
    for _plugin, _key, secret in value:
        if "'" in secret:
            raise click.BadParameter("--plugin-secret cannot contain single quotes")
        if "\n" in secret:
            raise click.BadParameter("--plugin-secret cannot contain line ends")
    return value


FILES = click.argument("files", type=click.Path(exists=True), nargs=-1)
METADATA = click.option(
    "-m", "--metadata", type=click.File(mode="r"), help="JSON or YAML file with titles, descriptions and licences"
)
PLUGIN_SECRET = click.option(
    "--plugin-secret",
    type=(str, str, str),
    metavar="PLUGIN KEY VALUE",
    callback=validate_plugin_secret,
    multiple=True,
    help="A plugin's secret setting, kept out of the metadata, e.g. datasette-auth-github client_id xxx",
)
SOURCE = (
    click.option("--extra-options", help='Further options of "serve"'),
    click.option("--branch", help="Install the server from this branch, or from the address of an archive"),
    click.option("--template-dir", type=_FOLDER, help="Directory of own templates"),
    click.option("--plugins-dir", type=_FOLDER, help="Directory of own plugins"),
    click.option("--static", type=StaticMount(), multiple=True, help="Serve this directory's files at /MOUNT/"),
    click.option("--install", multiple=True, help="Further package to install, such as a plugin"),
)
VERSION_NOTE = click.option("--version-note", help="Note shown on /-/versions")
SECRET = click.option(
    "--secret",
    envvar=twins("PUBLISH_SECRET"),
    default=_random_secret,
    help="Secret that cookies and tokens are signed with; random by default",
)
TITLES = tuple(click.option(f"--{name}", name, help=help) for name, help in _TITLES)


def with_options(function: Any, options: tuple[Callable[[Any], Any], ...]) -> Any:
    """``function`` with click options that stand in its help in this order."""
    for option in reversed(options):
        function = option(function)
    return function


def add_common_publish_arguments_and_options(subcommand: Any) -> Any:
    """The arguments and options that every publish command has; plugins put it on theirs."""
    return with_options(subcommand, (FILES, METADATA, *SOURCE, PLUGIN_SECRET, VERSION_NOTE, SECRET, *TITLES))


def typed_titles(typed: dict[str, Any]) -> dict[str, Any]:
    """The metadata among the options, None for what was not typed."""
    return {name: typed[name] for name, _ in _TITLES}


def warn_of_size(files: Iterable[str], most: int, limit: str) -> None:
    """Say before anything is uploaded that the files have more than ``most`` bytes; ``limit`` is the cloud's rule."""
    size = sum(os.path.getsize(file) for file in files if os.path.isfile(file))
    if size > most:
        click.echo(f"Warning: the files have {size / 1024**2:,.0f} MB: {limit}", err=True)


def fail_if_publish_binary_not_installed(binary: str, publish_target: str, install_link: str) -> None:
    """End with status 1 and a word about it where the tool ``binary`` is missing."""
    if shutil.which(binary):
        return
    click.secho(
        f"Publishing to {publish_target} requires {binary} to be installed and configured",
        bg="red",
        fg="white",
        bold=True,
        err=True,
    )
    click.echo(f"Follow the instructions at {install_link}", err=True)
    sys.exit(1)
