"""Secrets in plugin configuration: taken from the environment or a file when asked for, masked when shown."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vitrina.errors import ConfigError

#: A value is masked when its key, case-folded, contains one of these.
SECRET_WORDS = ("secret", "key", "password", "token", "hash", "dsn")
MASK = "***"
# Of a URL that logs in: what stands between its user name and its host.
_PASSWORD = re.compile(r"(?<=://)[^/@\s:]*:[^/@\s]+(?=@)")


def resolve(value: Any, environ: Mapping[str, str] | None = None) -> Any:
    """The value with every ``{"$env": NAME}`` and ``{"$file": PATH}`` in it replaced.

    Only objects with exactly that one key count. A missing variable is None.
    Reads files (blocking). Raises ConfigError when a file cannot be read.
    """
    environ = os.environ if environ is None else environ
    if isinstance(value, Mapping):
        if len(value) == 1:
            ((key, target),) = value.items()
            if key == "$env":
                return environ.get(target)
            if key == "$file":
                return _read(target)
        return {key: resolve(child, environ) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolve(child, environ) for child in value]
    return value


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError(f"$file: {path}: the secret cannot be read: {reason}") from error


def redact(value: Any) -> Any:
    """A copy in which the values of keys that sound like secrets are ``***``, and passwords inside URLs."""
    if isinstance(value, Mapping):
        return {key: MASK if _is_secret(key) else redact(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact(child) for child in value]
    if isinstance(value, str) and "@" in value:
        return _PASSWORD.sub(MASK, value)
    return value


def _is_secret(key: object) -> bool:
    folded = str(key).casefold()
    return any(word in folded for word in SECRET_WORDS)
