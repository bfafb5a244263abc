"""Rules that plugins add: their SQL, evaluated in one trip to the internal database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from vitrina.access.actions import Action
from vitrina.access.actors import Actor, actor_id
from vitrina.access.restrictions import Restriction, fold_of
from vitrina.access.rules import Rule
from vitrina.errors import PluginError
from vitrina.hooks.calling import settled
from vitrina.hooks.manager import Hooks, items_of

T = TypeVar("T")

_HOOK = "permission_resources_sql"
_OLD_HOOK = "permission_allowed"


class InternalReads(Protocol):
    """What is needed of the internal database."""

    @property
    def generation(self) -> int: ...

    async def foreign_read(self, fn: Callable[[Any], T]) -> T: ...


@dataclass(frozen=True, slots=True)
class Contribution:
    """What plugins say about one action; ``asked_old`` are answers of the old hook, one a resource."""

    rules: tuple[Rule, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    asked_old: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class _Query:
    """SQL of one plugin for one actor and action."""

    action: Action
    sql: str | None
    restriction_sql: str | None
    params: dict[str, Any]
    source: str


class PermissionPlugins:
    """Asks plugins for permission SQL and runs it. ``facade`` is what hooks get as ``datasette``."""

    def __init__(self, hooks: Hooks, internal: InternalReads, facade: Callable[[], Any]) -> None:
        self._hooks = hooks
        self._internal = internal
        self._facade = facade
        #: actions that ``register_permissions`` allows by default
        self.old_defaults: set[str] = set()
        # port: the resources of an action's kind as (parent, child); needed for the old hook only
        self.places: Callable[[Action], Iterable[tuple[str | None, str | None]]] = lambda action: ((None, None),)

    @property
    def present(self) -> bool:
        """Whether any plugin contributes permission SQL."""
        return self._hooks.has(_HOOK) or self._hooks.has(_OLD_HOOK) or bool(self.old_defaults)

    @property
    def asks_old_hook(self) -> bool:
        """Whether a plugin answers resource by resource."""
        return self._hooks.has(_OLD_HOOK)

    @property
    def generation(self) -> int:
        """Identifies the contents of the internal database, which the SQL reads."""
        return self._internal.generation

    async def contributions(self, asked: Sequence[tuple[Actor | None, Action]]) -> list[Contribution]:
        """What plugins say for each actor and action, in their order: one hop for all of them, or none.

        Raises PluginError when SQL of a plugin fails.
        """
        old = [await self._old_rules(actor, action) for actor, action in asked]
        queries: list[list[_Query]] = [await self._queries(actor, action) for actor, action in asked]
        if not any(queries):
            return [Contribution(asked_old=rules) for rules in old]
        found = await self._internal.foreign_read(lambda conn: [_answer(conn, each) for each in queries])
        return [replace(each, asked_old=rules) for each, rules in zip(found, old, strict=True)]

    async def old_answer(self, actor: Actor | None, action: str, resource: Any) -> tuple[bool, str] | None:
        """What implementations of the old hook say about one resource, and whose word it is.

        A denial counts for more than an allowance. None where nobody has an opinion.
        """
        if not self._hooks.has(_OLD_HOOK):
            return None
        allowing: str | None = None
        for plugin, value in await self._hooks.gather_named(
            _OLD_HOOK, datasette=self._facade(), actor=actor, action=action, resource=resource
        ):
            if not value:
                return False, plugin
            allowing = allowing or plugin
        return (True, allowing) if allowing is not None else None

    async def _old_rules(self, actor: Actor | None, action: Action) -> tuple[Rule, ...]:
        """The old hook's answers about every resource of the action's kind, as rules."""
        rules = []
        if action.name in self.old_defaults:
            rules.append(Rule(None, None, True, "register_permissions allows it by default"))
        if not self._hooks.has(_OLD_HOOK):
            return tuple(rules)
        for parent, child in self.places(action):
            resource = parent if child is None else (parent, child)
            answer = await self.old_answer(actor, action.name, resource)
            if answer is not None:
                allow, plugin = answer
                rules.append(Rule(parent, child, allow, f"permission_allowed of {plugin}", plugin))
        return tuple(rules)

    async def _queries(self, actor: Actor | None, action: Action) -> list[_Query]:
        found = []
        for plugin, value in await self._hooks.gather_named(
            _HOOK, datasette=self._facade(), actor=actor, action=action.name
        ):
            for item in items_of(value):
                each = await settled(_HOOK, plugin, item)
                if each is None:
                    continue
                params = {
                    **(each.params or {}),
                    "actor": None if actor is None else json.dumps(actor, default=repr),
                    "actor_id": actor_id(actor),
                    "action": action.name,
                }
                found.append(_Query(action, each.sql, each.restriction_sql, params, each.source or plugin))
        return found


def _answer(conn: Any, queries: list[_Query]) -> Contribution:
    """Run the SQL of all plugins for one actor and action; in a worker."""
    rules: list[Rule] = []
    restrictions: list[Restriction] = []
    for query in queries:
        try:
            rules.extend(_rules(conn, query))
            restrictions.extend(_restrictions(conn, query))
        except sqlite3.Error as error:
            raise PluginError(
                f"The permission SQL of {query.source} for {query.action.name} failed: {error}"
            ) from error
    return Contribution(tuple(rules), tuple(restrictions))


def _rules(conn: Any, query: _Query) -> Iterator[Rule]:
    if not query.sql:
        return
    rows = conn.execute(f"select parent, child, allow, reason from (\n{query.sql}\n)", query.params).fetchall()
    for parent, child, allow, reason in map(tuple, rows):
        if allow is not None:
            yield Rule(_text(parent), _text(child), bool(allow), str(reason), query.source)


def _restrictions(conn: Any, query: _Query) -> Iterator[Restriction]:
    if not query.restriction_sql:
        return
    rows = conn.execute(f"select parent, child from (\n{query.restriction_sql}\n)", query.params).fetchall()
    yield Restriction.of(
        ((_text(parent), _text(child)) for parent, child in map(tuple, rows)),
        fold=fold_of(query.action),
        source=query.source,
        reason=f"Not among the resources that {query.source} leaves",
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
