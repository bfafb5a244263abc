"""Rules: who says what about a resource, from defaults, configuration, root, stored queries and statistics tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from vitrina.access.actions import DEFAULT_ALLOWED, Action
from vitrina.access.actors import Actor, actor_id, actor_matches_allow
from vitrina.access.restrictions import Restriction, fold_of, is_restricted, restricted_resources

#: shown as the source of every built-in rule
SOURCE = "datasette.default_permissions"

_STATISTICS_TABLES = ("sqlite_stat1", "sqlite_stat2", "sqlite_stat3", "sqlite_stat4")
_ROOT_VIEW_ACTIONS = ("view-instance", "view-database", "view-table", "view-query")
_DATABASE_VIEW_ACTIONS = ("view-database", "view-table", "view-query")
_QUERY_ACTIONS = frozenset({"view-query", "update-query", "delete-query"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One opinion about a resource.

    Child None is the whole parent, both None the whole instance; parent None
    with a child is that child in every parent.
    """

    parent: str | None
    child: str | None
    allow: bool
    reason: str
    source: str = SOURCE


_STATISTICS_RULES = tuple(
    Rule(None, table, False, "SQLite statistics tables are denied by default") for table in _STATISTICS_TABLES
)


@dataclass(frozen=True, slots=True)
class AllowBlock:
    """An allow block of the configuration at its place; ``key`` is where it was written."""

    parent: str | None
    child: str | None
    block: Any
    key: str

    def rule(self, actor: Actor | None, action: str) -> Rule:
        """What the block says about the actor; not matching is a denial, not silence."""
        allow = actor_matches_allow(actor, self.block)
        place = "/".join(part for part in (self.parent, self.child) if part is not None)
        if self.key == "allow_sql":
            about = f"allow_sql for {place}" if place else "allow_sql"
        else:
            about = f"{self.key} for {action} on {place}" if place else f"{self.key} for {action}"
        return Rule(self.parent, self.child, allow, f"config {'allow' if allow else 'deny'} {about}")


class OwnedQuery(Protocol):
    """What rules need to know of a stored query."""

    @property
    def database(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def is_private(self) -> bool: ...
    @property
    def source(self) -> str: ...
    @property
    def owner_id(self) -> str | None: ...
    @property
    def is_write(self) -> bool: ...


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _only_reads(actor: Actor | None) -> bool:
    """Whether the actor's token is for reading; then a query that writes is out of reach, even a trusted one."""
    return actor is not None and bool(_mapping(actor.get("_limits")).get("read_only"))


def _blocks_at(
    place: Mapping[str, Any], parent: str | None, child: str | None, view_actions: Iterable[str], *, with_sql: bool
) -> Iterator[tuple[str, AllowBlock]]:
    for action, block in _mapping(place.get("permissions")).items():
        if block is not None:
            yield action, AllowBlock(parent, child, block, "permissions")
    if place.get("allow") is not None:
        for action in view_actions:
            yield action, AllowBlock(parent, child, place["allow"], "allow")
    if with_sql and place.get("allow_sql") is not None:
        yield "execute-sql", AllowBlock(parent, child, place["allow_sql"], "allow_sql")


def parse_allow_blocks(raw: Mapping[str, Any]) -> dict[str, tuple[AllowBlock, ...]]:
    """Every allow block of the configuration tree, by full action name."""
    found: dict[str, list[AllowBlock]] = {}

    def add(blocks: Iterator[tuple[str, AllowBlock]]) -> None:
        for action, block in blocks:
            found.setdefault(action, []).append(block)

    add(_blocks_at(raw, None, None, _ROOT_VIEW_ACTIONS, with_sql=True))
    for name, database in _mapping(raw.get("databases")).items():
        parent = str(name)
        add(_blocks_at(_mapping(database), parent, None, _DATABASE_VIEW_ACTIONS, with_sql=True))
        for kind, action in (("tables", "view-table"), ("queries", "view-query")):
            for child, block in _mapping(_mapping(database).get(kind)).items():
                add(_blocks_at(_mapping(block), parent, str(child), (action,), with_sql=False))
    return {action: tuple(blocks) for action, blocks in found.items()}


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All built-in sources of rules, read once; :meth:`rules` answers for one actor and action.

    ``queries`` are the stored queries.
    """

    blocks: Mapping[str, tuple[AllowBlock, ...]]
    queries: tuple[OwnedQuery, ...] = ()
    default_deny: bool = False
    default_allow_sql: bool = True
    root_enabled: bool = False

    def rules(self, actor: Actor | None, action: Action) -> list[Rule]:
        """Every rule of the built-in sources, in the order in which the debugging pages list them."""
        rules: list[Rule] = []
        if self.root_enabled and actor is not None and actor.get("id") == "root":
            rules.append(Rule(None, None, True, "root user"))
        if action.name in DEFAULT_ALLOWED and not self.default_deny:
            rules.append(Rule(None, None, True, f"default allow for {action.name}"))
        if action.name == "execute-sql" and not self.default_allow_sql:
            rules.append(Rule(None, None, False, "default_allow_sql is false"))
        rules.extend(self._configured(actor, action))
        if action.name in _QUERY_ACTIONS:
            rules.extend(self._owned(actor, action))
        if action.name == "view-table":
            rules.extend(_STATISTICS_RULES)
        return rules

    def restrictions(self, actor: Actor | None, action: Action) -> list[Restriction]:
        """The sets the resource must be in: the actor's own ``_r``, and the queries that are not somebody else's."""
        fold = fold_of(action)
        found: list[Restriction] = []
        if is_restricted(actor):
            rows = restricted_resources(actor["_r"] if actor else None, action)
            reason = "Resource is not included in this restriction allowlist"
            if not rows:
                reason = f"actor restrictions: {action.name} not in allowlist"
            found.append(Restriction.of(rows, fold=fold, source=SOURCE, reason=reason))
        if action.name in _QUERY_ACTIONS:
            owner = actor_id(actor)
            visible = [
                (query.database, query.name)
                for query in self.queries
                if (not query.is_private or (owner is not None and query.owner_id == owner))
                and not (query.is_write and _only_reads(actor))
            ]
            found.append(
                Restriction.of(
                    visible, fold=fold, source=SOURCE, reason="No such query, or somebody else's private query"
                )
            )
        return found

    def _configured(self, actor: Actor | None, action: Action) -> list[Rule]:
        rules: list[Rule] = []
        restricted = is_restricted(actor)
        for block in self.blocks.get(action.name, ()):
            rule = block.rule(actor, action.name)
            rules.append(rule)
            if restricted and not rule.allow and block.child is None and block.key != "permissions":
                rules.extend(self._denied_inside(rule, actor, action))
        return rules

    def _denied_inside(self, denial: Rule, actor: Actor | None, action: Action) -> Iterator[Rule]:
        """A denial from above repeated for what the actor is restricted to, so that no rule further down opens it."""
        for parent, child in restricted_resources(actor["_r"] if actor else None, action):
            inside = parent is not None and (denial.parent is None or denial.parent == parent)
            if inside and (parent, child) != (denial.parent, denial.child):
                yield Rule(parent, child, False, f"{denial.reason} (repeated for a restricted actor)")

    def _owned(self, actor: Actor | None, action: Action) -> Iterator[Rule]:
        owner = actor_id(actor)
        if owner is None:
            return
        for query in self.queries:
            if query.owner_id == owner and (action.name == "view-query" or query.source == "user"):
                yield Rule(query.database, query.name, True, "query owner")
