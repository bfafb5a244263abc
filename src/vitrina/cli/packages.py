"""``install`` and ``uninstall``: pip, run in the environment that vitrina itself runs in."""

from __future__ import annotations

import subprocess
import sys

import click


@click.command()
@click.argument("packages", nargs=-1)
@click.option("-U", "--upgrade", is_flag=True, help="Upgrade packages to the latest version")
@click.option("-r", "--requirement", type=click.Path(exists=True), help="Install what this requirements file lists")
@click.option("-e", "--editable", help="Install the project in this directory in editable mode")
def install(packages: tuple[str, ...], upgrade: bool, requirement: str | None, editable: str | None) -> None:
    """Install plugins and packages into vitrina's own environment."""
    if not packages and not requirement and not editable:
        raise click.UsageError("Please specify at least one package to install")
    arguments = ["install"]
    if upgrade:
        arguments.append("--upgrade")
    if editable:
        arguments += ["--editable", editable]
    if requirement:
        arguments += ["-r", requirement]
    _pip([*arguments, *packages])


@click.command()
@click.argument("packages", nargs=-1, required=True)
@click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation")
def uninstall(packages: tuple[str, ...], yes: bool) -> None:
    """Uninstall plugins and packages from vitrina's own environment."""
    _pip(["uninstall", *packages, *(["-y"] if yes else [])])


def _pip(arguments: list[str]) -> None:
    """Run pip as a child process and end with its exit status."""
    finished = subprocess.run([sys.executable, "-m", "pip", *arguments], check=False)
    sys.exit(finished.returncode)
