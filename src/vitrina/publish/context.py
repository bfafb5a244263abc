"""A temporary directory with everything that goes into a container image."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from vitrina.errors import StartupError
from vitrina.publish.dockerfile import make_dockerfile
from vitrina.publish.links import link_or_copy, link_or_copy_directory
from vitrina.publish.metadata import combine, read_metadata, render_metadata


@contextmanager
def temporary_docker_directory(
    files: Sequence[str],
    name: str,
    metadata: IO[str] | None,
    extra_options: str | None,
    branch: str | None,
    template_dir: str | None,
    plugins_dir: str | None,
    static: Iterable[tuple[str, str]],
    install: Iterable[str],
    spatialite: bool,
    version_note: str | None,
    secret: str | None,
    extra_metadata: Mapping[str, Any] | None = None,
    environment_variables: dict[str, str] | None = None,
    port: int | None = 8001,
    apt_get_extras: Iterable[str] | None = None,
) -> Iterator[str]:
    """The path of a directory called ``name`` with a Dockerfile, the files and what the options add.

    It is the working directory inside the ``with`` block and gone after it;
    the parameters are those that publishing plugins know. Raises StartupError
    and ConfigError.
    """
    combined = combine(read_metadata(metadata), extra_metadata)
    mounts = list(static)
    text = make_dockerfile(
        file_names(files),
        "metadata.json" if combined else None,
        extra_options,
        branch,
        template_dir,
        plugins_dir,
        mounts,
        install,
        spatialite,
        version_note,
        secret,
        environment_variables,
        port=port,
        apt_get_extras=apt_get_extras,
    )
    origin = os.getcwd()
    with working_directory(name) as directory:
        if combined:
            Path("metadata.json").write_text(render_metadata(combined), encoding="utf-8")
        Path("Dockerfile").write_text(text, encoding="utf-8")
        bring(files, template_dir, plugins_dir, mounts, into=directory, origin=origin)
        yield directory


@contextmanager
def working_directory(name: str) -> Iterator[str]:
    """A new directory called ``name``, the working directory until the block ends."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as parent:
        directory = os.path.join(parent, name)
        os.mkdir(directory)
        os.chdir(directory)
        try:
            yield directory
        finally:
            os.chdir(before)


def file_names(files: Iterable[str]) -> list[str]:
    """The names that database files have in the context. Raises StartupError where two would be the same."""
    names: list[str] = []
    for file in files:
        if not os.path.isfile(file):
            raise StartupError(f"{file} is not a file")
        name = os.path.basename(file)
        if name in names:
            raise StartupError(f"Two files are called {name}; in an image they would be one")
        names.append(name)
    return names


def bring(
    files: Iterable[str],
    template_dir: str | None,
    plugins_dir: str | None,
    static: Iterable[tuple[str, str]],
    *,
    into: str,
    origin: str,
) -> None:
    """Put database files and directories into ``into``; relative paths start at ``origin``."""
    for file in files:
        bring_database(os.path.join(origin, file), os.path.join(into, os.path.basename(file)))
    directories = [("templates", template_dir), ("plugins", plugins_dir), *static]
    for name, directory in directories:
        if directory:
            target = os.path.join(into, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            link_or_copy_directory(os.path.join(origin, directory), target)


def bring_database(path: str, target: str) -> None:
    """A database file as ``target``, with what still stands in its write-ahead log."""
    log = f"{path}-wal"
    if not os.path.exists(log) or not os.path.getsize(log):
        link_or_copy(path, target)
        return
    conn = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True)
    try:
        conn.execute("VACUUM INTO ?", (target,))
    except sqlite3.Error as error:
        raise StartupError(f"{path}: the file cannot be copied: {error}") from error
    finally:
        conn.close()
