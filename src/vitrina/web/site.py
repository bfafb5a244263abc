"""The struct of services that every page handler receives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vitrina.errors import DatabaseNotFound
from vitrina.execute.write import Writes

if TYPE_CHECKING:
    from vitrina.config.model import Config
    from vitrina.config.settings import Settings
    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.execute.internal import InternalDatabase
    from vitrina.execute.permissions import Permissions
    from vitrina.execute.store import Store
    from vitrina.hooks.manager import Hooks
    from vitrina.http.urls import Urls
    from vitrina.render.templates import Templates
    from vitrina.tokens.signing import Signer


@dataclass(slots=True)
class Site:
    """Assembled once by the facade; handlers only read it.

    ``facade`` is the opaque object that plugin hooks get as ``datasette``.
    ``static_url`` gives the URL of a static file with its content hash.
    """

    config: Config
    settings: Settings
    databases: dict[str, SqliteDatabase]
    internal: InternalDatabase
    store: Store
    permissions: Permissions
    urls: Urls
    signer: Signer
    templates: Templates
    hooks: Hooks
    facade: Any
    writes: Writes = field(default_factory=Writes)
    root_enabled: bool = False
    cache_headers: bool = True
    cors: bool = False
    version_note: str | None = None
    inspect_data: dict[str, Any] = field(default_factory=dict)
    static_url: Callable[..., str] = lambda path, plugin=None, mount=None, must_exist=False: path
    # memory of the running server: one-time login token, recent permission checks, caches of pages
    state: dict[str, Any] = field(default_factory=dict)

    def database_by_route(self, route: str) -> SqliteDatabase:
        """The database served under ``route`` (decoded).

        Raises DatabaseNotFound.
        """
        for database in self.databases.values():
            if database.route == route:
                return database
        raise DatabaseNotFound(route, f"Database not found: {route}", hint="The home page lists every database.")
