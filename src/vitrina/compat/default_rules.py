"""The built-in sources of permission rules, one by one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from vitrina.access.actions import DEFAULT_ALLOWED
from vitrina.access.permission_sql import PermissionSQL
from vitrina.access.restrictions import fold_of, restricted_resources
from vitrina.access.rules import Rule
from vitrina.compat.permission_rules import built_in_rules, rule_sql

DEFAULT_ALLOW_ACTIONS = frozenset(DEFAULT_ALLOWED)


@dataclass
class PermissionRow:
    """One rule."""

    parent: str | None
    child: str | None
    allow: bool
    reason: str


@dataclass
class PermissionRowCollector:
    """Collects rules and makes one statement of them."""

    prefix: str = "row"
    rows: list[PermissionRow] = field(default_factory=list)

    def add(
        self, parent: str | None, child: str | None, allow: bool | None, reason: str, if_not_none: bool = False
    ) -> None:
        """Add a rule; with ``if_not_none`` one that says nothing is left out."""
        if if_not_none and allow is None:
            return
        self.rows.append(PermissionRow(parent, child, bool(allow), reason))

    def to_permission_sql(self) -> PermissionSQL | None:
        """The rules as SQL, None without any."""
        parts = []
        params: dict[str, Any] = {}
        for number, row in enumerate(self.rows):
            name = f"{self.prefix}_{number}"
            parts.append(
                f"SELECT :{name}_parent AS parent, :{name}_child AS child, "
                f":{name}_allow AS allow, :{name}_reason AS reason"
            )
            params |= {
                f"{name}_parent": row.parent,
                f"{name}_child": row.child,
                f"{name}_allow": int(row.allow),
                f"{name}_reason": row.reason,
            }
        return PermissionSQL("\nUNION ALL\n".join(parts), params) if parts else None


@dataclass
class ActorRestrictions:
    """What a restricted actor is left with, by level."""

    global_actions: list[str]
    database_actions: dict[str, list[str]]
    table_actions: dict[str, dict[str, list[str]]]

    @classmethod
    def from_actor(cls, actor: Any) -> ActorRestrictions | None:
        """The restrictions in an actor's ``_r``, None without any."""
        restrictions = (actor or {}).get("_r")
        if restrictions is None:
            return None
        return cls(restrictions.get("a", []), restrictions.get("d", {}), restrictions.get("r", {}))

    def is_action_globally_allowed(self, datasette: Any, action: str) -> bool:
        return action_in_list(datasette, action, self.global_actions)

    def get_allowed_databases(self, datasette: Any, action: str) -> set[str]:
        return {name for name, listed in self.database_actions.items() if action_in_list(datasette, action, listed)}

    def get_allowed_tables(self, datasette: Any, action: str) -> set[tuple[str, str]]:
        return {
            (database, table)
            for database, tables in self.table_actions.items()
            for table, listed in tables.items()
            if action_in_list(datasette, action, listed)
        }


def get_action_name_variants(datasette: Any, action: str) -> set[str]:
    """The action's name and its abbreviation."""
    found = datasette.get_action(action)
    return {name for name in (action, found.abbr if found else None) if name}


def action_in_list(datasette: Any, action: str, action_list: Iterable[str]) -> bool:
    """Whether a list names the action in full or abbreviated."""
    return bool(get_action_name_variants(datasette, action).intersection(action_list))


def restrictions_allow_action(
    datasette: Any, restrictions: Any, action: str, resource: str | tuple[str, str] | None
) -> bool:
    """Whether an actor's ``_r`` leaves an action on a database, or a pair of database and table."""
    known = datasette.get_action(action)
    parent, child = (resource, None) if isinstance(resource, str) or resource is None else resource
    fold = fold_of(known)
    for allowed_parent, allowed_child in restricted_resources(restrictions, known):
        if allowed_parent not in (None, parent):
            continue
        if allowed_child is None or (child is not None and fold(allowed_child) == fold(child)):
            return True
    return False


def _source(wanted: Callable[[PermissionSQL], bool], *, is_list: bool) -> Callable[..., Any]:
    async def rules(datasette: Any, actor: Any, action: str) -> Any:
        found = [each for each in built_in_rules(datasette, actor, action) if wanted(each)]
        return found if is_list else next(iter(found), None)

    return rules


def _said(each: PermissionSQL, *starts: str) -> bool:
    texts = [value for name, value in (each.params or {}).items() if name.startswith(("reason", "deny"))]
    return any(str(text).startswith(starts) for text in texts)


config_permissions_sql = _source(lambda each: _said(each, "config "), is_list=True)
default_action_permissions_sql = _source(lambda each: _said(each, "default allow for "), is_list=False)
default_allow_sql_check = _source(lambda each: _said(each, "default_allow_sql is false"), is_list=False)
default_query_permissions_sql = _source(lambda each: _said(each, "query owner", "No such query"), is_list=False)
actor_restrictions_sql = _source(
    lambda each: _said(each, "actor restrictions", "Resource is not included"), is_list=True
)


async def root_user_permissions_sql(datasette: Any, actor: Any) -> PermissionSQL | None:
    """Everything for root, where root is enabled."""
    if datasette.root_enabled and actor is not None and actor.get("id") == "root":
        return rule_sql(Rule(None, None, True, "root user"))
    return None


async def actor_from_signed_api_token(datasette: Any, request: Any) -> Any:
    """The actor of the token in the request's Authorization header, None without one."""
    header = request.headers.get("authorization") or ""
    if not header.startswith("Bearer "):
        return None
    found = datasette.verify_token(header.removeprefix("Bearer ").strip())
    return await found if inspect.isawaitable(found) else found


def sqlite_statistics_sql(action: str) -> PermissionSQL | None:
    """Denies the tables in which SQLite keeps statistics."""
    if action != "view-table":
        return None
    names = '["sqlite_stat1", "sqlite_stat2", "sqlite_stat3", "sqlite_stat4"]'
    return PermissionSQL(
        "SELECT database_name AS parent, value AS child, 0 AS allow, "
        "'SQLite statistics tables are denied by default' AS reason "
        "FROM catalog_databases CROSS JOIN json_each(:sqlite_statistics_names)",
        {"sqlite_statistics_names": names},
    )
