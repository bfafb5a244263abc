"""Which types of storage there are: built in, and from plugins."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import Any

from vitrina.files.configuration import FilesConfigError, SourceConfig
from vitrina.files.filesystem import FilesystemStorage
from vitrina.files.storage import Storage

# Their modules need a package that is installed where it is wanted.
_BUILT_IN = {
    "s3": ("vitrina.files.s3", "S3Storage"),
    "gcs": ("vitrina.files.cloud", "GoogleStorage"),
    "azure": ("vitrina.files.cloud", "AzureStorage"),
}


def storage_types(registered: Iterable[type[Storage]]) -> dict[str, type[Storage] | None]:
    """Classes by name, later ones in place of earlier ones; None for one whose package is loaded when asked for."""
    types: dict[str, type[Storage] | None] = {"filesystem": FilesystemStorage, **dict.fromkeys(_BUILT_IN)}
    for each in registered:
        types[_name_of(each)] = each
    return types


def _name_of(storage_class: type[Storage]) -> str:
    name: Any = storage_class.storage_type
    return name if isinstance(name, str) else str(storage_class().storage_type)


async def open_storage(source: SourceConfig, types: Mapping[str, type[Storage] | None]) -> Storage:
    """A configured storage for ``source``. Raises ConfigError that names it."""
    if source.storage not in types:
        known = ", ".join(sorted(types))
        raise FilesConfigError(
            f"{source.place}: Unknown storage type {source.storage!r} for source {source.slug!r}; there are: {known}"
        )
    storage_class = types[source.storage] or _built_in(source)
    storage = storage_class()
    try:
        await storage.configure(dict(source.options), None)
    except (ValueError, KeyError) as error:
        raise FilesConfigError(f"{source.place}.config: {error}") from error
    return storage


def _built_in(source: SourceConfig) -> type[Storage]:
    module_name, class_name = _BUILT_IN[source.storage]
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise FilesConfigError(
            f"{source.place}.storage: {source.storage} needs a package that is not installed ({error.name}): "
            "pip install 'vitrina[s3]'"
        ) from error
    storage_class: type[Storage] = getattr(module, class_name)
    return storage_class
