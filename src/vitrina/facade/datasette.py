"""The instance that plugins know as ``Datasette``: constructed from files and options, delegating to the core."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitrina.engine.protocols import DatabaseSpec
from vitrina.engine.sqlite.database import SqliteDatabase
from vitrina.execute.permissions import skip_permissions
from vitrina.facade.application import open_application
from vitrina.facade.assemble import Assembly, assemble
from vitrina.facade.content import ContentMethods
from vitrina.facade.database import Database
from vitrina.facade.identity import IdentityMethods
from vitrina.facade.inner_names import InnerNames
from vitrina.facade.lifespan import BackgroundTask, BackgroundTaskSupervisor
from vitrina.facade.old_names import OldNames
from vitrina.facade.rendering import RenderingMethods
from vitrina.facade.replication import close_replication
from vitrina.facade.resolving import ResolvingMethods
from vitrina.facade.resource_lists import ResourceMethods
from vitrina.facade.specs import unique_name
from vitrina.facade.startup import run_shutdown, run_startup
from vitrina.facade.stored_queries import StoredQueryMethods
from vitrina.hooks import span_words, telemetry
from vitrina.hooks.events import BUILT_IN_EVENTS, Event, send_event
from vitrina.http.inside import in_client

if TYPE_CHECKING:
    from vitrina.http.client import InProcessClient

INTERNAL = "_internal"


class Datasette(
    IdentityMethods,
    ContentMethods,
    StoredQueryMethods,
    RenderingMethods,
    ResourceMethods,
    ResolvingMethods,
    OldNames,
    InnerNames,
):
    """One server: its databases, configuration, plugins and application.

    ``files`` and ``immutables`` are paths; ``config``, ``metadata`` and
    ``settings`` objects as their files hold them; ``config_dir`` a
    configuration directory. Raises StartupError and ConfigError.
    """

    def __init__(
        self,
        files: Sequence[str | Path] | None = None,
        immutables: Sequence[str | Path] | None = None,
        cache_headers: bool = True,
        cors: bool = False,
        inspect_data: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        sqlite_extensions: Sequence[Any] | None = None,
        template_dir: str | Path | None = None,
        plugins_dir: str | Path | None = None,
        static_mounts: Sequence[tuple[str, str]] | None = None,
        memory: bool = False,
        settings: Mapping[str, Any] | None = None,
        secret: str | None = None,
        version_note: str | None = None,
        config_dir: Path | None = None,
        pdb: bool = False,
        crossdb: bool = False,
        nolock: bool = False,
        internal: str | Path | None = None,
        default_deny: bool = False,
    ) -> None:
        if isinstance(files, str):
            raise ValueError("files= must be a list of paths, not a string")
        self._secret = secret or secrets.token_hex(32)
        self.pdb = pdb
        self.crossdb = crossdb
        self.nolock = nolock
        self.default_deny = default_deny
        self.version_note = version_note
        self._assembly = Assembly(
            facade=self,
            files=[str(path) for path in files or ()],
            immutables=[str(path) for path in immutables or ()],
            cache_headers=cache_headers,
            cors=cors,
            inspect_data=inspect_data,
            config=config,
            metadata=metadata,
            settings=settings or {},
            sqlite_extensions=tuple(sqlite_extensions or ()),
            template_dir=template_dir,
            plugins_dir=plugins_dir,
            static_mounts=tuple(static_mounts or ()),
            memory=memory,
            secret=self._secret,
            version_note=version_note,
            config_dir=config_dir,
            crossdb=crossdb,
            nolock=nolock,
            internal=str(internal) if internal else None,
            default_deny=default_deny,
        )
        self.site = assemble(self._assembly)
        self._prepare()
        span_words.register_datasette(self)

    def _prepare(self) -> None:
        engines = self.site.databases.items()
        self._databases = OrderedDict((name, Database.around(self, engine)) for name, engine in engines)
        self._internal_database = Database.around(self, self.site.internal)
        self._background_tasks = BackgroundTaskSupervisor(self)
        self.site.state["background_tasks"] = self._background_tasks
        self._kept: set[asyncio.Future[Any]] = set()
        self._startup_lock: asyncio.Lock | None = None
        self._closed = False
        self._stopped = False
        self._application: Any = None
        self._client: InProcessClient | None = None

    # -- life cycle

    async def invoke_startup(self) -> None:
        """Run what plugins do at the start; further calls do nothing. Raises StartupError."""
        if self.started:
            return
        if self._startup_lock is None:
            self._startup_lock = asyncio.Lock()
        async with self._startup_lock:
            if not self.started:
                with telemetry.startup_span():
                    await run_startup(self)
                self.started = True

    async def invoke_shutdown(self) -> None:
        """Run shutdown hooks, cancel background tasks, close the databases; once."""
        if self._stopped:
            return
        self._stopped = True
        await run_shutdown(self, self._background_tasks)
        self.close()
        await close_replication(self.site)

    @property
    def is_stuck(self) -> bool:
        """Whether a reader thread had not ended some seconds after :meth:`close`."""
        return self._assembly.pool.is_stuck

    def close(self) -> None:
        """Close every database, then raise the first error of those that could not be closed. Idempotent."""
        if self._closed:
            return
        self._closed = True
        span_words.unregister_datasette(self)
        with ExitStack() as closing:
            closing.callback(self._assembly.close)
            for database in (*self._databases.values(), self._internal_database):
                closing.callback(database.close)

    def app(self) -> Any:
        """The ASGI application."""
        if self._application is None:
            self._application = open_application(self.site, self)
        return self._application

    def add_background_task(self, func: Callable[[Any], Awaitable[Any]], name: str | None = None) -> BackgroundTask:
        """Run ``func(datasette)`` beside the server, from the end of start-up on."""
        return self._background_tasks.add(func, name)

    async def start_background_tasks(self) -> None:
        await self.invoke_startup()
        await self._background_tasks.launch()

    async def track_event(self, event: Event) -> None:
        """Tell every plugin that listens. An event whose class nobody registered fails an assertion."""
        known = (*BUILT_IN_EVENTS, *self.site.state.get("events", ()))
        assert isinstance(event, known), f"Invalid event type: {type(event)}"
        await send_event(self.site.hooks, self, event)

    def keep(self, pending: Awaitable[Any]) -> None:
        """Hold on to work that nobody waits for until it is done."""
        future = asyncio.ensure_future(pending)
        self._kept.add(future)
        future.add_done_callback(self._kept.discard)

    # -- databases

    @property
    def databases(self) -> OrderedDict[str, Database]:
        """Name → database, without the internal one."""
        return self._databases

    def get_database(self, name: str | None = None, route: str | None = None) -> Database:
        """A database by name or route, by default the first. Raises KeyError."""
        if route is not None:
            for database in self._databases.values():
                if database.route == route:
                    return database
            raise KeyError(route)
        if name is None:
            return next(iter(self._databases.values()))
        return self._databases[name]

    def get_internal_database(self) -> Database:
        return self._internal_database

    def add_database(self, db: Database, name: str | None = None, route: str | None = None) -> Database:
        """Serve another database; its name gets ``_2``, ``_3`` … where it is taken."""
        unique = unique_name(name or db.suggest_name(), self._databases)
        engine = db.renamed(unique, route or unique) or self.open_engine(db, unique, route or unique)
        # New objects, so that a request that iterates keeps what it began with.
        self.site.databases[unique] = engine
        self._databases = OrderedDict({**self._databases, unique: db})
        return db

    def open_engine(self, db: Database, name: str, route: str) -> SqliteDatabase:
        """Give a database object its engine; nothing is opened yet."""
        spec = DatabaseSpec(
            name=name,
            route=route,
            path=db.path,
            memory_name=db.memory_name,
            is_memory=db.is_memory,
            is_mutable=db.is_mutable,
            is_temp_disk=db.is_temp_disk,
            mode=db.mode,
            nolock=self.nolock,
        )
        engine = SqliteDatabase(spec, pool=self._assembly.pool, setup=self._assembly.setup)
        db.attach(engine)
        return engine

    def add_memory_database(self, memory_name: str, name: str | None = None, route: str | None = None) -> Database:
        """Serve the shared memory database of that name."""
        return self.add_database(Database(self, memory_name=memory_name), name=name, route=route)

    def remove_database(self, name: str) -> None:
        """Stop serving a database and close it. Raises KeyError."""
        removed = self._databases[name]
        self._databases = OrderedDict((key, db) for key, db in self._databases.items() if key != name)
        del self.site.databases[name]
        removed.close()

    async def execute(self, db_name: str, sql: str, *args: Any, **options: Any) -> Any:
        """As ``get_database(db_name).execute(...)``."""
        return await self.get_database(db_name).execute(sql, *args, **options)

    async def refresh_schemas(self, *, force: bool = False) -> None:
        """Look at every database now; needed nowhere, since each read looks by itself."""
        for engine in list(self.site.databases.values()):
            await engine.look()

    # -- configuration

    @property
    def config(self) -> Mapping[str, Any]:
        return self.site.config.raw

    @property
    def pm(self) -> Any:
        return self.site.hooks.pm

    @property
    def cors(self) -> bool:
        return self.site.cors

    @property
    def cache_headers(self) -> bool:
        return self.site.cache_headers

    @property
    def root_enabled(self) -> bool:
        return self.site.root_enabled

    @root_enabled.setter
    def root_enabled(self, value: bool) -> None:
        self.site.root_enabled = value
        self.site.permissions.decisions.root_enabled = value

    def setting(self, key: str) -> Any:
        """A setting's value, None for an unknown one."""
        return getattr(self.site.settings, key, None)

    def settings_dict(self) -> dict[str, Any]:
        return self.site.settings.as_dict()

    def plugin_config(
        self, plugin_name: str, database: str | None = None, table: str | None = None, fallback: bool = True
    ) -> Any:
        """Configuration of a plugin at one level, with secrets resolved; None where there is none."""
        return self._assembly.plugin_config(plugin_name, database, table, fallback)

    # -- requests from inside

    @property
    def client(self) -> InProcessClient:
        """Requests to this instance without a network."""
        if self._client is None:
            # Imported here for its cost: a server that only answers others never needs an HTTP client.
            from vitrina.http.client import InProcessClient

            self._client = InProcessClient(
                self.app,
                urls=self.site.urls,
                actor_cookie=self._actor_cookie,
                skip_permissions=skip_permissions,
            )
        return self._client

    def _actor_cookie(self, actor: dict[str, Any]) -> str:
        return self.sign({"a": actor}, "actor")

    def in_client(self) -> bool:
        """True inside a call made through ``client``."""
        return in_client()
