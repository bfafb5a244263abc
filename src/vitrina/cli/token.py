"""``token``: make, read, narrow and revoke API tokens, most of it with neither server nor secret."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from typing import Any

import click
from itsdangerous import URLSafeSerializer

from vitrina.cli.environment import twins
from vitrina.cli.narrowing import conditions_from, with_narrowing
from vitrina.cli.pypi_token import pypi
from vitrina.errors import BadRequest, TokenInvalid
from vitrina.execute.revocations import revocation_id, write_revocation
from vitrina.tokens.narrowed.conditions import Condition, parse_condition
from vitrina.tokens.narrowed.keys import KeyRing
from vitrina.tokens.narrowed.token import (
    LONGEST_TEXT,
    PREFIX,
    Identifier,
    make_token,
    new_token_id,
    parse_identifier,
    parse_token,
    restrict_token,
)
from vitrina.tokens.narrowed.words import describe, shown_time
from vitrina.tokens.signed import PREFIX as SIGNED_PREFIX
from vitrina.tokens.signed import digest_of

_NOT_CHECKED = "Whether a server accepts it is not known here: that takes the server's secret."


@click.group()
def token() -> None:
    """Make, read, narrow and revoke API tokens.

    TOKEN may be "-" everywhere, to read it from standard input and keep it
    out of the shell's history.
    """


def given(text: str) -> str:
    """The token named on the command line, or the one on standard input for "-"."""
    found = (sys.stdin.read() if text == "-" else text).strip()
    if not found:
        raise click.UsageError("No token was given")
    return found


@token.command()
@click.argument("actor_id")
@click.option("--secret", required=True, envvar=twins("SECRET"), help="The secret that the server signs tokens with")
@click.option("--key-id", type=click.IntRange(min=0), default=1, show_default=True, help="Number of the secret")
@with_narrowing
def create(actor_id: str, secret: str, key_id: int, **narrowing: Any) -> None:
    """Make a token for the actor of this id, narrowed as the options say.

    The server accepts it where its configuration has vitrina: {tokens: {macaroon: true}}.
    """
    conditions = conditions_from(**narrowing)
    identifier = Identifier(key_id, new_token_id(), actor_id, int(time.time()))
    signing = KeyRing(secret, current=key_id).secret_of(key_id, identifier.token_id)
    assert signing is not None, "the current key is always in the ring"
    click.echo(make_token(signing, identifier, conditions))


@token.command()
@click.argument("text", metavar="TOKEN")
@with_narrowing
def restrict(text: str, **narrowing: Any) -> None:
    """Print a token that may do less; no server and no secret is needed.

    \b
        vitrina token restrict TOKEN --read-only --table shop/orders --expires friday
        vitrina token restrict - --database shop --action view-table --expires 1h < token.txt
    """
    conditions = conditions_from(**narrowing)
    if not conditions:
        raise click.UsageError("Nothing to narrow: give at least one option such as --read-only")
    text = given(text)
    if not text.startswith(PREFIX):
        raise click.UsageError(_other_kind(text))
    click.echo(restrict_token(text, conditions))


def _other_kind(text: str) -> str:
    if text.startswith(SIGNED_PREFIX):
        return "A signed token cannot be narrowed by its holder; ask for one that begins with vtk_"
    if text.startswith("pypi-"):
        return "That is a PyPI token: vitrina token pypi restrict narrows it"
    return "That is no token that can be narrowed: those begin with vtk_"


@token.command()
@click.argument("text", metavar="TOKEN")
@click.option("--json", "as_json", is_flag=True, help="Print JSON")
def inspect(text: str, as_json: bool) -> None:
    """Print for whom a token is and what it may do; no server and no secret is needed."""
    text = given(text)
    if text.startswith(PREFIX):
        said, lines = _narrowable(text)
    elif text.startswith(SIGNED_PREFIX):
        said, lines = _signed(text)
    else:
        raise click.UsageError("That is no token of this kind; for PyPI's there is vitrina token pypi inspect")
    if as_json:
        click.echo(json.dumps(said, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join([*lines, "", _NOT_CHECKED]))


def _narrowable(text: str) -> tuple[dict[str, Any], list[str]]:
    macaroon = parse_token(text)
    identifier = parse_identifier(macaroon.identifier)
    said: dict[str, Any] = {
        "actor": identifier.actor,
        "token_id": identifier.token_id,
        "key_id": identifier.key,
        "issued": identifier.issued,
    }
    caveats: list[Any] = []
    words: list[str] = []
    for caveat in macaroon.caveats:
        try:
            condition = parse_condition(caveat.identifier)
        except TokenInvalid as error:
            caveats.append(caveat.identifier.decode("utf-8", "replace"))
            words.append(f"{error.message}, and refuses the token")
        else:
            caveats.append([condition.name] if condition.value is None else [condition.name, condition.value])
            words.append(describe(condition))
    said["restrictions"] = caveats
    lines = [f"Actor    {identifier.actor}", f"Token    {identifier.token_id}"]
    lines.append(f"Issued   {shown_time(identifier.issued)}")
    lines += [f"May do   {'all that the actor may' if not words else 'what the actor may, and of that:'}"]
    return said, lines + [f"         {each}" for each in words]


def _signed(text: str) -> tuple[dict[str, Any], list[str]]:
    if len(text) > LONGEST_TEXT:
        raise BadRequest(f"A token can have {LONGEST_TEXT:,} characters, not {len(text):,}")
    _, payload = URLSafeSerializer("").loads_unsafe(text.removeprefix(SIGNED_PREFIX))
    if not isinstance(payload, dict):
        raise TokenInvalid("Invalid token")
    lines = [f"Actor    {payload.get('a')}", f"Digest   {digest_of(text)}"]
    created, duration = payload.get("t"), payload.get("d")
    if type(created) is int:
        lines.append(f"Issued   {shown_time(created)}")
        if type(duration) is int:
            lines.append(f"Expires  {shown_time(created + duration)}")
    allowed = describe(Condition("allow", payload["_r"])) if isinstance(payload.get("_r"), dict) else None
    lines.append(f"May do   {allowed or 'all that the actor may'}")
    return payload, lines


@token.command()
@click.argument("text", metavar="TOKEN_OR_ID")
@click.option(
    "--internal",
    required=True,
    type=click.Path(exists=True, dir_okay=False),
    help="The server's internal database, as given to serve --internal",
)
@click.option("--reason", help="A remark that is kept with it")
def revoke(text: str, internal: str, reason: str | None) -> None:
    """Refuse a token and everything narrowed from it; a running server notices within seconds."""
    revoked = revocation_id(given(text))
    conn = sqlite3.connect(internal, timeout=10)
    try:
        with conn:
            write_revocation(conn, revoked, None, reason)
    except sqlite3.DatabaseError as error:
        raise click.ClickException(f"{internal}: {error}") from error
    finally:
        conn.close()
    click.echo(f"Revoked {revoked}")


token.add_command(pypi)
