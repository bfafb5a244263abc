"""``set-password``: names and password hashes for the login page."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from vitrina.access.passwords import hash_password, parse_password_file


@click.command(name="set-password")
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("name")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the password from standard input instead of asking")
@click.option("--remove", is_flag=True, help="Take the name out of the file")
def set_password(path: Path, name: str, from_stdin: bool, remove: bool) -> None:
    """Set the password of NAME in FILE, which is made where it is missing.

    The server reads it with vitrina: {login: {password_file: FILE}}, again after each change.
    """
    if not name.strip() or not name.isprintable() or name.startswith("#") or name != name.strip():
        raise click.UsageError("The name is empty, or has characters that do not fit into a line")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    parse_password_file("\n".join(lines))
    kept = [line for line in lines if line.strip().rpartition(":")[0] != name]
    if not remove:
        kept.append(f"{name}:{hash_password(_asked(from_stdin)).write()}")
    _replace(path, "".join(f"{line}\n" for line in kept))


def _asked(from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if len(password) < 8:
        raise click.UsageError("A password needs 8 characters at least")
    return password


def _replace(path: Path, text: str) -> None:
    """Write the file in one step, readable by its owner only."""
    temporary = path.with_name(f"{path.name}.new")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)
