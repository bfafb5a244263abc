"""Permissions of the running server: who may do what, what owners may, and the memory of recent checks."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from vitrina.access.actions import Action, ActionRegistry
from vitrina.access.actors import Actor
from vitrina.access.decide import Decision
from vitrina.access.explain import explain
from vitrina.access.resources import DatabaseResource, QueryResource, TableResource
from vitrina.access.rules import Rule
from vitrina.errors import Forbidden
from vitrina.execute.decisions import Decisions, QueryStore, ServedDatabase
from vitrina.execute.permission_plugins import PermissionPlugins

#: checks kept for the page of recent ones
_CHECKS_KEPT = 200

_skipped: ContextVar[bool] = ContextVar("vitrina_skip_permissions", default=False)


class Check(NamedTuple):
    """One decision that was asked for; ``when`` is in Unix seconds."""

    when: float
    actor: Actor | None
    action: str
    parent: str | None
    child: str | None
    allowed: bool

    @property
    def result(self) -> bool:
        """``allowed``, as plugins know it."""
        return self.allowed


#: rules about single resources for an actor, within a parent and child where those are not None: too many to keep all
OwnRules = Callable[[Actor, str | None, str | None], Awaitable[tuple[Rule, ...]]]


def _with(decision: Decision, rules: tuple[Rule, ...]) -> Decision:
    return decision.extended(rules, (), decision.required) if rules else decision


@contextmanager
def skip_permissions() -> Iterator[None]:
    """Allow everything inside the ``with`` block, for this task only."""
    token = _skipped.set(True)
    try:
        yield
    finally:
        _skipped.reset(token)


def is_skipping() -> bool:
    """Whether the current task runs inside :func:`skip_permissions`."""
    return _skipped.get()


class Access:
    """What one actor may do, for the actions it was loaded for; every answer is a look-up.

    Asking about an action that was not loaded raises KeyError.
    """

    __slots__ = ("_anonymous", "_decisions", "_record", "actor")

    def __init__(
        self,
        actor: Actor | None,
        decisions: Mapping[str, Decision] | None,
        anonymous: Mapping[str, Decision],
        record: Callable[[Check], None],
    ) -> None:
        self.actor = actor
        # None: checks are skipped
        self._decisions = decisions
        self._anonymous = anonymous
        self._record = record

    def allowed(self, action: str, parent: str | None = None, child: str | None = None) -> bool:
        """Whether the actor may do it; remembered among the recent checks."""
        answer = self._decisions is None or self._decisions[action].allowed(parent, child)
        self._record(Check(time.time(), self.actor, action, parent, child, answer))
        return answer

    def private(self, action: str, parent: str | None = None, child: str | None = None) -> bool:
        """Whether the actor may do it and the anonymous may not."""
        if self.actor is None or self._decisions is None:
            return False
        return self._decisions[action].allowed(parent, child) and not self._anonymous[action].allowed(parent, child)

    def children(self, action: str, parent: str, names: Iterable[str]) -> list[str]:
        """Those of ``names`` that the actor may do it to, in their order."""
        if self._decisions is None:
            return list(names)
        return self._decisions[action].children(parent, names)

    def with_rules(self, more: Mapping[str, tuple[Rule, ...]]) -> Access:
        """The same with further rules, by action."""
        if self._decisions is None or not any(more.values()):
            return self
        decisions = {**self._decisions, **{name: _with(self._decisions[name], rules) for name, rules in more.items()}}
        return Access(self.actor, decisions, self._anonymous, self._record)

    def decision(self, action: str) -> Decision | None:
        """The compiled decision behind the answers; None where checks are skipped."""
        return None if self._decisions is None else self._decisions[action]


class Permissions:
    """Answers who may do what.

    ``databases`` is the live mapping of served databases.
    """

    def __init__(
        self,
        *,
        raw_config: Mapping[str, Any],
        databases: Mapping[str, ServedDatabase],
        store: QueryStore,
        plugins: PermissionPlugins | None = None,
        actions: ActionRegistry | None = None,
        default_deny: bool = False,
        default_allow_sql: bool = True,
        root_enabled: bool = False,
    ) -> None:
        self.actions = actions or ActionRegistry()
        self.databases = databases
        #: action → what gives owners their rights; asked by everything but ``load``
        self.own_rules: dict[str, OwnRules] = {}
        self.checks: deque[Check] = deque(maxlen=_CHECKS_KEPT)
        self.plugins = plugins
        if plugins is not None:
            plugins.places = self.places
        self._store = store
        #: what the answers are taken from
        self.decisions = Decisions(
            raw_config=raw_config,
            databases=databases,
            store=store,
            plugins=plugins,
            actions=self.actions,
            default_deny=default_deny,
            default_allow_sql=default_allow_sql,
            root_enabled=root_enabled,
        )

    # Asking

    async def load(self, actor: Actor | None, actions: Iterable[str]) -> Access:
        """What the actor may do with these actions; at most one hop, and none without permission plugins.

        Raises ValueError for an action that does not exist.
        """
        wanted = tuple(actions)
        if _skipped.get():
            return Access(actor, None, {}, self.checks.append)
        actors = (None,) if actor is None else (actor, None)
        decisions = await self.decisions.of(actors, wanted)
        return Access(actor, decisions[0], decisions[-1], self.checks.append)

    async def load_with_own(
        self, actor: Actor | None, actions: Iterable[str], parent: str | None = None, child: str | None = None
    ) -> Access:
        """As :meth:`load`, with what the actor may do as the owner of resources, of these only where they are named."""
        wanted = tuple(actions)
        access = await self.load(actor, wanted)
        if not self.own_rules or actor is None:
            return access
        return access.with_rules({name: await self._own(actor, name, parent, child) for name in wanted})

    async def _own(self, actor: Actor | None, action: str, parent: str | None, child: str | None) -> tuple[Rule, ...]:
        rules = self.own_rules.get(action)
        return () if rules is None or actor is None else await rules(actor, parent, child)

    async def allowed(
        self, actor: Actor | None, action: str, parent: str | None = None, child: str | None = None
    ) -> bool:
        """Whether the actor may do it. Raises ValueError for an action that does not exist."""
        await self._ready(action, parent)
        return (await self.load_with_own(actor, (action,), parent, child)).allowed(action, parent, child)

    async def allowed_many(
        self, actor: Actor | None, actions: Iterable[str], parent: str | None = None, child: str | None = None
    ) -> dict[str, bool]:
        """Several answers about one resource at once."""
        wanted = list(actions)
        if "view-table" in wanted:
            await self._ready("view-table", parent)
        access = await self.load_with_own(actor, wanted, parent, child)
        return {action: access.allowed(action, parent, child) for action in wanted}

    async def ensure(
        self, actor: Actor | None, action: str, parent: str | None = None, child: str | None = None
    ) -> None:
        """Raise Forbidden, whose message is the action's name, unless the actor may do it."""
        if not await self.allowed(actor, action, parent, child):
            raise Forbidden(action, hint=self._hint(actor, action))

    async def old_answer(self, actor: Actor | None, action: str, resource: Any) -> bool | None:
        """What the old hook says about an action that is not registered; None where nobody has an opinion."""
        answer = await self.plugins.old_answer(actor, action, resource) if self.plugins is not None else None
        return None if answer is None else answer[0]

    def places(self, action: Action) -> list[tuple[str | None, str | None]]:
        """Every resource of the action's kind that is known now, as (parent, child)."""
        kind = action.resource_class
        if kind is DatabaseResource:
            return [(name, None) for name in self.databases]
        if kind is TableResource:
            catalogs = [(name, database.catalog) for name, database in self.databases.items()]
            return [
                (name, table)
                for name, catalog in catalogs
                if catalog is not None
                for table in (*catalog.tables, *catalog.views)
            ]
        if kind is QueryResource:
            snapshot = self._store.snapshot
            return [(name, query.name) for name in self.databases for query in snapshot.queries_of(name)]
        return [(None, None)] if kind is None else []

    async def visibility(
        self, actor: Actor | None, action: str, parent: str | None = None, child: str | None = None
    ) -> tuple[bool, bool]:
        """``(visible, private)``: whether the actor may, and whether the anonymous then may not."""
        await self._ready(action, parent)
        access = await self.load_with_own(actor, (action,), parent, child)
        return access.allowed(action, parent, child), access.private(action, parent, child)

    async def explain(
        self, actor: Actor | None, action: str, parent: str | None = None, child: str | None = None
    ) -> dict[str, Any]:
        """Why the actor may or may not, as a JSON object. Raises ValueError for an unknown action."""
        await self._ready(action, parent)
        decision = (await self.decisions.of((actor,), (action,)))[0][action]
        return explain(_with(decision, await self._own(actor, action, parent, child)), parent, child)

    async def rules(self, actor: Actor | None, action: str) -> list[Rule]:
        """Every rule about the action for this actor, allowances first, by parent and child.

        Names of tables are compared without regard to the case of ASCII letters, others exactly.
        """
        decision = (await self.decisions.of((actor,), (action,)))[0][action]
        rules: list[Rule] = []
        for rule in _with(decision, await self._own(actor, action, None, None)).rules:
            if rule.parent is None and rule.child is not None:
                rules.extend(Rule(name, rule.child, rule.allow, rule.reason, rule.source) for name in self.databases)
            else:
                rules.append(rule)

        def place(rule: Rule) -> tuple[Any, ...]:
            child = None if rule.child is None else decision.fold(rule.child)
            return not rule.allow, *_null_first(rule.parent), *_null_first(child)

        return sorted(rules, key=place)

    async def _ready(self, action: str, parent: str | None) -> None:
        if action == "view-table" and parent is not None:
            await self.decisions.ready_databases(parent)

    def _hint(self, actor: Actor | None, action: str) -> str:
        described = self.actions[action].description or action
        if actor is None:
            return f"This needs the permission {action} ({described}). Signing in may give it to you."
        return f"You are signed in, but without the permission {action} ({described})."


def _null_first(text: str | None) -> tuple[bool, str]:
    return text is not None, text or ""
