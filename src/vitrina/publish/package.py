"""``package``: a container image built on this machine, or what runs the same files without one."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from subprocess import call
from typing import Any

import click
from click.core import ParameterSource

from vitrina.errors import StartupError
from vitrina.publish.common import METADATA, SECRET, SOURCE, TITLES, VERSION_NOTE, typed_titles, with_options
from vitrina.publish.context import temporary_docker_directory
from vitrina.publish.hardened import BASE_IMAGE, ImageOptions, check_empty, describe, write_context
from vitrina.publish.metadata import combine, read_metadata
from vitrina.publish.units import render_compose, render_unit, replica_addresses

_BUILDERS = ("docker", "podman", "buildah")

_OPTIONS = (
    click.argument("files", type=click.Path(exists=True), nargs=-1, required=True),
    click.option("-t", "--tag", help="Name of the image, or name:tag"),
    METADATA,
    *SOURCE,
    click.option("--spatialite", is_flag=True, help="Load the SpatiaLite extension"),
    VERSION_NOTE,
    SECRET,
    click.option(
        "-p", "--port", type=click.IntRange(1, 65535), default=8001, help="Port to listen on, by default 8001"
    ),
    *TITLES,
    click.option(
        "--hardened",
        is_flag=True,
        help="Pinned versions, no root, read-only files, a health check, a bill of materials, no secrets inside",
    ),
    click.option(
        "-c", "--config", type=click.File(mode="r"), help="Configuration file; with --hardened, --compose, --systemd"
    ),
    click.option("--base-image", help="Python image to begin with, by default of the version that runs here"),
    click.option("--builder", type=click.Choice(_BUILDERS), help="Program that builds; by default the first one found"),
    click.option(
        "--context",
        type=click.Path(file_okay=False),
        help="Write what the hardened image is built from to this new directory and build nothing",
    ),
    click.option("--compose", is_flag=True, help="Print a compose file and build nothing"),
    click.option("--systemd", is_flag=True, help="Print a systemd unit and build nothing"),
)


@click.pass_context
def package(context: click.Context, /, **typed: Any) -> None:
    """Build a container image that serves database files."""
    if typed["systemd"] or typed["compose"]:
        _print_templates(typed)
    elif typed["hardened"] or typed["context"]:
        if context.get_parameter_source("secret") is ParameterSource.COMMANDLINE:
            raise StartupError("The secret would stand in the image", hint="set VITRINA_SECRET when the container runs")
        _package_hardened(typed)
    elif typed["config"]:
        raise StartupError("--config needs --hardened")
    else:
        _package_plain(typed)


def _package_plain(typed: dict[str, Any]) -> None:
    builder = typed["builder"] or "docker"
    if not shutil.which(builder):
        click.secho(
            f' The package command requires "{builder}" to be installed and configured ',
            bg="red",
            fg="white",
            bold=True,
            err=True,
        )
        sys.exit(1)
    with temporary_docker_directory(
        typed["files"],
        "datasette",
        typed["metadata"],
        typed["extra_options"],
        typed["branch"],
        typed["template_dir"],
        typed["plugins_dir"],
        typed["static"],
        typed["install"],
        typed["spatialite"],
        typed["version_note"],
        typed["secret"],
        typed_titles(typed),
        port=typed["port"],
    ):
        _build(builder, typed["tag"])


def _build(builder: str, tag: str | None) -> None:
    """Build the image of the working directory. Raises click.ClickException."""
    status = call([builder, "build", *(["-t", tag] if tag else []), "."])
    # Anything but a number comes from a stand-in, in the tests of a plugin.
    if isinstance(status, int) and status:
        raise click.ClickException(f"The image was not built: {builder} ended with status {status}")


def _package_hardened(typed: dict[str, Any]) -> None:
    if typed["branch"]:
        raise StartupError("--hardened installs the version that runs here; give another one as a wheel to --install")
    options = _image_options(typed)
    if typed["context"]:
        target = Path(typed["context"])
        check_empty(target)
        write_context(options, target)
        click.echo(describe(target))
        return
    builder = typed["builder"] or next((name for name in _BUILDERS if shutil.which(name)), None)
    if builder is None or not shutil.which(builder):
        raise StartupError(
            f"{builder or ', '.join(_BUILDERS)}: not installed", hint="--context writes what the image is built from"
        )
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as directory:
        write_context(options, Path(directory))
        os.chdir(directory)
        try:
            _build(builder, typed["tag"])
        finally:
            os.chdir(before)


def _image_options(typed: dict[str, Any]) -> ImageOptions:
    names = ("files", "extra_options", "template_dir", "plugins_dir", "static", "install", "spatialite")
    return ImageOptions(
        metadata=combine(read_metadata(typed["metadata"]), typed_titles(typed)),
        config=read_metadata(typed["config"]),
        version_note=typed["version_note"],
        port=typed["port"],
        base=typed["base_image"] or BASE_IMAGE,
        **{name: typed[name] for name in names},
    )


def _print_templates(typed: dict[str, Any]) -> None:
    """The compose file, or the unit for the files where they lie now."""
    config = read_metadata(typed["config"])
    replicas = replica_addresses(config, typed["files"])
    if typed["compose"]:
        click.echo(render_compose(typed["tag"] or "vitrina-site", typed["files"], typed["port"], replicas), nl=False)
    if typed["systemd"]:
        files = [os.path.abspath(file) for file in typed["files"]]
        words = ["vitrina", "serve", *(files if replicas else [word for file in files for word in ("-i", file)])]
        words += ["--port", str(typed["port"])]
        for option in ("metadata", "config"):
            if typed[option]:
                words += [f"--{option}", os.path.abspath(typed[option].name)]
        for option in ("template_dir", "plugins_dir"):
            if typed[option]:
                words += [f"--{option.replace('_', '-')}", os.path.abspath(typed[option])]
        for mount, directory in typed["static"]:
            words += ["--static", f"{mount}:{os.path.abspath(directory)}"]
        writable = [os.path.dirname(file) for file in files] if replicas else []
        click.echo(render_unit(words, os.path.dirname(files[0]), writable), nl=False)


package = click.command()(with_options(package, _OPTIONS))
