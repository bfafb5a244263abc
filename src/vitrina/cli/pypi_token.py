"""``token pypi``: read and narrow PyPI's API tokens, offline."""

from __future__ import annotations

import json
import re
import sys
import time
from typing import Any

import click

from vitrina.cli.moments import Moment
from vitrina.tokens.narrowed.words import shown_time
from vitrina.tokens.pypi import (
    DateRestriction,
    LegacyDateRestriction,
    LegacyNoopRestriction,
    LegacyProjectNamesRestriction,
    ProjectIDsRestriction,
    ProjectNamesRestriction,
    PyPITokenException,
    Restriction,
    Token,
    UserIDRestriction,
)


@click.group()
def pypi() -> None:
    """Read and narrow API tokens of PyPI; nothing is sent anywhere."""


def _load(text: str) -> Token:
    found = (sys.stdin.read() if text == "-" else text).strip()
    try:
        return Token.load(found)
    except PyPITokenException as error:
        raise click.ClickException(str(error)) from error


@pypi.command()
@click.argument("text", metavar="TOKEN")
@click.option("--json", "as_json", is_flag=True, help="Print JSON")
def inspect(text: str, as_json: bool) -> None:
    """Print for which index a token is and what it may do."""
    token = _load(text)
    try:
        restrictions, identifier = token.restrictions, token.identifier
    except (PyPITokenException, UnicodeDecodeError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        said: dict[str, Any] = {"domain": token.domain, "identifier": identifier}
        said["restrictions"] = [restriction.dump() for restriction in restrictions]
        click.echo(json.dumps(said, indent=2, ensure_ascii=False))
        return
    click.echo(f"Index    {token.domain}\nToken    {identifier}")
    words = [describe(restriction) for restriction in restrictions]
    heads = ["May do", *[""] * len(words)]
    for head, phrase in zip(heads, words or ["anything"], strict=False):
        click.echo(f"{head:8} {phrase}")


@pypi.command()
@click.argument("text", metavar="TOKEN")
@click.option("-p", "--project", "projects", multiple=True, help="Only for this project; may be repeated")
@click.option("--project-id", "project_ids", multiple=True, help="Only for the project of this id; may be repeated")
@click.option("--user-id", help="Only for the user of this id")
@click.option("--expires", type=Moment(end=True), help="Until then: 15m, 7d, friday, 2026-11-27 or an ISO time")
@click.option("--not-before", type=Moment(end=False), help="Not before then; now unless given")
def restrict(
    text: str,
    projects: tuple[str, ...],
    project_ids: tuple[str, ...],
    user_id: str | None,
    expires: int | None,
    not_before: int | None,
) -> None:
    """Print a token that may do less."""
    if not (projects or project_ids or user_id or expires):
        raise click.UsageError("Nothing to narrow: give at least one of --project, --project-id, --user-id, --expires")
    token = _load(text)
    try:
        token.restrict(
            not_before=(not_before or int(time.time())) if expires else not_before,
            not_after=expires,
            project_names=[_normalized(name) for name in projects] or None,
            project_ids=project_ids or None,
            user_id=user_id,
        )
        # PyPI refuses what it cannot read back, so it is better said here.
        token.restrictions  # noqa: B018
    except PyPITokenException as error:
        raise click.ClickException(str(error)) from error
    click.echo(token.dump())


def _normalized(project: str) -> str:
    return re.sub(r"[-_.]+", "-", project).lower()


def describe(restriction: Restriction) -> str:
    """One restriction as a phrase."""
    match restriction:
        case DateRestriction(begin, end) | LegacyDateRestriction(begin, end):
            return f"from {shown_time(int(begin))} until {shown_time(int(end))}"
        case ProjectNamesRestriction(names) | LegacyProjectNamesRestriction(names):
            return f"only the projects {', '.join(names)}" if names else "no project"
        case ProjectIDsRestriction(ids):
            return f"only the projects with the ids {', '.join(ids)}" if ids else "no project"
        case UserIDRestriction(user_id):
            return f"only the user with the id {user_id}"
        case LegacyNoopRestriction():
            return "anything"
        case _:
            return str(restriction.dump())
