"""Permissions of the running server: compiled decisions, plugins' rules, and the memory of recent checks."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from vitrina.access.actions import Action, ActionRegistry
from vitrina.access.actors import Actor, actor_key
from vitrina.access.decide import Decision, compile_decision
from vitrina.access.explain import explain
from vitrina.access.resources import DatabaseResource, QueryResource, TableResource, fold_ascii
from vitrina.access.rules import AllowBlock, OwnedQuery, Rule, RuleBook, parse_allow_blocks
from vitrina.catalog.model import DatabaseCatalog
from vitrina.errors import Forbidden
from vitrina.execute.permission_plugins import Contribution, PermissionPlugins

#: checks kept for the page of recent ones
_CHECKS_KEPT = 200
#: actors whose compiled decisions are kept
_ACTORS_KEPT = 512
#: seconds for which what plugins said counts, within one request
_MEMO_SECONDS = 5.0
#: asked for on every HTML page, so they ride along on a request's first trip
_PAGE_ACTIONS = ("view-instance", "view-database", "view-table")

_NO_TABLES: Mapping[str, str] = {}

_memo: ContextVar[_RequestMemo | None] = ContextVar("vitrina_permission_memo", default=None)
_skipped: ContextVar[bool] = ContextVar("vitrina_skip_permissions", default=False)


class ServedDatabase(Protocol):
    """What is needed of a served database."""

    @property
    def catalog(self) -> DatabaseCatalog | None: ...

    async def ready(self) -> DatabaseCatalog: ...


class StoredQueries(Protocol):
    """What is needed of the snapshot of stored queries."""

    def queries_of(self, database: str) -> Iterable[OwnedQuery]: ...


class QueryStore(Protocol):
    """Holds the current snapshot; another one is published when a query changes."""

    @property
    def snapshot(self) -> StoredQueries: ...


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


@dataclass(slots=True)
class _RequestMemo:
    """What plugins said during one request, by actor and action."""

    made: float
    generation: int | None = None
    decisions: dict[str, dict[str, Decision]] = field(default_factory=dict)


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


def begin_request() -> None:
    """Start to remember, in the current task, what plugins say about permissions."""
    _memo.set(_RequestMemo(time.monotonic()))


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

    ``databases`` is the live mapping of served databases. Decisions from the
    configuration, defaults and stored queries are compiled once per actor and
    kept until a stored query or the set of databases changes. ``plugins`` is
    asked once per request and action.
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
        self.root_enabled = root_enabled
        #: action → what gives owners their rights; asked by everything but ``load``
        self.own_rules: dict[str, OwnRules] = {}
        self.checks: deque[Check] = deque(maxlen=_CHECKS_KEPT)
        self.plugins = plugins
        if plugins is not None:
            plugins.places = self.places
        self._blocks = parse_allow_blocks(raw_config)
        self._default_deny = default_deny
        self._default_allow_sql = default_allow_sql
        self._store = store
        self._book: RuleBook | None = None
        self._book_key: tuple[Any, ...] = ()
        self._book_snapshot: StoredQueries | None = None
        self._compiled: dict[str, dict[str, Decision]] = {}
        self._derived: dict[str, tuple[int, dict[str, str]]] = {}

    def add_blocks(self, blocks: Mapping[str, tuple[AllowBlock, ...]]) -> None:
        """Add allow blocks that the general configuration does not know, by action; at start-up."""
        extended = {action: self._blocks.get(action, ()) + more for action, more in blocks.items()}
        self._blocks = {**self._blocks, **extended}
        self._book = None

    # Asking

    async def load(self, actor: Actor | None, actions: Iterable[str]) -> Access:
        """What the actor may do with these actions; at most one hop, and none without permission plugins.

        Raises ValueError for an action that does not exist.
        """
        wanted = tuple(actions)
        if _skipped.get():
            return Access(actor, None, {}, self.checks.append)
        actors = (None,) if actor is None else (actor, None)
        decisions = await self._decisions(actors, wanted)
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
        decision = (await self._decisions((actor,), (action,)))[0][action]
        return explain(_with(decision, await self._own(actor, action, parent, child)), parent, child)

    async def rules(self, actor: Actor | None, action: str) -> list[Rule]:
        """Every rule about the action for this actor, allowances first, by parent and child.

        Names of tables are compared without regard to the case of ASCII letters, others exactly.
        """
        decision = (await self._decisions((actor,), (action,)))[0][action]
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

    async def ready_databases(self, parent: str | None = None) -> None:
        """See to it that the catalogs of all databases, or of that one, are known."""
        names = list(self.databases) if parent is None else [parent]
        for name in names:
            database = self.databases.get(name)
            if database is not None and database.catalog is None:
                await database.ready()

    # Compiling

    async def _decisions(
        self, actors: Sequence[Actor | None], actions: tuple[str, ...]
    ) -> list[Mapping[str, Decision]]:
        """Decisions of each actor by action name, for at least these actions."""
        book = self._current_book()
        if self.plugins is not None and self.plugins.present:
            return await self._with_plugins(self.plugins, book, actors, actions)
        return [self._built_in(book, actor_key(actor), actor, actions) for actor in actors]

    def _built_in(
        self, book: RuleBook, key: str | None, actor: Actor | None, actions: tuple[str, ...]
    ) -> dict[str, Decision]:
        known = self._compiled.get(key) if key is not None else None
        if known is None:
            known = {}
            if key is not None:
                while len(self._compiled) >= _ACTORS_KEPT:
                    del self._compiled[next(iter(self._compiled))]
                self._compiled[key] = known
        for name in actions:
            if name not in known:
                known[name] = compile_decision(
                    self.actions.chain(name),
                    lambda action: book.rules(actor, action),
                    lambda action: book.restrictions(actor, action),
                    derived=self._derived_tables,
                )
        return known

    async def _with_plugins(
        self, plugins: PermissionPlugins, book: RuleBook, actors: Sequence[Actor | None], actions: tuple[str, ...]
    ) -> list[Mapping[str, Decision]]:
        memo = self._current_memo(plugins)
        found: list[dict[str, Decision]] = []
        asked: dict[tuple[int, str], tuple[Actor | None, Action]] = {}
        missing: list[tuple[int, Decision]] = []
        for number, actor in enumerate(actors):
            key = actor_key(actor)
            known = memo.decisions.setdefault(key, {}) if memo is not None and key is not None else {}
            found.append(known)
            names = [name for name in actions if name not in known]
            if names and memo is not None:
                names += [name for name in _PAGE_ACTIONS if name not in known and name not in names]
            built_in = self._built_in(book, key, actor, tuple(names))
            for name in names:
                missing.append((number, built_in[name]))
                asked.update(((number, action.name), (actor, action)) for action in self.actions.chain(name))
        if asked:
            if plugins.asks_old_hook:
                # It is asked about every resource there is.
                await self.ready_databases()
            said = dict(zip(asked, await plugins.contributions(list(asked.values())), strict=True))
            for number, decision in missing:
                found[number][decision.action.name] = _extended(decision, said, number)
        return list(found)

    def _current_memo(self, plugins: PermissionPlugins) -> _RequestMemo | None:
        memo = _memo.get()
        if memo is None:
            return None
        if memo.generation != plugins.generation or time.monotonic() - memo.made > _MEMO_SECONDS:
            memo.decisions.clear()
            memo.generation = plugins.generation
            memo.made = time.monotonic()
        return memo

    def rule_book(self) -> RuleBook:
        """The built-in rules as they are now."""
        return self._current_book()

    def _current_book(self) -> RuleBook:
        snapshot = self._store.snapshot
        # Publishing another snapshot is what changes the rules; the one kept here keeps its identity its own.
        key = (id(snapshot), *self.databases, self.root_enabled)
        if self._book is None or key != self._book_key:
            self._book = RuleBook(
                self._blocks,
                tuple(query for name in self.databases for query in snapshot.queries_of(name)),
                self._default_deny,
                self._default_allow_sql,
                self.root_enabled,
            )
            self._book_key = key
            self._book_snapshot = snapshot
            self._compiled = {}
        return self._book

    # Derived tables

    async def _ready(self, action: str, parent: str | None) -> None:
        if action == "view-table" and parent is not None:
            await self.ready_databases(parent)

    def _derived_tables(self, database: str) -> Mapping[str, str] | None:
        """The derived tables of a database; see ``DerivedTables``. None for one that was never looked at."""
        served = self.databases.get(database)
        if served is None:
            return _NO_TABLES
        catalog = served.catalog
        if catalog is None:
            return None
        known = self._derived.get(database)
        if known is None or known[0] != catalog.serial:
            sources = {
                fold_ascii(name): table.source_table
                for name, table in catalog.tables.items()
                if table.source_table is not None
            }
            known = self._derived[database] = (catalog.serial, sources)
        return known[1]

    def _hint(self, actor: Actor | None, action: str) -> str:
        described = self.actions[action].description or action
        if actor is None:
            return f"This needs the permission {action} ({described}). Signing in may give it to you."
        return f"You are signed in, but without the permission {action} ({described})."


def _extended(decision: Decision, said: Mapping[tuple[int, str], Contribution], number: int) -> Decision:
    """``decision`` and what it requires, each with what plugins said about it to the actor of that number."""
    more = said[number, decision.action.name]
    required = _extended(decision.required, said, number) if decision.required is not None else None
    # The old hook allows only what no rule denies.
    old = tuple(rule for rule in more.asked_old if not rule.allow or not _denied(decision, more.rules, rule))
    return decision.extended(more.rules + old, more.restrictions, required)


def _denied(decision: Decision, more: tuple[Rule, ...], wanted: Rule) -> bool:
    """Whether any rule denies the resource that ``wanted`` is about, at whatever level."""
    return any(
        not rule.allow and rule.parent in (None, wanted.parent) and rule.child in (None, wanted.child)
        for rule in (*decision.rules, *more)
    )


def _null_first(text: str | None) -> tuple[bool, str]:
    return text is not None, text or ""
