"""From the options of ``serve`` to an instance: configuration, files, constructor arguments."""

from __future__ import annotations

import sqlite3

import click

from vitrina.cli.configuration import read_configuration
from vitrina.cli.files import GivenFiles, check_databases, sort_arguments
from vitrina.cli.options import ServeOptions
from vitrina.config.directory import ConfigDirectory, read_directory, read_inspect_file
from vitrina.config.model import Config
from vitrina.errors import StartupError
from vitrina.facade.datasette import Datasette
from vitrina.web.csp_reports import STRICT_CSP


def build_instance(options: ServeOptions, config: Config | None = None) -> Datasette:
    """Look at the files and construct the instance; nothing is served yet.

    ``config`` is what :func:`read_configuration` gave, None to read it now.
    Raises StartupError and ConfigError.
    """
    _check_extensions(options)
    given = sort_arguments(options.files, create=options.create)
    directory = read_directory(given.directory) if given.directory else None
    config = config or read_configuration(options)
    for warning in config.warnings:
        click.echo(f"Warning: {warning}", err=True)
    check_databases(_every_file(given, options, directory))
    instance = Datasette(
        files=given.files,
        immutables=options.immutable,
        cache_headers=not options.reload,
        cors=options.cors,
        inspect_data=read_inspect_file(options.inspect_file) if options.inspect_file else None,
        config=dict(config.raw),
        metadata=dict(config.metadata),
        sqlite_extensions=options.sqlite_extensions,
        template_dir=options.template_dir,
        plugins_dir=options.plugins_dir,
        static_mounts=options.static,
        memory=options.memory,
        secret=options.secret,
        version_note=options.version_note,
        config_dir=given.directory,
        pdb=options.pdb,
        crossdb=options.crossdb,
        nolock=options.nolock,
        internal=options.internal,
        default_deny=options.default_deny,
    )
    if options.root and options.get is None:
        instance.root_enabled = True
    if options.strict_csp:
        instance.site.state[STRICT_CSP] = True
    return instance


def _check_extensions(options: ServeOptions) -> None:
    if options.sqlite_extensions and not hasattr(sqlite3.Connection, "enable_load_extension"):
        raise StartupError(
            "Your Python installation does not have the ability to load SQLite extensions.",
            hint="Use one that was built with --enable-loadable-sqlite-extensions.",
        )


def _every_file(given: GivenFiles, options: ServeOptions, directory: ConfigDirectory | None) -> list[str]:
    return [*given.files, *options.immutable, *(directory.files if directory else ())]
