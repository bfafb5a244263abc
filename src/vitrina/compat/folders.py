"""Files and folders, copied or imported."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

copytree = shutil.copytree


def link_or_copy(src: str | Path, dst: str | Path) -> None:
    """A hard link where the file system can, else a copy. Raises OSError."""
    try:
        os.link(src, dst)
    except OSError:
        shutil.copyfile(src, dst)


def link_or_copy_directory(src: str | Path, dst: str | Path) -> None:
    """A folder of hard links where the file system can, else of copies; ``dst`` may exist. Raises OSError."""
    shutil.copytree(src, dst, copy_function=link_or_copy, dirs_exist_ok=True)


def module_from_path(path: str | Path, name: str) -> ModuleType:
    """A module made from a file, without putting it where ``import`` finds it."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec) if spec else ModuleType(name)
    module.__dict__["__file__"] = str(path)
    code = compile(Path(path).read_text(), str(path), "exec", dont_inherit=True)
    exec(code, module.__dict__)
    return module


def md5_not_usedforsecurity(s: str) -> str:
    """The MD5 of a text, in hexadecimal."""
    return hashlib.md5(s.encode("utf-8"), usedforsecurity=False).hexdigest()


async def calculate_etag(filepath: str | Path, chunk_size: int = 4096) -> str:
    """The ETag of a file: the MD5 of its content, in quotes (blocking)."""
    digest = hashlib.md5(usedforsecurity=False)
    with open(filepath, "rb") as file:
        while chunk := file.read(chunk_size):
            digest.update(chunk)
    return f'"{digest.hexdigest()}"'


async def initial_path_for_datasette(datasette: Any) -> str:
    """The page to open first: of the only database, of its only table, or the home page."""
    databases = [db for db in datasette.databases.values() if db.name != "_internal"]
    if len(databases) != 1:
        return str(datasette.urls.instance())
    database = databases[0]
    tables = await database.table_names()
    if len(tables) == 1:
        return str(datasette.urls.table(database.name, tables[0]))
    return str(datasette.urls.database(database.name))
