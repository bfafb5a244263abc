"""Style sheets, scripts and pictures: copied as they are, whole folders, since scripts load one another."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import vitrina
from vitrina.facade.plugins import open_hooks, plugin_folders
from vitrina.publish.bake.files import Mirror


def copy_assets(mirror: Mirror, mounts: Iterable[tuple[str, str]], plugins_dir: str | None) -> list[str]:
    """Copy what has changed; all files. Raises OSError."""
    folders = [("-/static", Path(vitrina.__file__).parent / "ui" / "static")]
    folders += [(mount.strip("/"), Path(folder)) for mount, folder in mounts]
    folders += [
        (f"-/static-plugins/{each.name}", each.static)
        for each in plugin_folders(open_hooks(plugins_dir).pm)
        if each.static is not None
    ]
    copied = []
    for prefix, folder in folders:
        for source in _files(folder):
            file = f"{prefix}/{source.relative_to(folder).as_posix()}"
            copied.append(file)
            if not _is_same(source, mirror.root / file):
                with source.open("rb") as content, mirror.writing(file) as output:
                    shutil.copyfileobj(content, output)
                os.utime(mirror.root / file, ns=(source.stat().st_atime_ns, source.stat().st_mtime_ns))
    return copied


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _is_same(source: Path, target: Path) -> bool:
    try:
        there, here = target.stat(), source.stat()
    except OSError:
        return False
    return there.st_size == here.st_size and there.st_mtime_ns == here.st_mtime_ns
