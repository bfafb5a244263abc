"""Configuration directory mode: what a directory holds and what each part is used for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitrina.config.documents import Document, parse_document
from vitrina.errors import ConfigError

_DATABASE_SUFFIXES = (".db", ".sqlite", ".sqlite3")
_FORMATS = (".json", ".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class ConfigDirectory:
    """What was found in a configuration directory; None or empty where there is nothing.

    ``files`` are its databases in the order they are served, ``immutables``
    those of them that ``inspect-data.json`` names.
    """

    path: Path
    config: Document | None = None
    metadata: Document | None = None
    inspect_data: Mapping[str, Any] | None = None
    files: tuple[str, ...] = ()
    immutables: tuple[str, ...] = ()
    template_dir: str | None = None
    plugins_dir: str | None = None
    static_dir: str | None = None
    watched: tuple[str, ...] = ()


def read_directory(path: str | Path) -> ConfigDirectory:
    """Read a configuration directory (blocking).

    ``vitrina.json``, ``.yaml`` and ``.yml`` come before ``datasette.*``.
    Raises ConfigError when one of its files is broken.
    """
    directory = Path(path)
    inspect_data = read_inspect_file(directory / "inspect-data.json", missing_ok=True)
    files = _database_files(directory)
    known = {Path(entry["file"]).name for entry in (inspect_data or {}).values() if _is_bare_file(entry)}
    config_file = _first(directory, "vitrina") or _first(directory, "datasette")
    metadata_file = _first(directory, "metadata")
    return ConfigDirectory(
        path=directory,
        config=read_document(config_file) if config_file else None,
        metadata=read_document(metadata_file) if metadata_file else None,
        inspect_data=inspect_data,
        files=tuple(str(file) for file in files),
        immutables=tuple(str(file) for file in files if file.name in known),
        template_dir=_folder(directory, "templates"),
        plugins_dir=_folder(directory, "plugins"),
        static_dir=_folder(directory, "static"),
        watched=tuple(str(file) for file in (config_file, metadata_file) if file),
    )


def read_document(path: str | Path) -> Document:
    """Read and parse one configuration or metadata file. Raises ConfigError."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: the file cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: the file is not UTF-8 text") from error
    return parse_document(text, str(path))


def read_inspect_file(path: str | Path, *, missing_ok: bool = False) -> dict[str, Any] | None:
    """Read what ``inspect`` wrote: database name → hash, size, file, table counts.

    None when the file is missing and that is allowed. Raises ConfigError.
    """
    path = Path(path)
    if missing_ok and not path.exists():
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: the inspect file cannot be read: {error.strerror}") from error
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise ConfigError(f"{path}, line {line}: the inspect file is not valid JSON; run inspect again") from error
    if not isinstance(data, dict) or not all(isinstance(entry, dict) for entry in data.values()):
        raise ConfigError(f"{path}: the inspect file must hold an object of databases; run inspect again")
    return data


def _is_bare_file(entry: Mapping[str, Any]) -> bool:
    name = entry.get("file")
    return isinstance(name, str) and Path(name).name == name


def _database_files(directory: Path) -> list[Path]:
    files: list[Path] = []
    for suffix in _DATABASE_SUFFIXES:
        files += sorted(file for file in directory.glob(f"*{suffix}") if file.is_file())
    return files


def _first(directory: Path, stem: str) -> Path | None:
    for suffix in _FORMATS:
        file = directory / f"{stem}{suffix}"
        if file.is_file():
            return file
    return None


def _folder(directory: Path, name: str) -> str | None:
    folder = directory / name
    return str(folder) if folder.is_dir() else None
