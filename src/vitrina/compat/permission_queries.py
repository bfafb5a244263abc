"""Questions about permissions as functions, for plugins that ask below the instance's own methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vitrina.compat.permission_rules import build_rules_union, gather_permission_sql_from_hooks


async def check_permission_for_resource(
    *, datasette: Any, actor: Any, action: str, parent: str | None, child: str | None
) -> bool:
    """Whether the actor may. Raises ValueError for an unknown action."""
    return bool(await datasette.site.permissions.allowed(actor, action, parent, child))


async def check_permissions_for_actions(
    *, datasette: Any, actor: Any, actions: Sequence[str], parent: str | None, child: str | None
) -> dict[str, bool]:
    """Action → whether the actor may. Raises ValueError for an unknown action."""
    return dict(await datasette.site.permissions.allowed_many(actor, actions, parent, child))


async def explain_permission_for_resource(
    *, datasette: Any, actor: Any, action: str, parent: str | None, child: str | None
) -> dict[str, Any]:
    """Why the actor may or may not. Raises ValueError for an unknown action."""
    return dict(await datasette.site.permissions.explain(actor, action, parent, child))


async def build_allowed_resources_sql(
    datasette: Any, actor: Any, action: str, *, parent: str | None = None, include_is_private: bool = False
) -> tuple[str, dict[str, Any]]:
    """SQL for the resources that the actor may use, and its parameters."""
    found = await datasette.allowed_resources_sql(
        action=action, actor=actor, parent=parent, include_is_private=include_is_private
    )
    return found.sql, found.params


async def build_permission_rules_sql(datasette: Any, actor: Any, action: str) -> tuple[str, dict[str, Any], list[str]]:
    """SQL for the rules about an action, its parameters, and the restrictions' SQL."""
    rules = await gather_permission_sql_from_hooks(datasette=datasette, actor=actor, action=action)
    sql, params = build_rules_union(actor, rules)
    return sql, params, [each.restriction_sql for each in rules if each.restriction_sql]
