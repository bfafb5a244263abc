"""``package``: a container image built on this machine by docker."""

from __future__ import annotations

import shutil
import sys
from subprocess import call
from typing import Any

import click

from vitrina.publish.common import METADATA, SECRET, SOURCE, TITLES, VERSION_NOTE, typed_titles, with_options
from vitrina.publish.context import temporary_docker_directory

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
)


def package(**typed: Any) -> None:
    """Build a container image that serves database files."""
    if not shutil.which("docker"):
        click.secho(
            ' The package command requires "docker" to be installed and configured ',
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
        tag = ["-t", typed["tag"]] if typed["tag"] else []
        status = call(["docker", "build", *tag, "."])
    # Anything but a number comes from a stand-in, in the tests of a plugin.
    if isinstance(status, int) and status:
        raise click.ClickException(f"The image was not built: docker ended with status {status}")


package = click.command()(with_options(package, _OPTIONS))
