"""The class of permissions that plugins registered before there were actions."""

from __future__ import annotations

from dataclasses import dataclass

from vitrina.access.actions import Action
from vitrina.access.resources import DatabaseResource, Resource, TableResource


@dataclass
class Permission:
    """An action in its old form: whether it takes a database and a resource, and its answer by default."""

    name: str
    abbr: str | None
    description: str | None
    takes_database: bool
    takes_resource: bool
    default: bool
    implies_can_view: bool = False

    def as_action(self) -> Action:
        """The action that it stands for."""
        kind: type[Resource] | None = DatabaseResource if self.takes_database else None
        if self.takes_resource:
            kind = TableResource
        return Action(self.name, self.description, self.abbr, kind)
