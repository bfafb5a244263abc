"""Compiled decisions of the running server: from configuration and stored queries, and from plugins."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

from vitrina.access.actions import Action, ActionRegistry
from vitrina.access.actors import Actor, actor_key
from vitrina.access.decide import Decision, compile_decision
from vitrina.access.resources import fold_ascii
from vitrina.access.rules import AllowBlock, OwnedQuery, Rule, RuleBook, parse_allow_blocks
from vitrina.catalog.model import DatabaseCatalog
from vitrina.execute.permission_plugins import Contribution, PermissionPlugins

#: actors whose compiled decisions are kept
_ACTORS_KEPT = 512
#: seconds for which what plugins said counts, within one request
_MEMO_SECONDS = 5.0
#: asked for on every HTML page, so they ride along on a request's first trip
_PAGE_ACTIONS = ("view-instance", "view-database", "view-table")

_NO_TABLES: Mapping[str, str] = {}


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


@dataclass(slots=True)
class _RequestMemo:
    """What plugins said during one request, by actor and action."""

    made: float
    generation: int | None = None
    decisions: dict[str, dict[str, Decision]] = field(default_factory=dict)


_memo: ContextVar[_RequestMemo | None] = ContextVar("vitrina_permission_memo", default=None)


def begin_request() -> None:
    """Start to remember, in the current task, what plugins say about permissions."""
    _memo.set(_RequestMemo(time.monotonic()))


class Decisions:
    """Decisions of actors about actions.

    Those from the configuration, defaults and stored queries are compiled once
    per actor and kept until a stored query or the set of databases changes.
    ``plugins`` is asked once per request and action.
    """

    def __init__(
        self,
        *,
        raw_config: Mapping[str, Any],
        databases: Mapping[str, ServedDatabase],
        store: QueryStore,
        plugins: PermissionPlugins | None,
        actions: ActionRegistry,
        default_deny: bool,
        default_allow_sql: bool,
        root_enabled: bool,
    ) -> None:
        self._databases = databases
        self._plugins = plugins
        self._actions = actions
        self.root_enabled = root_enabled
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

    async def of(self, actors: Sequence[Actor | None], actions: tuple[str, ...]) -> list[Mapping[str, Decision]]:
        """Decisions of each actor by action name, for at least these actions."""
        book = self.rule_book()
        if self._plugins is not None and self._plugins.present:
            return await self._with_plugins(self._plugins, book, actors, actions)
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
                    self._actions.chain(name),
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
                asked.update(((number, action.name), (actor, action)) for action in self._actions.chain(name))
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
        snapshot = self._store.snapshot
        # Publishing another snapshot is what changes the rules; the one kept here keeps its identity its own.
        key = (id(snapshot), *self._databases, self.root_enabled)
        if self._book is None or key != self._book_key:
            self._book = RuleBook(
                self._blocks,
                tuple(query for name in self._databases for query in snapshot.queries_of(name)),
                self._default_deny,
                self._default_allow_sql,
                self.root_enabled,
            )
            self._book_key = key
            self._book_snapshot = snapshot
            self._compiled = {}
        return self._book

    async def ready_databases(self, parent: str | None = None) -> None:
        """See to it that the catalogs of all databases, or of that one, are known."""
        names = list(self._databases) if parent is None else [parent]
        for name in names:
            database = self._databases.get(name)
            if database is not None and database.catalog is None:
                await database.ready()

    def _derived_tables(self, database: str) -> Mapping[str, str] | None:
        """The derived tables of a database; see ``DerivedTables``. None for one that was never looked at."""
        served = self._databases.get(database)
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
