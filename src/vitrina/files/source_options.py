"""Options that sources in object stores have in common, read from what a configuration says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit


def text_option(config: Mapping[str, Any], key: str) -> str | None:
    """A text; None where it is missing or empty. Raises ValueError for anything else."""
    value = config.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError(f"{key} must be text")
    return value


def url_option(config: Mapping[str, Any], key: str) -> str | None:
    """The address of a server, None where it is missing. Raises ValueError for what is none."""
    value = text_option(config, key)
    if value is not None and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc):
        raise ValueError(f"{key} must begin with http:// or https:// and a host")
    return value


def prefix_option(config: Mapping[str, Any]) -> str:
    """What every key begins with: empty, or with "/" at its end. Raises ValueError for one that leads elsewhere."""
    prefix = text_option(config, "prefix") or ""
    if prefix.startswith("/") or "//" in prefix or ".." in prefix.split("/"):
        raise ValueError("the prefix must not begin with /, and has no empty or .. part")
    return prefix if not prefix or prefix.endswith("/") else prefix + "/"


def size_limit(config: Mapping[str, Any]) -> int | None:
    """Bytes of the largest file. Raises ValueError for what is no number of bytes."""
    limit = config.get("max_file_size")
    if limit is not None and (type(limit) is not int or limit <= 0):
        raise ValueError("max_file_size must be a number of bytes above 0")
    return limit
