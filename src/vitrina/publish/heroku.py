"""``publish heroku``: an application built and run by Heroku, through its own tool heroku."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import CalledProcessError, call, check_output
from typing import IO, Any

import click
from click.core import ParameterSource

from vitrina.publish.common import (
    add_common_publish_arguments_and_options,
    fail_if_publish_binary_not_installed,
    typed_titles,
    warn_of_size,
    with_options,
)
from vitrina.publish.context import bring, file_names, working_directory
from vitrina.publish.dockerfile import directory_options, quoted_immutables, static_options
from vitrina.publish.metadata import combine, plugin_environment, read_metadata, render_metadata
from vitrina.publish.program import ALIAS, program_name, requirement

_PYTHON = "python-3.11.0"
_MOST_BYTES = 500 * 1024**2

_OPTIONS = (
    click.option("-n", "--name", default="datasette", help="Name of the application"),
    click.option("--tar", help="Program that heroku is to use as tar, e.g. /usr/local/bin/gtar"),
    click.option(
        "--generate-dir",
        type=click.Path(dir_okay=True, file_okay=False),
        help="Write the application's files to this directory and deploy nothing",
    ),
)


def publish_subcommand(publish: click.Group) -> None:
    """Add the command to the group ``publish``."""
    publish.command("heroku")(add_common_publish_arguments_and_options(with_options(heroku, _OPTIONS)))


@click.pass_context
def heroku(context: click.Context, /, **typed: Any) -> None:
    """Publish databases as an application of Heroku."""
    fail_if_publish_binary_not_installed("heroku", "Heroku", "https://cli.heroku.com")
    _ensure_builds_plugin()
    warn_of_size(typed["files"], _MOST_BYTES, "Heroku takes applications of 500 MB, compressed")
    environment, plugins = plugin_environment(typed["plugin_secret"])
    titles = typed_titles(typed) | ({"plugins": plugins} if plugins else {})
    target = os.path.abspath(typed["generate_dir"]) if typed["generate_dir"] else None
    with temporary_heroku_directory(
        typed["files"],
        typed["name"],
        typed["metadata"],
        typed["extra_options"],
        typed["branch"],
        typed["template_dir"],
        typed["plugins_dir"],
        typed["static"],
        typed["install"],
        typed["version_note"],
        typed["secret"],
        titles,
    ) as directory:
        if target is not None:
            _generate(directory, target)
            click.echo(f"Generated files written to {typed['generate_dir']}, stopping without deploying", err=True)
            return
        # A random secret would log everybody out with each deployment, so only one that was chosen is set.
        chosen = context.get_parameter_source("secret") not in (ParameterSource.DEFAULT, None)
        if chosen and program_name() != ALIAS:
            environment = {"VITRINA_SECRET": typed["secret"], **environment}
        _deploy(typed["name"], environment, typed["tar"])


def _ensure_builds_plugin() -> None:
    if "heroku-builds" in _text(_ask_heroku("plugins")):
        return
    click.echo("Publishing to Heroku requires the heroku-builds plugin to be installed.")
    click.confirm("Install it? (this will run `heroku plugins:install heroku-builds`)", abort=True)
    _check(call(["heroku", "plugins:install", "heroku-builds"]), "The plugin heroku-builds was not installed")


def _deploy(name: str, environment: Mapping[str, str], tar: str | None) -> None:
    application = _existing_or_new(name)
    for variable, value in environment.items():
        _check(call(["heroku", "config:set", "-a", application, f"{variable}={value}"]), f"{variable} was not stored")
    tar_option = ["--tar", tar] if tar else []
    build = ["heroku", "builds:create", "-a", application, "--include-vcs-ignore", *tar_option]
    _check(call(build), "The application was not built")


def _existing_or_new(name: str) -> str:
    """The name of the application, made where there is none of this name yet."""
    if any(application["name"] == name for application in _answer("apps:list", "--json")):
        return name
    created: str = _answer("apps:create", name, "--json")["name"]
    return created


def _answer(*words: str) -> Any:
    try:
        return json.loads(_text(_ask_heroku(*words)))
    except ValueError as error:
        raise click.ClickException(f'The answer of "heroku {" ".join(words)}" is not JSON: {error}') from error


def _ask_heroku(*words: str) -> Any:
    try:
        return check_output(["heroku", *words])
    except CalledProcessError as error:
        raise click.ClickException(
            f'"heroku {" ".join(words)}" ended with status {error.returncode}; is heroku logged in (heroku login)?'
        ) from error


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer


def _check(status: Any, failure: str) -> None:
    # Anything but a number comes from a stand-in, in the tests of a plugin.
    if isinstance(status, int) and status:
        raise click.ClickException(f"{failure}: heroku ended with status {status}")


def _generate(directory: str, target: str) -> None:
    """Copy the application's files to ``target``. Raises click.ClickException where something is there."""
    if os.path.exists(target) and (not os.path.isdir(target) or os.listdir(target)):
        raise click.ClickException("Directory already exists")
    shutil.copytree(directory, target, dirs_exist_ok=True)


@contextmanager
def temporary_heroku_directory(
    files: Sequence[str],
    name: str,
    metadata: IO[str] | None,
    extra_options: str | None,
    branch: str | None,
    template_dir: str | None,
    plugins_dir: str | None,
    static: Iterable[tuple[str, str]],
    install: Iterable[str],
    version_note: str | None,
    secret: str | None,
    extra_metadata: Mapping[str, Any] | None = None,
) -> Iterator[str]:
    """A directory with an application's files, the working directory inside the ``with`` block.

    Raises StartupError and ConfigError.
    """
    combined = combine(read_metadata(metadata), extra_metadata)
    mounts = list(static)
    names = file_names(files)
    program = program_name()
    options = directory_options(template_dir, plugins_dir, version_note)
    options += ["--metadata", "metadata.json"] if combined else []
    # Unquoted, so that $NAME is a variable of the application.
    options += (extra_options or "").split()
    options += static_options(mounts)
    served = " ".join(quoted_immutables(names))
    origin = os.getcwd()
    with working_directory("app") as directory:
        _write("runtime.txt", _PYTHON)
        _write("requirements.txt", "\n".join([requirement(program, branch), *install]))
        _write("bin/post_compile", _post_compile(program, names))
        if program != ALIAS:
            os.chmod("bin/post_compile", 0o755)
        _write(
            "Procfile",
            f"web: {program} serve --host 0.0.0.0 {served} --cors --port $PORT --inspect-file inspect-data.json "
            f"{' '.join(options)}",
        )
        if combined:
            _write("metadata.json", render_metadata(combined))
        bring(files, template_dir, plugins_dir, mounts, into=directory, origin=origin)
        yield directory


def _post_compile(program: str, names: Iterable[str]) -> str:
    """The script that Heroku runs after installing. The alias's has never named the files."""
    if program == ALIAS:
        return f"{program} inspect --inspect-file inspect-data.json"
    files = " ".join(shlex.quote(name) for name in names)
    return f"#!/bin/sh\n{program} inspect {files} --inspect-file inspect-data.json\n"


def _write(name: str, text: str) -> None:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
