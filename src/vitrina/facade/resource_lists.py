"""The part of the plugin-facing instance that lists what an actor may use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from vitrina.access.resources import Resource
from vitrina.execute.resource_list import ResourceLists

if TYPE_CHECKING:
    from vitrina.web.site import Site


class AllowedResource(NamedTuple):
    """A resource that the actor may use, and why."""

    resource: Resource
    reason: str


class ResourcesSQL(NamedTuple):
    """SQL for the internal database, and its parameters."""

    sql: str
    params: dict[str, Any]


@dataclass
class PaginatedResources:
    """One page of resources; ``next`` is None on the last."""

    resources: list[Resource]
    next: str | None
    _datasette: Any = field(default=None, repr=False)
    _arguments: dict[str, Any] = field(default_factory=dict, repr=False)

    async def all(self) -> AsyncIterator[Resource]:
        """Every resource from this page on, page by page."""
        page = self
        while True:
            for resource in page.resources:
                yield resource
            if page.next is None:
                return
            page = await self._datasette.allowed_resources(**self._arguments, next=page.next)


class ResourceMethods:
    """Thin delegation to the lists of resources."""

    site: Site

    async def allowed_resources(
        self,
        action: str,
        actor: Any = None,
        *,
        parent: str | None = None,
        include_is_private: bool = False,
        include_reasons: bool = False,
        limit: int = 100,
        next: str | None = None,
    ) -> PaginatedResources:
        """Resources the actor may do the action to, at most ``limit`` (1000) a page. Raises ValueError."""
        options = {
            "parent": parent,
            "include_is_private": include_is_private,
            "include_reasons": include_reasons,
            "limit": limit,
        }
        page = await self._resource_lists().page(action, actor, next=next, **options)  # type: ignore[arg-type]
        arguments = {"action": action, "actor": actor, **options}
        return PaginatedResources(page.resources, page.next, self, arguments)

    async def allowed_resources_sql(
        self, *, action: str, actor: Any = None, parent: str | None = None, include_is_private: bool = False
    ) -> ResourcesSQL:
        """SQL that selects those resources: parent, child, reason and perhaps is_private. Raises ValueError."""
        return ResourcesSQL(
            *await self._resource_lists().sql(action, actor, parent=parent, include_is_private=include_is_private)
        )

    def _resource_lists(self) -> ResourceLists:
        return ResourceLists(self.site.permissions, self.site.store, self.site.internal, lambda: self)
