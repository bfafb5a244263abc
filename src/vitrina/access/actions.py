"""What can be done: the built-in actions and the registry that plugins extend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from vitrina.access.resources import DatabaseResource, QueryResource, Resource, TableResource
from vitrina.errors import StartupError


@dataclass(frozen=True)
class Action:
    """Something that an actor may be allowed to do.

    ``abbr`` is the short name used in tokens. ``resource_class`` is None for
    actions on the whole instance. ``also_requires`` names another action that
    must be allowed as well.
    """

    name: str
    description: str | None = None
    abbr: str | None = None
    resource_class: type[Resource] | None = None
    also_requires: str | None = None

    @property
    def takes_parent(self) -> bool:
        """Whether a check names a parent, such as a database."""
        return self.resource_class is not None

    @property
    def takes_child(self) -> bool:
        """Whether a check names a child, such as a table."""
        return self.resource_class is not None and self.resource_class.parent_class is not None


BUILT_IN_ACTIONS = (
    Action("view-instance", "View Datasette instance", "vi"),
    Action("permissions-debug", "Access permission debug tool", "pd"),
    Action("debug-menu", "View debug menu items", "dm"),
    Action("view-database", "View database", "vd", DatabaseResource),
    Action("view-database-download", "Download database file", "vdd", DatabaseResource, "view-database"),
    Action("execute-sql", "Execute read-only SQL queries", "es", DatabaseResource, "view-database"),
    Action("execute-write-sql", "Execute writable SQL queries", "ews", DatabaseResource, "view-database"),
    Action("create-table", "Create tables", "ct", DatabaseResource),
    Action("create-view", "Create views", "cv", DatabaseResource),
    Action("store-query", "Create stored queries", "sq", DatabaseResource, "execute-sql"),
    Action("view-table", "View table", "vt", TableResource),
    Action("insert-row", "Insert rows", "ir", TableResource),
    Action("delete-row", "Delete rows", "dr", TableResource),
    Action("update-row", "Update rows", "ur", TableResource),
    Action("alter-table", "Alter tables", "at", TableResource),
    Action("set-column-type", "Set column type", "sct", TableResource),
    Action("drop-table", "Drop tables", "dt", TableResource),
    Action("drop-view", "Drop views", "dv", TableResource),
    Action("view-query", "View named query results", "vq", QueryResource),
    Action("update-query", "Update stored queries", "uq", QueryResource),
    Action("delete-query", "Delete stored queries", "dq", QueryResource),
)

#: actions that everybody may do unless the server runs with --default-deny
DEFAULT_ALLOWED = frozenset(
    {"view-instance", "view-database", "view-database-download", "execute-sql", "view-table", "view-query"}
)


class ActionRegistry(Mapping[str, Action]):
    """The actions of a server by name: the built-in ones and those of plugins."""

    def __init__(self, actions: Iterable[Action] = BUILT_IN_ACTIONS) -> None:
        self._by_name: dict[str, Action] = {}
        self._by_abbreviation: dict[str, Action] = {}
        for action in actions:
            self.register(action)

    def register(self, action: Action) -> None:
        """Add an action; registering an equal one again does nothing.

        Raises StartupError when its name or abbreviation already stands for another action.
        """
        same_name = self._by_name.get(action.name)
        if same_name is not None and same_name != action:
            raise StartupError(f"Duplicate action name: {action.name}")
        if action.abbr:
            same_abbreviation = self._by_abbreviation.get(action.abbr)
            if same_abbreviation is not None and same_abbreviation != action:
                raise StartupError(
                    f"Duplicate action abbr: {action.abbr} stands for {same_abbreviation.name} and {action.name}"
                )
            self._by_abbreviation[action.abbr] = action
        self._by_name[action.name] = action

    def find(self, name_or_abbreviation: str) -> Action | None:
        """The action of that name or abbreviation, or None."""
        return self._by_name.get(name_or_abbreviation) or self._by_abbreviation.get(name_or_abbreviation)

    def chain(self, name: str) -> tuple[Action, ...]:
        """The action and everything it also requires, in that order.

        Raises ValueError for an action that does not exist.
        """
        actions: list[Action] = []
        following: str | None = name
        while following is not None:
            action = self._by_name.get(following)
            if action is None:
                raise ValueError(f"Unknown action: {following}")
            if action in actions:
                break
            actions.append(action)
            following = action.also_requires
        return tuple(actions)

    def __getitem__(self, name: str) -> Action:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)
