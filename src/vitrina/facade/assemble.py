"""The application factory: turns constructor arguments into a Site and an ASGI application."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from vitrina.config.directory import ConfigDirectory, read_directory
from vitrina.config.identity import TokenConfig, parse_login_config, parse_token_config
from vitrina.config.load import load_config
from vitrina.config.model import Config
from vitrina.config.secrets import resolve
from vitrina.engine.sqlite.connections import ConnectionSetup
from vitrina.engine.sqlite.database import SqliteDatabase
from vitrina.engine.sqlite.readers import ReaderPool
from vitrina.execute.counts import known_counts_of
from vitrina.execute.internal import InternalDatabase
from vitrina.execute.login import Login
from vitrina.execute.own_tokens import OwnTokens
from vitrina.execute.permission_plugins import PermissionPlugins
from vitrina.execute.permissions import Permissions
from vitrina.execute.store import Store
from vitrina.execute.write import Writes
from vitrina.facade.files import open_files
from vitrina.facade.plugins import open_hooks, plugin_folders
from vitrina.facade.replication import open_replication
from vitrina.facade.specs import database_specs
from vitrina.facade.static_urls import StaticUrls
from vitrina.hooks.events import Event
from vitrina.hooks.manager import Hooks
from vitrina.hooks.twins import adopt_twins
from vitrina.http.static import StaticFiles
from vitrina.http.urls import Urls
from vitrina.render.templates import Templates
from vitrina.tokens.signing import Signer
from vitrina.web.permission_pages.login import menu_links as login_links
from vitrina.web.site import Site
from vitrina.web.ways_out import LOGIN_KEY

STATIC = Path(__file__).resolve().parent.parent / "ui" / "static"

# A database file larger than this many attached to one connection is refused by SQLite itself.
_ATTACHED_MOST = 10


@dataclass
class Assembly:
    """The arguments of one instance, and what is made from them once."""

    facade: Any
    files: list[str]
    immutables: list[str]
    cache_headers: bool
    cors: bool
    inspect_data: Mapping[str, Any] | None
    config: Any
    metadata: Any
    settings: Mapping[str, Any]
    sqlite_extensions: tuple[Any, ...]
    template_dir: str | Path | None
    plugins_dir: str | Path | None
    static_mounts: tuple[tuple[str, str], ...]
    memory: bool
    secret: str
    version_note: str | None
    config_dir: Path | None
    crossdb: bool
    nolock: bool
    internal: str | None
    default_deny: bool
    loaded: Config = field(init=False)
    # names of the databases that are replicated, once that is known
    replicated: Callable[[], Collection[str]] = field(init=False, default=tuple)

    @cached_property
    def directory(self) -> ConfigDirectory | None:
        """The configuration directory, read once."""
        return read_directory(self.config_dir) if self.config_dir is not None else None

    def adopt_directory(self) -> None:
        """Add what the configuration directory holds; what was given explicitly wins."""
        found = self.directory
        if found is None:
            return
        self.files += [path for path in found.files if path not in self.files]
        self.immutables += [path for path in found.immutables if path not in self.immutables]
        self.template_dir = self.template_dir or found.template_dir
        self.plugins_dir = self.plugins_dir or found.plugins_dir
        if self.inspect_data is None:
            self.inspect_data = found.inspect_data
        if found.static_dir and not any(mount.strip("/") == "static" for mount, _ in self.static_mounts):
            self.static_mounts += (("static", found.static_dir),)

    @cached_property
    def hooks(self) -> Hooks:
        hooks = open_hooks(self.plugins_dir)
        adopt_twins(hooks.pm, self.loaded.vitrina.get("prefer_plugin") or ())
        return hooks

    @cached_property
    def pool(self) -> ReaderPool:
        settings = self.loaded.settings
        # A page has the limit for its rows and at most the same again for the rest.
        return ReaderPool(settings.num_sql_threads, stuck_after_s=5 + 3 * settings.sql_time_limit_ms / 1000)

    @cached_property
    def setup(self) -> ConnectionSetup:
        """How connections of served databases are set up."""
        return ConnectionSetup(
            cache_size_kb=self.loaded.settings.cache_size_kb,
            extensions=self.sqlite_extensions,
            prepare=(self._prepare,),
            prepared=lambda: self.hooks.has("prepare_connection"),
        )

    def _prepare(self, conn: Any, database: str) -> None:
        if database in self.replicated():
            # Litestream moves the log into the file itself: whoever else does so may take from it what it has not read.
            conn.execute("PRAGMA wal_autocheckpoint=0")
        self.hooks.call("prepare_connection", conn=conn, database=database, datasette=self.facade)

    def databases(self) -> dict[str, SqliteDatabase]:
        """Every database that was given, not yet opened."""
        specs = database_specs(
            self.files,
            self.immutables,
            memory=self.memory,
            crossdb=self.crossdb,
            nolock=self.nolock,
            inspect_data=self.inspect_data,
        )
        opened: dict[str, SqliteDatabase] = {}
        for spec in specs:
            attach: tuple[tuple[str, str], ...] = ()
            if spec.is_memory and self.crossdb:
                files = [other for other in specs if other.path is not None][:_ATTACHED_MOST]
                attach = tuple((other.name, _attached_uri(other.path or "", other.is_mutable)) for other in files)
            counts = known_counts_of((self.inspect_data or {}).get(spec.name))
            opened[spec.name] = SqliteDatabase(spec, pool=self.pool, setup=self.setup, attach=attach, counts=counts)
        return opened

    def plugin_config(self, name: str, database: str | None, table: str | None, fallback: bool) -> Any:
        """A plugin's configuration at the most specific level that has any; see the facade."""
        config = self.loaded
        levels: list[Mapping[str, Any]] = []
        if database is not None and table is not None:
            levels.append(config.table(database, table))
        if database is not None:
            levels.append(config.database(database))
        if table is None or fallback:
            levels.append(config.raw)
        if not fallback or (table is None and levels[0]):
            # What is configured for a whole database hides the top level, whether the plugin is in it or not.
            levels = levels[:1]
        exact, *wider = (_plugin_section(level, name) for level in levels) if levels else (None,)
        found = exact if exact is not None else next((section for section in wider if section), None)
        return resolve(found) if found is not None else None

    def close(self) -> None:
        """Let go of threads that are the instance's own."""
        self.pool.close()


def _plugin_section(level: Mapping[str, Any], name: str) -> Any:
    plugins = level.get("plugins")
    return plugins.get(name) if isinstance(plugins, Mapping) else None


def assemble(assembly: Assembly) -> Site:
    """Make every service of an instance; opens no database and reads no data.

    Raises StartupError, ConfigError and PluginError.
    """
    assembly.adopt_directory()
    assembly.loaded = config = load_config(
        config=assembly.config,
        metadata=assembly.metadata,
        settings=assembly.settings,
        directory=assembly.directory,
    )
    settings = config.settings
    hooks = assembly.hooks
    databases = assembly.databases()
    internal = InternalDatabase(pool=assembly.pool, path=assembly.internal, cache_size_kb=settings.cache_size_kb)
    # A plugin may serve the internal database itself.
    internal.served = lambda: [each for each in databases.values() if each is not internal]
    store = Store(config, internal)
    tokens = parse_token_config(config)
    urls = Urls(settings.base_url, lambda name: databases[name].route)
    folders = plugin_folders(hooks.pm)
    mounts = {mount.strip("/"): StaticFiles(path) for mount, path in assembly.static_mounts}
    plugin_files = {each.name: StaticFiles(each.static) for each in folders if each.static is not None}
    built_in = StaticFiles(STATIC)
    static_url = StaticUrls(urls, built_in, mounts, plugin_files)
    site = Site(
        config=config,
        settings=settings,
        databases=databases,
        internal=internal,
        store=store,
        permissions=Permissions(
            raw_config=config.raw,
            databases=databases,
            store=store,
            plugins=PermissionPlugins(hooks, internal, lambda: assembly.facade),
            default_deny=assembly.default_deny,
            default_allow_sql=settings.default_allow_sql,
        ),
        urls=urls,
        signer=Signer(assembly.secret, tokens.previous_secrets.values()),
        templates=Templates(
            template_dir=assembly.template_dir,
            plugin_dirs=[each.templates for each in folders if each.templates is not None],
            static=static_url,
            cache_dir=os.environ.get("VITRINA_TEMPLATE_CACHE"),
        ),
        hooks=hooks,
        facade=assembly.facade,
        writes=_writes(assembly, hooks),
        cache_headers=assembly.cache_headers,
        cors=assembly.cors,
        version_note=assembly.version_note,
        inspect_data=dict(assembly.inspect_data or {}),
        static_url=static_url,
    )
    site.state["static"] = {"built_in": built_in, "mounts": mounts, "plugins": plugin_files}
    _open_identity(site, tokens, assembly.secret)
    return _with_stores(assembly, site)


def _with_stores(assembly: Assembly, site: Site) -> Site:
    """``site`` with what reaches beyond the databases, where it is configured: files, and replicas."""
    open_files(site)
    assembly.replicated = open_replication(site)
    return site


def _writes(assembly: Assembly, hooks: Hooks) -> Writes:
    """The way of every write, past the plugins that wrap writes and hear of events."""

    def wrappers(database: str, request: Any, transaction: bool) -> list[Any]:
        if not hooks.has("write_wrapper"):
            return []
        found = hooks.call(
            "write_wrapper", datasette=assembly.facade, database=database, request=request, transaction=transaction
        )
        return [wrapper for wrapper in found if wrapper is not None]

    async def track(event: Event) -> None:
        await assembly.facade.track_event(event)

    return Writes(wrappers, track, lambda: hooks.has("track_event"))


def _open_identity(site: Site, tokens: TokenConfig, secret: str) -> None:
    """Add the token handlers' services and, where asked for, signing in with a password."""
    site.state["tokens"] = OwnTokens(tokens, secret, site.internal, site.permissions.actions)
    login = parse_login_config(site.config)
    if login is not None:
        site.state[LOGIN_KEY] = Login(login)
        site.state["menu_links"] = (*site.state.get("menu_links", ()), login_links)


def _attached_uri(path: str, is_mutable: bool) -> str:
    return f"file:{quote(str(Path(path).resolve()))}?{'mode=ro' if is_mutable else 'immutable=1'}"
