"""Files and directories put into a build context without copying them where that is possible."""

from __future__ import annotations

import os
import shutil


def link_or_copy(src: str, dst: str) -> None:
    """``dst`` as a hard link to ``src``, or a copy where links are not possible. Raises OSError."""
    try:
        os.link(src, dst)
    except OSError:
        shutil.copyfile(src, dst)


def link_or_copy_directory(src: str, dst: str) -> None:
    """The whole tree ``src`` as ``dst``, which may exist. Raises OSError."""
    try:
        shutil.copytree(src, dst, copy_function=os.link, dirs_exist_ok=True)
    except OSError:
        shutil.copytree(src, dst, dirs_exist_ok=True)
