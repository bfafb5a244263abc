"""What happened, as plugins hear of it: the event classes, and how one is sent."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, ClassVar

from vitrina.hooks.manager import Hooks


@dataclass
class Event:
    """Something an actor did; plugins subclass it. ``created`` is in UTC."""

    name: ClassVar[str] = ""

    created: datetime = field(init=False, default_factory=lambda: datetime.now(UTC))
    actor: Any

    def properties(self) -> dict[str, Any]:
        """Everything but who and when."""
        names = [each.name for each in fields(self) if each.name not in ("actor", "created")]
        return {name: getattr(self, name) for name in names}


@dataclass
class LoginEvent(Event):
    """An actor signed in."""

    name = "login"


@dataclass
class LogoutEvent(Event):
    """An actor signed out."""

    name = "logout"


@dataclass
class CreateTokenEvent(Event):
    """An actor made an API token; ``expires_after`` is in seconds."""

    name = "create-token"
    expires_after: int | None
    restrict_all: list[str]
    restrict_database: dict[str, list[str]]
    restrict_resource: dict[str, dict[str, list[str]]]


@dataclass
class CreateTableEvent(Event):
    """A table was created."""

    name = "create-table"
    database: str
    table: str
    schema: str


@dataclass
class DropTableEvent(Event):
    """A table was dropped."""

    name = "drop-table"
    database: str
    table: str


@dataclass
class RenameTableEvent(Event):
    """A table got another name."""

    name = "rename-table"
    database: str
    old_table: str
    new_table: str


@dataclass
class AlterTableEvent(Event):
    """A table's columns changed."""

    name = "alter-table"
    database: str
    table: str
    before_schema: str
    after_schema: str


@dataclass
class InsertRowsEvent(Event):
    """Rows were inserted."""

    name = "insert-rows"
    database: str
    table: str
    num_rows: int
    ignore: bool
    replace: bool


@dataclass
class UpsertRowsEvent(Event):
    """Rows were inserted or updated by their key."""

    name = "upsert-rows"
    database: str
    table: str
    num_rows: int


@dataclass
class UpdateRowEvent(Event):
    """A row was changed."""

    name = "update-row"
    database: str
    table: str
    pks: list[Any]


@dataclass
class DeleteRowEvent(Event):
    """A row was deleted."""

    name = "delete-row"
    database: str
    table: str
    pks: list[Any]


#: the classes that need no registration by a plugin
BUILT_IN_EVENTS: tuple[type[Event], ...] = (
    LoginEvent,
    LogoutEvent,
    CreateTokenEvent,
    CreateTableEvent,
    DropTableEvent,
    RenameTableEvent,
    AlterTableEvent,
    InsertRowsEvent,
    UpsertRowsEvent,
    UpdateRowEvent,
    DeleteRowEvent,
)


async def send_event(hooks: Hooks, datasette: Any, event: Event) -> None:
    """Tell every plugin that listens; costs nothing where none does."""
    await hooks.gather("track_event", datasette=datasette, event=event)
