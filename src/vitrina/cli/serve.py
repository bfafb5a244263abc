"""``serve``: its options, and what happens in which order before a server runs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from vitrina.cli.environment import twins
from vitrina.cli.options import ServeOptions
from vitrina.cli.parameters import LoadExtension, StaticMount, parse_settings
from vitrina.config.merge import parse_assignment
from vitrina.config.settings import SETTINGS
from vitrina.errors import StartupError
from vitrina.hooks.blame import IGNORE

_FOLDER = click.Path(exists=True, file_okay=False, dir_okay=True)
_TEXT_FILE = click.File(mode="r", encoding="utf-8-sig")

# In the order of the help text.
_OPTIONS = (
    click.option(
        "-i",
        "--immutable",
        type=click.Path(exists=True),
        multiple=True,
        help="Database file that nobody changes while it is served",
    ),
    click.option(
        "-h",
        "--host",
        default="127.0.0.1",
        help="Address to listen on, by default 127.0.0.1: this machine only. 0.0.0.0 is every address",
    ),
    click.option(
        "-p",
        "--port",
        type=click.IntRange(0, 65535),
        default=8001,
        help="Port to listen on, by default 8001; 0 takes a free one",
    ),
    click.option("--uds", help="Listen on this Unix domain socket instead"),
    click.option(
        "--reload", is_flag=True, help="Start again when code, configuration, templates or immutable files change"
    ),
    click.option("--cors", is_flag=True, help="Let scripts of other sites read: Access-Control-Allow-Origin: *"),
    click.option(
        "sqlite_extensions",
        "--load-extension",
        type=LoadExtension(),
        multiple=True,
        envvar=twins("LOAD_EXTENSION"),
        help="SQLite extension to load, with an optional entry point; the word spatialite looks in the usual places",
    ),
    click.option("--inspect-file", help='File written by "inspect"'),
    click.option("-m", "--metadata", type=_TEXT_FILE, help="JSON or YAML file with titles, descriptions and licences"),
    click.option("--template-dir", type=_FOLDER, help="Directory of own templates"),
    click.option("--plugins-dir", type=_FOLDER, help="Directory of own plugins"),
    click.option("--ignore-plugin-errors", is_flag=True, help="Start without plugins that cannot be loaded or started"),
    click.option(
        "--strict-csp", is_flag=True, help="Allow no script, style or frame of plugins that is not built in; log them"
    ),
    click.option("--static", type=StaticMount(), multiple=True, help="Serve this directory's files at /MOUNT/"),
    click.option("--memory", is_flag=True, help="Add the database _memory"),
    click.option("-c", "--config", type=_TEXT_FILE, help="JSON or YAML configuration file"),
    click.option(
        "settings",
        "-s",
        "--setting",
        type=(str, str),
        metavar="NAME VALUE",
        multiple=True,
        callback=parse_settings,
        help="A setting, or a dotted key of the configuration, and its value",
    ),
    click.option(
        "--secret", envvar=twins("SECRET"), help="Secret that cookies and tokens are signed with; random by default"
    ),
    click.option("--root", is_flag=True, help="Print a link that logs in as root, once"),
    click.option("--default-deny", is_flag=True, help="Allow nothing by default"),
    click.option("--get", help="Answer one request for this path, print the answer and exit"),
    click.option("--headers", is_flag=True, help="Print the headers of --get as well"),
    click.option("--token", help="API token to send with --get"),
    click.option("--actor", help="Actor of --get, as a JSON object"),
    click.option("--version-note", help="Note shown on /-/versions"),
    click.option("--help-settings", is_flag=True, help="List the settings and exit"),
    click.option("--pdb", is_flag=True, help="Start the debugger where an error occurs"),
    click.option("open_browser", "-o", "--open", is_flag=True, help="Open the site in a browser"),
    click.option("--create", is_flag=True, help="Create database files that do not exist"),
    click.option("--crossdb", is_flag=True, help="Let /_memory join tables of several databases"),
    click.option("--nolock", is_flag=True, help="Read files that another program keeps locked"),
    click.option("--ssl-keyfile", envvar=twins("SSL_KEYFILE"), help="Key file for TLS"),
    click.option("--ssl-certfile", envvar=twins("SSL_CERTFILE"), help="Certificate file for TLS"),
    click.option(
        "--internal",
        type=click.Path(),
        envvar=twins("INTERNAL"),
        help="File for the internal database, so that it outlives the process",
    ),
    click.option("--take-over", is_flag=True, help="Replicate even where another server did a moment ago"),
    click.option(
        "--max-lag",
        type=click.FloatRange(min=0),
        help="Read replicas: answer nothing (503) while the copy is older than this many seconds",
    ),
    click.option("--writer", help="Read replicas: address of the server that takes writes, named where one is refused"),
    click.option(
        "--follow-interval",
        type=click.FloatRange(min=0.01),
        default=1.0,
        help="Read replicas: seconds between two looks for changes, by default 1",
    ),
    click.option(
        "--replica-dir",
        type=click.Path(file_okay=False),
        help="Read replicas: folder for the copies, by default a temporary one. Twice the database's size is needed",
    ),
)


def _with_options(function: Any) -> Any:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.command()
@click.argument("files", type=click.Path(), nargs=-1)
@_with_options
def serve(files: Sequence[str], **typed: Any) -> Any:
    """Serve SQLite database files as a website and an API.

    FILES are databases, and at most one configuration directory. An address
    such as s3://bucket/path is the replica of a database, served read-only.
    """
    # Only code that calls this as a function gives it: the instance, which is not served then.
    return_instance = typed.pop("return_instance", False)
    if return_instance:
        typed["settings"] = [parse_assignment(name, value) for name, value in typed["settings"]]
    options = ServeOptions(files=tuple(files), **{**typed, "settings": tuple(typed["settings"])})
    if options.help_settings:
        print_settings()
        return None
    _check_combinations(options)
    if return_instance:
        from vitrina.cli.instance import build_instance

        return build_instance(options)
    if options.ignore_plugin_errors:
        # In the environment, so that processes started from this one know it too.
        os.environ[IGNORE] = "1"
    # What follows needs the application; other commands should not wait for its imports.
    from vitrina.cli.replicas import building_with_replicas

    if options.get is not None:
        from vitrina.cli.get import run_get

        with building_with_replicas(options) as instance:
            status = run_get(instance, options)
        _leave(instance, status)
    if options.reload:
        from vitrina.cli.reload import in_child, supervise

        if not in_child():
            raise SystemExit(supervise(options))
    from vitrina.cli.server import run_server

    with building_with_replicas(options) as instance:
        status = run_server(instance, options)
    _leave(instance, status)


def _leave(instance: Any, status: int) -> None:
    """End the process, even where a thread is inside an SQL function that does not return."""
    if instance.is_stuck:
        click.echo("Leaving a query behind that could not be interrupted", err=True)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    raise SystemExit(status)


def _check_combinations(options: ServeOptions) -> None:
    for name in ("headers", "token"):
        if getattr(options, name) and options.get is None:
            raise click.ClickException(f"--{name} can only be used with --get")
    if options.ssl_keyfile and not options.ssl_certfile:
        raise click.ClickException("--ssl-keyfile needs --ssl-certfile as well")
    if options.actor is not None:
        try:
            json.loads(options.actor)
        except ValueError as error:
            raise StartupError(f'--actor must be a JSON object, such as \'{{"id": "root"}}\': {error}') from error


def print_settings() -> None:
    """Print each setting with its meaning and default."""
    formatter = click.HelpFormatter()
    with formatter.section("Settings"):
        formatter.write_dl(
            [
                (name, f"{doc} (default={json.dumps(default) if default != '/' else default})")
                for name, (default, doc) in SETTINGS.items()
            ]
        )
    click.echo(formatter.getvalue().rstrip("\n"))
