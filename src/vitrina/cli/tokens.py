"""``create-token``: a signed API token, made without a running server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from vitrina.cli.environment import twins

_OPTIONS = (
    click.option(
        "--secret", required=True, envvar=twins("SECRET"), help="The secret that the server signs tokens with"
    ),
    click.option("-e", "--expires-after", type=int, help="Seconds after which the token expires"),
    click.option("-a", "--all", "alls", metavar="ACTION", multiple=True, help="Allow only this action, anywhere"),
    click.option(
        "-d",
        "--database",
        "databases",
        type=(str, str),
        metavar="DB ACTION",
        multiple=True,
        help="Allow this action in this database",
    ),
    click.option(
        "-r",
        "--resource",
        "resources",
        type=(str, str, str),
        metavar="DB RESOURCE ACTION",
        multiple=True,
        help="Allow this action on this table, view or stored query of this database",
    ),
    click.option("--debug", is_flag=True, help="Print what the token says as well"),
    click.option(
        "--plugins-dir", type=click.Path(exists=True, file_okay=False), help="Directory of plugins, for their actions"
    ),
)


def _with_options(function: Any) -> Any:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.command(name="create-token")
@click.argument("id")
@_with_options
def create_token(
    id: str,
    secret: str,
    expires_after: int | None,
    alls: tuple[str, ...],
    databases: tuple[tuple[str, str], ...],
    resources: tuple[tuple[str, str, str], ...],
    debug: bool,
    plugins_dir: str | None,
) -> None:
    """Create a signed API token for the actor with this ID.

    Without restrictions the token may do whatever its actor may. Each --all,
    --database and --resource option names an action that it may do; it may do
    no other then. They can be given several times.

    \b
        vitrina create-token root --secret mysecret
        vitrina create-token root --secret mysecret --all view-table
        vitrina create-token root --secret mysecret --database mydb create-table
        vitrina create-token root --secret mysecret --resource mydb mytable insert-row
    """
    # The application is only needed once the command runs; importing it would slow down every other one.
    from vitrina.facade.datasette import Datasette
    from vitrina.tokens.restrictions import TokenRestrictions

    restrictions = TokenRestrictions()
    for action in alls:
        restrictions.allow_all(action)
    for database, action in databases:
        restrictions.allow_database(database, action)
    for database, resource, action in resources:
        restrictions.allow_resource(database, resource, action)
    datasette = Datasette(secret=secret, plugins_dir=Path(plugins_dir) if plugins_dir else None)
    try:
        token = asyncio.run(_make(datasette, id, expires_after, restrictions))
        _warn_of_unknown(datasette, [*alls, *(pair[1] for pair in databases), *(each[2] for each in resources)])
        click.echo(token)
        if debug:
            _print_decoded(datasette, token)
    finally:
        datasette.close()


async def _make(datasette: Any, actor_id: str, expires_after: int | None, restrictions: Any) -> str:
    await datasette.invoke_startup()
    token: str = await datasette.create_token(actor_id, expires_after=expires_after, restrictions=restrictions)
    return token


def _warn_of_unknown(datasette: Any, actions: list[str]) -> None:
    for name in actions:
        known = datasette.get_action(name)
        if known is None or known.name != name:
            click.secho(f"  Unknown permission: {name} ", fg="red", err=True)


def _print_decoded(datasette: Any, token: str) -> None:
    payload = datasette.unsign(token.removeprefix("dstok_"), namespace="token")
    click.echo("\nDecoded:\n")
    click.echo(json.dumps(payload, indent=2))
