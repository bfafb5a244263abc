"""``install`` and ``uninstall``: pip, run in the environment that vitrina itself runs in."""

from __future__ import annotations

import subprocess
import sys

import click

from vitrina.cli.environments import Environment


@click.command()
@click.argument("packages", nargs=-1)
@click.option("-U", "--upgrade", is_flag=True, help="Upgrade packages to the latest version")
@click.option("-r", "--requirement", type=click.Path(exists=True), help="Install what this requirements file lists")
@click.option("-e", "--editable", help="Install the project in this directory in editable mode")
@click.option("--no-check", is_flag=True, help="Keep what was installed without starting a server with it once")
def install(
    packages: tuple[str, ...], upgrade: bool, requirement: str | None, editable: str | None, no_check: bool
) -> None:
    """Install plugins and packages into vitrina's own environment.

    A server is then started once with them. Where that fails, the environment
    is put back as it was.
    """
    if not packages and not requirement and not editable:
        raise click.UsageError("Please specify at least one package to install")
    arguments = ["install"]
    if upgrade:
        arguments.append("--upgrade")
    if editable:
        arguments += ["--editable", editable]
    if requirement:
        arguments += ["-r", requirement]
    environment = Environment(_pip)
    status = _pip([*arguments, *packages])
    if status:
        sys.exit(status)
    changed = environment.changed()
    if changed and not no_check:
        _check(environment, changed)


def _check(environment: Environment, changed: list[str]) -> None:
    """Start a server once; puts the environment back and ends with status 1 where that fails."""
    problem = environment.trial()
    if problem is None:
        subprocess.run([sys.executable, "-m", "vitrina", "plugins", "--report", *_named(changed)], check=False)
        return
    click.echo(problem, err=True)
    click.echo("\nThe server does not start with what was installed: the environment is put back as it was.", err=True)
    if not environment.put_back():
        click.echo("Error: not everything could be put back; see what pip says above", err=True)
    for directory in environment.kept_sources():
        click.echo(f"{directory} is still installed from its sources, as it was before.", err=True)
    click.echo("--no-check keeps a plugin that needs a configuration before it can start.", err=True)
    sys.exit(1)


def _named(changed: list[str]) -> list[str]:
    return [argument for name in changed for argument in ("--only", name)]


@click.command()
@click.argument("packages", nargs=-1, required=True)
@click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation")
def uninstall(packages: tuple[str, ...], yes: bool) -> None:
    """Uninstall plugins and packages from vitrina's own environment."""
    sys.exit(_pip(["uninstall", *packages, *(["-y"] if yes else [])]))


def _pip(arguments: list[str]) -> int:
    """Run pip; its exit status."""
    sys.argv = ["pip", *arguments]
    status = run_module("pip", run_name="__main__")
    return status if isinstance(status, int) else 0


def run_module(name: str, run_name: str) -> int:
    """Run a module with ``sys.argv`` as ``runpy`` does, but in a child process; its exit status.

    Code that watches what is installed puts a function of its own in this place.
    """
    return subprocess.run([sys.executable, "-m", name, *sys.argv[1:]], check=False).returncode
