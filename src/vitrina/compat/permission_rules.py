"""Rules about one action as SQL for the internal database, and what follows from them for a list of resources."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from vitrina.access.permission_sql import PermissionSQL
from vitrina.access.restrictions import Restriction
from vitrina.access.rules import SOURCE, Rule
from vitrina.execute.permissions import is_skipping
from vitrina.hooks.call import await_me_maybe

#: given in the place of rules inside :func:`skip_permissions`
SKIP_PERMISSION_CHECKS = object()

_numbers = itertools.count(1)

_NO_RULES = "SELECT NULL AS parent, NULL AS child, NULL AS allow, NULL AS reason, NULL AS source_plugin WHERE 0"
_WINNERS = """
WITH candidates AS ({candidates}),
rules AS ({rules}),
matched AS (
  SELECT c.parent, c.child, r.allow, r.reason, r.source_plugin,
    CASE WHEN r.child IS NOT NULL THEN 2 WHEN r.parent IS NOT NULL THEN 1 ELSE 0 END AS depth
  FROM candidates c JOIN rules r
    ON (r.parent IS NULL OR r.parent = c.parent) AND (r.child IS NULL OR r.child = c.child)
),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY parent, child ORDER BY depth DESC, allow, source_plugin) AS place
  FROM matched
)
SELECT c.parent, c.child, w.allow, w.reason, w.source_plugin, coalesce(w.depth, -1) AS depth
FROM candidates c LEFT JOIN ranked w ON w.place = 1 AND w.parent IS c.parent AND w.child IS c.child
ORDER BY c.parent, c.child
"""


async def gather_permission_sql_from_hooks(*, datasette: Any, actor: Any, action: str) -> Any:
    """Every rule about an action for an actor: those built in, then those of plugins."""
    if is_skipping():
        return SKIP_PERMISSION_CHECKS
    site = datasette.site
    if action not in site.permissions.actions:
        return []
    found = built_in_rules(datasette, actor, action)
    for plugin, value in await site.hooks.gather_named(
        "permission_resources_sql", datasette=datasette, actor=actor, action=action
    ):
        for each in value if isinstance(value, (list, tuple)) else (value,):
            found.append(PermissionSQL(each.sql, dict(each.params or {}), each.source or plugin, each.restriction_sql))
    common = {
        "action": action,
        "actor": json.dumps(actor) if actor is not None else None,
        "actor_id": actor.get("id") if actor else None,
    }
    for each in found:
        each.params = {**(each.params or {}), **common}
    return found


def built_in_rules(datasette: Any, actor: Any, action: str) -> list[PermissionSQL]:
    """The rules of defaults, configuration, root and stored queries."""
    permissions = datasette.site.permissions
    book = permissions.decisions.rule_book()
    known = permissions.actions.find(action)
    found = [_of_rule(rule, permissions.databases) for rule in book.rules(actor, known)]
    return found + [_of_restriction(each) for each in book.restrictions(actor, known)]


def rule_sql(rule: Rule) -> PermissionSQL:
    """One rule as SQL."""
    if rule.parent is None and rule.child is None:
        everywhere = PermissionSQL.allow(rule.reason) if rule.allow else PermissionSQL.deny(rule.reason)
        return replace(everywhere, source=rule.source)
    number = next(_numbers)
    names = {key: f"{key}_{number}" for key in ("parent", "child", "reason")}
    sql = (
        f"SELECT :{names['parent']} AS parent, :{names['child']} AS child, "
        f"{int(rule.allow)} AS allow, :{names['reason']} AS reason"
    )
    values = {names["parent"]: rule.parent, names["child"]: rule.child, names["reason"]: rule.reason}
    return PermissionSQL(sql, values, rule.source)


def _of_rule(rule: Rule, databases: Iterable[str]) -> PermissionSQL:
    if rule.parent is not None or rule.child is None:
        return rule_sql(rule)
    number = next(_numbers)
    places = json.dumps([[name, rule.child] for name in databases])
    sql = (
        "SELECT json_extract(value, '$[0]') AS parent, json_extract(value, '$[1]') AS child, "
        f"{int(rule.allow)} AS allow, :reason_{number} AS reason FROM json_each(:places_{number})"
    )
    return PermissionSQL(sql, {f"reason_{number}": rule.reason, f"places_{number}": places}, rule.source)


def _of_restriction(restriction: Restriction) -> PermissionSQL:
    number = next(_numbers)
    places: list[list[str | None]] = [[parent, child] for parent, child in sorted(restriction.children, key=str)]
    places += [[parent, None] for parent in sorted(restriction.parents)]
    if restriction.everything:
        places.append([None, None])
    sql = (
        "SELECT json_extract(value, '$[0]') AS parent, json_extract(value, '$[1]') AS child "
        f"FROM json_each(:places_{number})"
    )
    params = {f"places_{number}": json.dumps(places), "deny": restriction.reason}
    return PermissionSQL(None, params, restriction.source or SOURCE, sql)


def build_rules_union(actor: Any, plugins: Sequence[PermissionSQL]) -> tuple[str, dict[str, Any]]:
    """One statement over all rules, with columns parent, child, allow, reason, source_plugin; its parameters."""
    params: dict[str, Any] = {
        "actor": json.dumps(actor) if actor is not None else None,
        "actor_id": actor.get("id") if actor else None,
    }
    parts = []
    for each in plugins:
        params.update(each.params or {})
        if each.sql:
            source = str(each.source).replace("'", "''")
            parts.append(f"SELECT parent, child, allow, reason, '{source}' AS source_plugin FROM ({each.sql})")
    return "\nUNION ALL\n".join(parts) or _NO_RULES, params


async def resolve_permissions_from_catalog(
    db: Any,
    actor: Any,
    plugins: Sequence[Any],
    action: str,
    candidate_sql: str,
    candidate_params: Mapping[str, Any] | None = None,
    *,
    implicit_deny: bool = True,
) -> list[dict[str, Any]]:
    """For each resource of ``candidate_sql`` (parent, child) the rule that decides about it.

    The most specific level counts, and there a denial before an allowance.
    """
    rules = [await await_me_maybe(each(action)) if callable(each) else each for each in plugins]
    union, params = build_rules_union(actor, rules)
    params = {**params, "action": action, **(candidate_params or {})}
    allowed = await _restricted(db, rules, params)
    found = await db.execute(_WINNERS.format(candidates=candidate_sql, rules=union), params)
    return [_verdict(dict(row), action, implicit_deny, allowed) for row in found.rows]


async def resolve_permissions_with_candidates(
    db: Any,
    actor: Any,
    plugins: Sequence[Any],
    candidates: Sequence[tuple[str, str | None]],
    action: str,
    *,
    implicit_deny: bool = True,
) -> list[dict[str, Any]]:
    """As :func:`resolve_permissions_from_catalog` for a list of (parent, child)."""
    sql = (
        "SELECT json_extract(value, '$[0]') AS parent, json_extract(value, '$[1]') AS child "
        "FROM json_each(:candidate_places)"
    )
    params = {"candidate_places": json.dumps([list(each) for each in candidates])}
    return await resolve_permissions_from_catalog(db, actor, plugins, action, sql, params, implicit_deny=implicit_deny)


async def _restricted(db: Any, rules: Iterable[PermissionSQL], params: Mapping[str, Any]) -> list[set[Any]]:
    """The places that each restriction leaves."""
    found = []
    for each in rules:
        if each.restriction_sql:
            rows = (await db.execute(each.restriction_sql, params)).rows
            found.append({(row["parent"], row["child"]) for row in rows})
    return found


def _verdict(row: dict[str, Any], action: str, implicit_deny: bool, allowed: list[set[Any]]) -> dict[str, Any]:
    parent, child = row["parent"], row["child"]
    if row["allow"] is None and implicit_deny:
        row.update(allow=0, reason="implicit deny")
    places = {(None, None), (parent, None), (parent, child), (None, child)}
    if row["allow"] and any(not places & each for each in allowed):
        row.update(allow=0, reason="outside of what the actor is restricted to")
    resource = None if parent is None else f"/{parent}" + (f"/{child}" if child is not None else "")
    return {**row, "action": action, "resource": resource}
