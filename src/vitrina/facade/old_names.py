"""Methods of earlier releases that plugins still call, each with a line in the log that names the caller."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from vitrina.access.actors import actor_matches_allow
from vitrina.access.legacy import Permission
from vitrina.access.resources import DatabaseResource, QueryResource, Resource, TableResource
from vitrina.errors import Forbidden

if TYPE_CHECKING:
    from vitrina.web.site import Site

log = logging.getLogger("vitrina.deprecated")

_NOT_GIVEN: Any = object()
_said: set[tuple[str, str]] = set()


class OldNames:
    """Serves them by what took their place."""

    site: Site

    async def permission_allowed(
        self, actor: Any, action: str, resource: Any = None, *, default: Any = _NOT_GIVEN
    ) -> bool:
        """Whether the actor may; ``resource`` is a database, or a pair of database and table or query.

        An action that nobody registered gives ``default``, False where that is not given.
        """
        _deprecated("datasette.permission_allowed(...)", "use datasette.allowed(action=, resource=, actor=)")
        return await self._allowed_in_old_words(actor, action, resource, default)

    async def ensure_permissions(self, actor: Any, permissions: Iterable[Any]) -> None:
        """Check actions from the most to the least specific: the first that somebody decided counts.

        Raises Forbidden.
        """
        _deprecated("datasette.ensure_permissions(...)", "use datasette.ensure_permission(action=, resource=, actor=)")
        for permission in permissions:
            action, resource = permission if isinstance(permission, (tuple, list)) else (permission, None)
            if await self._allowed_in_old_words(actor, action, resource, False):
                return
            raise Forbidden(action)

    def metadata(
        self, key: str | None = None, database: str | None = None, table: str | None = None, fallback: bool = True
    ) -> Any:
        """Metadata of one level; with ``fallback`` a key is looked for in the next wider ones too."""
        _deprecated("datasette.metadata(...)", "use await datasette.get_database_metadata(...) and its siblings")
        levels: list[Any] = []
        snapshot = self.site.store.snapshot
        config = self.site.config
        if database is not None:
            if table is not None:
                levels.append(self._table_level(database, table))
            levels.append({**config.database(database), **snapshot.database_metadata(database)})
        levels.append({**config.raw, **config.metadata, **snapshot.instance_metadata()})
        if not fallback:
            levels = levels[:1]
        if key is None:
            merged: dict[str, Any] = {}
            for level in reversed(levels):
                merged.update(level)
            return merged if fallback else levels[0]
        return next((level[key] for level in levels if key in level), None)

    def table_metadata(self, database: str, table: str) -> dict[str, Any]:
        """Configuration and metadata of a table in one object."""
        _deprecated("datasette.table_metadata(...)", "use datasette.table_config(...) and get_resource_metadata(...)")
        return self._table_level(database, table)

    async def get_canned_query(self, database_name: str, query_name: str, actor: Any = None) -> dict[str, Any] | None:
        """A stored query as an object, or None."""
        _deprecated("datasette.get_canned_query(...)", "use datasette.get_query(database, name)")
        return (await self._queries(database_name)).get(query_name)

    async def get_canned_queries(self, database_name: str, actor: Any = None) -> dict[str, dict[str, Any]]:
        """Name → stored query as an object."""
        _deprecated("datasette.get_canned_queries(...)", "use datasette.list_queries(database)")
        return await self._queries(database_name)

    @property
    def permissions(self) -> dict[str, Permission]:
        """Name → action in its old form."""
        _deprecated("datasette.permissions", "use datasette.actions")
        return {
            action.name: Permission(
                action.name,
                action.abbr,
                action.description,
                action.takes_parent,
                action.takes_child,
                action.name.startswith("view-") or action.name == "execute-sql",
            )
            for action in self.site.permissions.actions.values()
        }

    def _table_level(self, database: str, table: str) -> dict[str, Any]:
        stored = self.site.store.snapshot.resource_metadata(database, table)
        return {**self.site.config.table(database, table), **stored}

    async def _queries(self, database: str) -> dict[str, dict[str, Any]]:
        snapshot = await self.site.store.refresh()
        return {
            query.name: {**query.as_dict(), "write": query.is_write, "params": list(query.parameters)}
            for query in snapshot.queries_of(database)
        }

    async def _allowed_in_old_words(self, actor: Any, action: str, resource: Any, default: Any) -> bool:
        if action not in self.site.permissions.actions:
            return await self._unregistered(actor, action, resource, default)
        place = _resource_of(action, resource)
        parent, child = (None, None) if place is None else (place.parent, place.child)
        return await self.site.permissions.allowed(actor, action, parent, child)

    async def _unregistered(self, actor: Any, action: str, resource: Any, default: Any) -> bool:
        """An action that no plugin registered: old plugins answer by hook, the configuration may allow it."""
        answer = await self.site.permissions.old_answer(actor, action, resource)
        if answer is None:
            answer = self._configured(actor, action, resource)
        if answer is not None:
            return answer
        return False if default is _NOT_GIVEN or default is None else bool(default)

    def _configured(self, actor: Any, action: str, resource: Any) -> bool | None:
        """What the most specific ``permissions`` block with the action says; None without one."""
        config = self.site.config
        levels: list[Mapping[str, Any]] = [config.raw]
        place = _resource_of(action, resource)
        if place is not None and place.parent is not None:
            levels.insert(0, config.database(place.parent))
            if place.child is not None:
                levels.insert(0, config.table(place.parent, place.child))
        for level in levels:
            permissions = level.get("permissions")
            if isinstance(permissions, Mapping) and action in permissions:
                return actor_matches_allow(actor, permissions[action])
        return None


def _resource_of(action: str, resource: Any) -> Resource | None:
    if resource is None or isinstance(resource, Resource):
        return resource
    if isinstance(resource, str):
        return DatabaseResource(resource)
    parent, child = resource
    return QueryResource(parent, child) if action.endswith("-query") else TableResource(parent, child)


def _deprecated(name: str, advice: str) -> None:
    """One line in the log per name and calling module."""
    caller = sys._getframe(2).f_globals.get("__name__", "a plugin")
    if (name, caller) not in _said:
        _said.add((name, caller))
        log.warning("%s calls %s, which is deprecated: %s", caller.partition(".")[0], name, advice)
