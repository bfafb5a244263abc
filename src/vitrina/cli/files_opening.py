"""The files of a configuration without a server: sources, storages and what the internal database knows."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from vitrina.config.directory import read_directory, read_document
from vitrina.config.load import load_config
from vitrina.config.model import Config
from vitrina.engine.protocols import DatabaseSpec
from vitrina.engine.sqlite.database import SqliteDatabase
from vitrina.engine.sqlite.readers import ReaderPool
from vitrina.errors import ConfigError, StartupError
from vitrina.files.configuration import FilesConfig, parse_files_config
from vitrina.files.registry import storage_types
from vitrina.files.service import Files
from vitrina.files.storage import Storage
from vitrina.hooks import file_spec

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FilesPlace:
    """Which files a command is about: configuration (a file or a directory), assignments to it, internal database."""

    config: str | None
    assignments: tuple[tuple[str, Any], ...]
    internal: str

    def read(self) -> FilesConfig:
        """What is configured. Raises ConfigError where there is no source."""
        files = parse_files_config(self._config())
        if files is None:
            raise ConfigError("There is no source of files in the configuration: give it with -c, as serve has it")
        return files

    def _config(self) -> Config:
        if self.config is None:
            return load_config(assignments=self.assignments)
        if Path(self.config).is_dir():
            return load_config(directory=read_directory(self.config), assignments=self.assignments)
        return load_config(config=read_document(self.config), assignments=self.assignments)

    @contextlib.asynccontextmanager
    async def opened(self, *, create: bool = False) -> AsyncIterator[Files]:
        """The files until the block ends. Raises ConfigError, and StartupError without an internal database.

        ``create`` makes that database where it is missing.
        """
        config = self.read()
        if not create and not Path(self.internal).is_file():
            raise StartupError(
                f"{self.internal}: there is no such internal database",
                hint="It is the file that serve was given with --internal.",
            )
        # The server makes thumbnails; a command does not wait for them.
        config = replace(config, thumbnails=replace(config.thumbnails, eager=False))
        pool = ReaderPool(1)
        internal = _InternalFile(self.internal, pool)
        files = Files(config, internal)
        try:
            await files.start(await _plugin_storages(config))
            yield files
        finally:
            await files.close()
            internal.close()
            pool.close()


class _InternalFile:
    """The internal database as what knows of files sees it; a server may have it open meanwhile."""

    def __init__(self, path: str, pool: ReaderPool) -> None:
        self._database = SqliteDatabase(DatabaseSpec("internal", "internal", path=path, mode="rwc"), pool=pool)
        self.close = self._database.close

    async def foreign_read(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        return await self._database.foreign_read(fn)

    async def write_own(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        return await self._database.write(fn)


async def _plugin_storages(config: FilesConfig) -> list[type[Storage]]:
    """Storages of installed plugins, which are looked for only where one is configured that is not built in."""
    if all(source.storage in storage_types(()) for source in config.sources.values()):
        return []
    from vitrina.facade.plugins import shared_manager
    from vitrina.hooks.manager import Hooks

    manager = shared_manager()
    known = getattr(manager.hook, "file_actions", None)
    if known is None or not known.has_spec():
        manager.add_hookspecs(file_spec)
    return await Hooks(manager).lists("register_files_storage_types", datasette=None)
