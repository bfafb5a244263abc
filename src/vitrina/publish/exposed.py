"""Secrets that would stand in an image for everybody who can pull it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vitrina.config.secrets import SECRET_WORDS
from vitrina.errors import StartupError

_FILE = re.compile(
    r"\.env(\..*)?|.*\.(pem|key|p12|pfx|kdbx)|id_(rsa|dsa|ecdsa|ed25519)|\.netrc|\.pgpass|\.npmrc|\.pypirc"
)
_FOLDERS = frozenset({".git", ".ssh", ".aws", ".gnupg"})
# Keys of ordinary metadata and configuration that sound like secrets and are none.
_HARMLESS = frozenset({"primary_key", "foreign_key", "key_columns", "hash_urls", "token_format"})


def refuse_secrets(documents: Mapping[str, Any], directories: Iterable[str], extra_options: str | None) -> None:
    """Raise StartupError where one of the ``documents``, directories or options has a secret in it.

    ``documents`` are metadata and configuration by the name of their file.
    """
    for name, document in documents.items():
        for path in _literal_secrets(document, ()):
            raise StartupError(
                f"{name}: {'.'.join(path)} would stand in the image",
                hint=f'take it from the environment: {{"$env": "{path[-1].upper().replace("-", "_")}"}}',
            )
    for directory in directories:
        for file in _secret_files(Path(directory)):
            raise StartupError(f"{file} looks like a secret and would stand in the image")
    if re.search(r"--secret\b", extra_options or ""):
        raise StartupError(
            "--secret among the extra options would stand in the image",
            hint="set VITRINA_SECRET when the container runs",
        )


def _literal_secrets(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from _literal_secrets(child, (*path, str(key)))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _literal_secrets(child, (*path, str(index)))
    elif isinstance(value, str) and value and _sounds_secret(path):
        yield path


def _sounds_secret(path: tuple[str, ...]) -> bool:
    """Whether the value at ``path`` is a secret by its key; only plugins and our own block have any."""
    within = "plugins" in path or path[:1] == ("vitrina",)
    key = path[-1].casefold().replace("-", "_") if path else ""
    if key in _HARMLESS or key.startswith("$") or key.endswith(("_file", "_url", "_id", "_column", "_columns")):
        return False
    return within and any(word in key for word in SECRET_WORDS)


def _secret_files(directory: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(directory):
        for name in folders:
            if name in _FOLDERS:
                yield Path(root, name)
        for name in files:
            if _FILE.fullmatch(name):
                yield Path(root, name)
