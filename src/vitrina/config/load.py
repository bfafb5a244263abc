"""All sources of configuration → one validated :class:`Config`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vitrina.config.directory import ConfigDirectory
from vitrina.config.documents import Document, KeyPath, plain
from vitrina.config.merge import assignments_tree, merge
from vitrina.config.metadata import move_configuration
from vitrina.config.model import Config
from vitrina.config.settings import Settings
from vitrina.config.validation import Checker
from vitrina.errors import ConfigError

Source = Document | Mapping[str, Any] | None


def load_config(
    *,
    config: Source = None,
    metadata: Source = None,
    settings: Mapping[str, Any] | None = None,
    assignments: Iterable[tuple[str, Any]] = (),
    directory: ConfigDirectory | None = None,
) -> Config:
    """Merge, move old metadata keys, validate.

    ``config`` and ``metadata`` are parsed files or plain mappings and win over
    those of the ``directory``; ``assignments`` are dotted keys and values from
    the command line and win over every file; ``settings`` are the values that
    a program gave, and win over the configuration's.
    Raises ConfigError naming the key and, where there is a file, the line.
    """
    config_document = _document(config) or (directory.config if directory else None) or Document({}, "")
    metadata_document = _document(metadata) or (directory.metadata if directory else None) or Document({}, "")
    raw, kept, warnings = move_configuration(config_document.data, metadata_document.data)
    raw = merge(raw, assignments_tree(assignments))
    checker = Checker(_locator(config_document, metadata_document))
    checker.check(raw)
    return Config(
        raw=raw,
        metadata=kept,
        settings=_settings(raw, settings),
        warnings=tuple(warnings + checker.warnings),
    )


def _document(source: Source) -> Document | None:
    if source is None or isinstance(source, Document):
        return source
    if not isinstance(source, Mapping):
        raise ConfigError(f"The configuration must be an object with keys, not {type(source).__name__}")
    return Document(plain(source), "")


def _settings(raw: Mapping[str, Any], given: Mapping[str, Any] | None) -> Settings:
    values = dict(raw.get("settings") or {})
    if given:
        Checker(lambda path: "", "settings parameter").check({"settings": given})
        values.update(given)
    values = {name: value for name, value in values.items() if value is not None}
    if "base_url" in values:
        # Paths are appended to it, and one that began with two slashes would be the address of another host.
        prefix = values["base_url"].strip("/")
        values["base_url"] = f"/{prefix}/" if prefix else "/"
    return Settings(**values)


def _locator(config: Document, metadata: Document) -> Any:
    """Names the file that holds a path: the configuration, else the metadata, else neither (the command line)."""

    def locate(path: KeyPath) -> str:
        for document in (config, metadata):
            if document.source and _holds(document.data, path):
                return document.place(path)
        return ""

    return locate


def _holds(tree: Any, path: KeyPath) -> bool:
    for part in path:
        if isinstance(tree, Mapping) and part in tree:
            tree = tree[str(part)]
        elif isinstance(tree, list) and isinstance(part, int) and part < len(tree):
            tree = tree[part]
        else:
            return False
    return True
