"""The configuration of files: sources and limits, from either of its two places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vitrina.config.model import Config
from vitrina.config.secrets import resolve
from vitrina.errors import ConfigError
from vitrina.hooks.twins import is_preferred

PLUGIN = "datasette-files"
_MIB = 1024 * 1024
_FALSE = ("0", "false", "no", "off")


class FilesConfigError(ConfigError, ValueError):
    """A mistake in the configuration of files; programs that know the plugin expect a ValueError."""


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One place for files. ``place`` is its key in the configuration; quotas are None where there is no limit."""

    slug: str
    storage: str
    options: Mapping[str, Any]
    place: str
    quota_bytes: int | None = None
    quota_files: int | None = None


@dataclass(frozen=True, slots=True)
class ThumbnailLimits:
    """What making thumbnails may cost; sizes in bytes, times in seconds."""

    max_source_bytes: int = 10 * _MIB
    max_pixels: int = 12_000_000
    concurrency: int = 1
    timeout_seconds: float = 10.0
    process_memory_limit_bytes: int = 128 * _MIB
    eager: bool = True


@dataclass(frozen=True, slots=True)
class FilesConfig:
    """Everything about files."""

    sources: Mapping[str, SourceConfig]
    owners_can_edit: bool = False
    owners_can_delete: bool = False
    thumbnails: ThumbnailLimits = field(default_factory=ThumbnailLimits)


def parse_files_config(config: Config) -> FilesConfig | None:
    """None where no source is configured, or the plugin itself is preferred. Raises ConfigError."""
    if is_preferred(PLUGIN, config.vitrina.get("prefer_plugin") or ()):
        return None
    place, block = _block(config)
    if not block.get("sources"):
        return None
    block = resolve(block)
    sources = block["sources"]
    if not isinstance(sources, Mapping):
        raise FilesConfigError(f"{place}.sources: an object of names and sources is needed")
    return FilesConfig(
        sources={str(slug): _source(str(slug), source, f"{place}.sources.{slug}") for slug, source in sources.items()},
        owners_can_edit=bool(block.get("owners_can_edit")),
        owners_can_delete=bool(block.get("owners_can_delete")),
        thumbnails=_thumbnails(block, place),
    )


def _block(config: Config) -> tuple[str, Mapping[str, Any]]:
    own = config.vitrina.get("files")
    if own is not None:
        if not isinstance(own, Mapping):
            raise FilesConfigError("vitrina.files: an object is needed")
        return "vitrina.files", own
    plugins = config.raw.get("plugins")
    block = plugins.get(PLUGIN) if isinstance(plugins, Mapping) else None
    return f"plugins.{PLUGIN}", block if isinstance(block, Mapping) else {}


def _source(slug: str, source: Any, place: str) -> SourceConfig:
    if not slug or not all(char.isalnum() or char in "-_" for char in slug):
        raise FilesConfigError(f"{place}: the name of a source is made of letters, digits, - and _")
    if not isinstance(source, Mapping) or not isinstance(source.get("storage"), str):
        raise FilesConfigError(f"{place}: an object with the key storage is needed")
    options = source.get("config") or {}
    if not isinstance(options, Mapping):
        raise FilesConfigError(f"{place}.config: an object is needed")
    quotas = {}
    for key in ("quota_bytes", "quota_files"):
        value = source.get(key)
        if value is not None and (type(value) is not int or value < 0):
            raise FilesConfigError(f"{place}.{key}: a number of 0 or more is needed")
        quotas[key] = value
    return SourceConfig(slug, source["storage"], options, place, **quotas)


def _thumbnails(block: Mapping[str, Any], place: str) -> ThumbnailLimits:
    defaults = ThumbnailLimits()
    given: dict[str, Any] = {}
    for name in ThumbnailLimits.__dataclass_fields__:
        key = f"thumbnail_{name}"
        value = block.get(key)
        if value is None:
            continue
        if name == "eager":
            given[name] = value.strip().lower() not in _FALSE if isinstance(value, str) else bool(value)
            continue
        wanted = float if name == "timeout_seconds" else int
        try:
            number = wanted(value)
        except (TypeError, ValueError):
            raise FilesConfigError(f"{place}.{key}: a number is needed, not {value!r}") from None
        if number <= 0:
            raise FilesConfigError(f"{place}.{key}: the value must be above 0, not {value!r}")
        given[name] = number
    return ThumbnailLimits(
        **{**{name: getattr(defaults, name) for name in ThumbnailLimits.__dataclass_fields__}, **given}
    )
