"""Options that say how a token is narrowed, and the conditions they stand for."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

import click

from vitrina.access.actions import ActionRegistry
from vitrina.cli.moments import Moment
from vitrina.tokens.narrowed.conditions import Condition

_PARENTS = ("view-database", "view-instance")

_OPTIONS = (
    click.option("-a", "--action", "actions", multiple=True, help="Allow only this action; may be repeated"),
    click.option("-d", "--database", "databases", multiple=True, help="Only in this database; may be repeated"),
    click.option(
        "-t",
        "--table",
        "--query",
        "tables",
        metavar="DB/NAME",
        multiple=True,
        help="Only this table, view or stored query; may be repeated",
    ),
    click.option("--expires", type=Moment(end=True), help="Until then: 15m, 7d, friday, 2026-11-27 or an ISO time"),
    click.option("--not-before", type=Moment(end=False), help="Not before then"),
    click.option("--read-only", is_flag=True, help="Only reading"),
    click.option("--no-sql", is_flag=True, help="No SQL of the holder's own"),
    click.option("--max-rows", type=click.IntRange(min=1), help="At most so many rows in one answer"),
    click.option("--max-ms", type=click.IntRange(min=1), help="At most so many milliseconds for one query"),
    click.option("--ip", "networks", multiple=True, metavar="NETWORK", help="Only from this network; may be repeated"),
    click.option("--note", help="A remark that is shown by inspect"),
    click.option("--exact", is_flag=True, help="Do not add what --action needs besides, such as view-database"),
    click.option("--force", is_flag=True, help="Take actions that no built-in one is called"),
)


def with_narrowing(function: Any) -> Any:
    """Add the options to a command; it gets them as keyword arguments for :func:`conditions_from`."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def conditions_from(
    *,
    actions: tuple[str, ...],
    databases: tuple[str, ...],
    tables: tuple[str, ...],
    expires: int | None,
    not_before: int | None,
    read_only: bool,
    no_sql: bool,
    max_rows: int | None,
    max_ms: int | None,
    networks: tuple[str, ...],
    note: str | None,
    exact: bool,
    force: bool,
) -> list[Condition]:
    """The conditions that the options stand for. Raises click.UsageError."""
    conditions: list[Condition] = []
    if actions:
        conditions.append(Condition("act", _known_actions(actions, exact=exact, force=force)))
    if databases:
        conditions.append(Condition("db", list(databases)))
    if tables:
        conditions.append(Condition("res", [_pair(table) for table in tables]))
    values = (("exp", expires), ("nbf", not_before), ("rows", max_rows), ("ms", max_ms), ("note", note))
    conditions += [Condition(name, value) for name, value in values if value is not None]
    if read_only:
        conditions.append(Condition("ro"))
    if no_sql:
        conditions.append(Condition("sql", False))
    if networks:
        conditions.append(Condition("ip", [_network(network) for network in networks]))
    return conditions


def _known_actions(names: Iterable[str], *, exact: bool, force: bool) -> list[str]:
    registry = ActionRegistry()
    wanted: list[str] = []
    for name in names:
        action = registry.find(name)
        if action is None:
            if not force:
                raise click.UsageError(f"{name}: there is no such action; --force takes those of plugins")
            wanted.append(name)
        else:
            wanted += [each.name for each in registry.chain(action.name)] if not exact else [action.name]
    if not exact:
        wanted += _PARENTS
    return list(dict.fromkeys(wanted))


def _pair(text: str) -> list[str]:
    database, slash, name = text.partition("/")
    if not (database and slash and name):
        raise click.UsageError(f"{text}: write the database and the table or query as DB/NAME")
    return [database, name]


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError as error:
        raise click.UsageError(f"{text}: a network such as 203.0.113.0/24 or a single address is needed") from error
