"""Lists of what an actor may use: every resource of an action's kind, filtered by the decision."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from vitrina.access.actions import Action
from vitrina.access.actors import Actor
from vitrina.access.explain import reasons
from vitrina.access.resources import DatabaseResource, QueryResource, Resource, TableResource
from vitrina.execute.decisions import QueryStore
from vitrina.execute.permission_plugins import InternalReads
from vitrina.execute.permissions import Access, Permissions
from vitrina.hooks.call import async_call_with_supported_arguments
from vitrina.tilde import tilde_decode, tilde_encode

_MOST = 1000
_numbers = itertools.count(1)

Place = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class AllowedPlace:
    """One resource the actor may use. ``private`` is None where it was not asked for."""

    parent: str | None
    child: str | None
    private: bool | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResourcePage:
    """One page of resources; ``next`` asks for the following one, None on the last."""

    resources: list[Resource]
    next: str | None


class ResourceLists:
    """Lists resources. ``facade`` gives what plugins' resource classes get as ``datasette``."""

    def __init__(
        self, permissions: Permissions, store: QueryStore, internal: InternalReads, facade: Callable[[], Any]
    ) -> None:
        self._permissions = permissions
        self._store = store
        self._internal = internal
        self._facade = facade

    async def allowed(
        self,
        action_name: str,
        actor: Actor | None,
        *,
        parent: str | None = None,
        child: str | None = None,
        with_private: bool = False,
        with_reasons: bool = False,
    ) -> list[AllowedPlace]:
        """Every resource that the actor may do it to, by parent and child. Global actions have none.

        Raises ValueError for an action that does not exist.
        """
        action = self._permissions.actions.chain(action_name)[0]
        if action.name == "view-table":
            await self._permissions.decisions.ready_databases(parent)
        access = await self._permissions.load_with_own(actor, (action.name,), parent, child)
        places = [
            place
            for place in await self._places(action, actor, parent)
            if (parent is None or place[0] == parent) and (child is None or place[1] == child)
        ]
        places.sort(key=lambda place: (place[0] or "", place[1] or ""))
        return [
            AllowedPlace(
                found_parent,
                found_child,
                access.private(action.name, found_parent, found_child) if with_private else None,
                _reasons(access, action, found_parent, found_child) if with_reasons else (),
            )
            for found_parent, found_child in _allowed(access, action, places)
        ]

    async def page(
        self,
        action_name: str,
        actor: Actor | None,
        *,
        parent: str | None = None,
        include_is_private: bool = False,
        include_reasons: bool = False,
        limit: int = 100,
        next: str | None = None,
    ) -> ResourcePage:
        """Resource objects, at most ``limit`` (1000) of them, after the ones that ``next`` stands for."""
        found = await self.allowed(
            action_name, actor, parent=parent, with_private=include_is_private, with_reasons=include_reasons
        )
        if next is not None:
            last = _parse_next(next)
            found = [place for place in found if (place.parent or "", place.child or "") > last]
        limit = max(1, min(limit, _MOST))
        page = found[:limit]
        action = self._permissions.actions[action_name]
        more = _render_next(page[-1]) if len(found) > limit else None
        return ResourcePage([_resource(action, place, include_reasons) for place in page], more)

    async def sql(
        self, action_name: str, actor: Actor | None, *, parent: str | None = None, include_is_private: bool = False
    ) -> tuple[str, dict[str, Any]]:
        """SQL for the internal database, with its parameters, that selects the allowed resources.

        Columns: parent, child, reason (a JSON list) and, if asked for,
        is_private. The decisions are made now; the SQL carries them.
        """
        found = await self.allowed(
            action_name, actor, parent=parent, with_private=include_is_private, with_reasons=True
        )
        rows = [[place.parent, place.child, json.dumps(place.reasons), int(bool(place.private))] for place in found]
        # Plugins join the SQL of several lists into one statement: the parameter's name must not repeat.
        name = f"allowed_{next(_numbers)}"
        columns = ["parent", "child", "reason"] + (["is_private"] if include_is_private else [])
        selected = ", ".join(f"json_extract(value, '$[{number}]') as {column}" for number, column in enumerate(columns))
        return f"select {selected} from json_each(:{name})", {name: json.dumps(rows)}

    async def _places(self, action: Action, actor: Actor | None, parent: str | None) -> Iterable[Place]:
        databases = self._permissions.databases
        names = list(databases) if parent is None else [name for name in (parent,) if name in databases]
        kind = action.resource_class
        if kind is None:
            return []
        if kind is DatabaseResource:
            return [(name, None) for name in names]
        if kind is TableResource:
            await self._permissions.decisions.ready_databases(parent)
            places: list[Place] = []
            for name in names:
                catalog = databases[name].catalog
                if catalog is not None:
                    places.extend((name, table) for table in (*catalog.tables, *catalog.views))
            return places
        if kind is QueryResource:
            snapshot = self._store.snapshot
            return [(name, query.name) for name in names for query in snapshot.queries_of(name)]
        return await self._places_of_plugin(kind, actor)

    async def _places_of_plugin(self, kind: type[Resource], actor: Actor | None) -> list[Place]:
        sql = await async_call_with_supported_arguments(kind.resources_sql, datasette=self._facade(), actor=actor)

        def read(conn: Any) -> list[Place]:
            rows = conn.execute(f"select parent, child from (\n{sql}\n)").fetchall()
            return [(_text(parent), _text(child)) for parent, child in map(tuple, rows)]

        return await self._internal.foreign_read(read)


def _allowed(access: Access, action: Action, places: list[Place]) -> Iterable[Place]:
    decision = access.decision(action.name)
    if decision is None:
        return places
    by_parent: dict[str | None, list[str | None]] = {}
    for parent, child in places:
        by_parent.setdefault(parent, []).append(child)
    kept: list[Place] = []
    for parent, children in by_parent.items():
        names = [child for child in children if child is not None]
        if parent is not None and len(names) == len(children):
            kept.extend((parent, child) for child in decision.children(parent, names))
        else:
            kept.extend((parent, child) for child in children if decision.allowed(parent, child))
    return kept


def _reasons(access: Access, action: Action, parent: str | None, child: str | None) -> tuple[str, ...]:
    decision = access.decision(action.name)
    return () if decision is None else tuple(reasons(decision, parent, child))


def _resource(action: Action, place: AllowedPlace, with_reasons: bool) -> Resource:
    kind = action.resource_class or Resource
    # Made without the class's own constructor, whose arguments a plugin chooses.
    resource = kind.__new__(kind)
    Resource.__init__(resource, place.parent, place.child)
    if place.private is not None:
        resource.private = place.private
    if with_reasons:
        resource.reasons = list(place.reasons)
    return resource


def _render_next(place: AllowedPlace) -> str:
    return f"{tilde_encode(place.parent or '')},{tilde_encode(place.child or '')}"


def _parse_next(text: str) -> tuple[str, str]:
    parent, _, child = text.partition(",")
    return tilde_decode(parent), tilde_decode(child)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
