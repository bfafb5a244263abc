"""The configuration that the options of ``serve`` name; reading it needs nothing of the application."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from vitrina.cli.options import ServeOptions
from vitrina.config.directory import read_directory
from vitrina.config.documents import Document, parse_document
from vitrina.config.load import load_config
from vitrina.config.model import Config
from vitrina.errors import ConfigError


def read_configuration(options: ServeOptions) -> Config:
    """The configuration that ``options`` name; it can be read only once where it comes from standard input.

    Raises ConfigError.
    """
    folders = [Path(name) for name in options.files if Path(name).is_dir()]
    return load_config(
        config=_document(options.config),
        metadata=_document(options.metadata),
        assignments=options.settings,
        directory=read_directory(folders[0]) if len(folders) == 1 else None,
    )


def _document(file: TextIO | None) -> Document | None:
    if file is None:
        return None
    source = "standard input" if file.name in ("<stdin>", "-", 0) else str(file.name)
    try:
        return parse_document(file.read(), source)
    except UnicodeDecodeError as error:
        raise ConfigError(f"{source}: the file is not UTF-8 text") from error
