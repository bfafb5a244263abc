"""The metadata file of a published site: what was given, what was typed, and where plugins' secrets stand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any

from vitrina.config.documents import parse_document
from vitrina.config.merge import merge
from vitrina.errors import ConfigError


def read_metadata(file: IO[str] | None) -> dict[str, Any]:
    """The object in a JSON or YAML file, empty without one. Raises ConfigError."""
    if file is None:
        return {}
    source = str(getattr(file, "name", "metadata"))
    try:
        return dict(parse_document(file.read(), source).data)
    except UnicodeDecodeError as error:
        raise ConfigError(f"{source}: the file is not UTF-8 text") from error


def combine(given: Mapping[str, Any], typed: Mapping[str, Any] | None) -> dict[str, Any]:
    """``given`` with what was typed on top; what was not typed is None."""
    return merge(dict(given), {key: value for key, value in (typed or {}).items() if value is not None})


def render_metadata(metadata: Mapping[str, Any]) -> str:
    """The text of ``metadata.json``."""
    return json.dumps(metadata, indent=2)


def plugin_environment(secrets: Iterable[tuple[str, str, str]]) -> tuple[dict[str, str], dict[str, Any]]:
    """Environment variables with the secrets, and the plugins' configuration that refers to them."""
    environment: dict[str, str] = {}
    plugins: dict[str, dict[str, Any]] = {}
    for plugin, key, value in secrets:
        variable = f"{plugin}_{key}".upper().replace("-", "_")
        environment[variable] = value
        plugins.setdefault(plugin, {})[key] = {"$env": variable}
    return environment, plugins
