"""What a new token is restricted to, before it is written into the token."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol


class ActionNames(Protocol):
    """The part of the application that knows how actions are abbreviated."""

    def get_action(self, name_or_abbr: str) -> Any: ...


@dataclass
class TokenRestrictions:
    """Actions allowed anywhere, by database, and by database and resource."""

    all: list[str] = field(default_factory=list)
    database: dict[str, list[str]] = field(default_factory=dict)
    resource: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def allow_all(self, action: str) -> TokenRestrictions:
        """Allow an action anywhere; returns self."""
        self.all.append(action)
        return self

    def allow_database(self, database: str, action: str) -> TokenRestrictions:
        """Allow an action in one database; returns self."""
        self.database.setdefault(database, []).append(action)
        return self

    def allow_resource(self, database: str, resource: str, action: str) -> TokenRestrictions:
        """Allow an action on one table, view or query; returns self."""
        self.resource.setdefault(database, {}).setdefault(resource, []).append(action)
        return self

    def abbreviated(self, datasette: ActionNames) -> dict[str, Any] | None:
        """The ``_r`` object of a token, or None when there are no restrictions.

        Registered actions are abbreviated; others keep the name they were given.
        """

        def short(names: list[str]) -> list[str]:
            actions = [(name, datasette.get_action(name)) for name in names]
            return [(action.abbr or action.name) if action is not None else name for name, action in actions]

        written: dict[str, Any] = {}
        if self.all:
            written["a"] = short(self.all)
        if self.database:
            written["d"] = {database: short(names) for database, names in self.database.items()}
        if self.resource:
            written["r"] = {
                database: {resource: short(names) for resource, names in resources.items()}
                for database, resources in self.resource.items()
            }
        return written or None
