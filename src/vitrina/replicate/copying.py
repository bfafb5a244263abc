"""Copying a file of any size, given up at once when nobody wants the copy any more."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

_SLICE = 16 * 1024 * 1024
# of systems and file systems that cannot copy within themselves
_CANNOT = (errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM)


def copy_file(source: Path, target: Path, is_wanted: Callable[[], bool]) -> bool:
    """Copy the contents of ``source``; False where ``is_wanted()`` ended it before the end. Raises OSError.

    It is asked every few megabytes. File systems that share blocks between
    files need neither time nor space for it.
    """
    with source.open("rb", buffering=0) as reader, target.open("wb", buffering=0) as writer:
        copy = _within_the_system if hasattr(os, "copy_file_range") else _through_memory
        left = os.fstat(reader.fileno()).st_size
        while left > 0:
            if not is_wanted():
                return False
            try:
                done = copy(reader.fileno(), writer.fileno(), min(left, _SLICE))
            except OSError as error:
                if copy is _through_memory or error.errno not in _CANNOT:
                    raise
                copy = _through_memory
                continue
            if done == 0:
                raise OSError(errno.EIO, "the file became shorter while it was copied", str(source))
            left -= done
    return True


def _within_the_system(reader: int, writer: int, size: int) -> int:
    return os.copy_file_range(reader, writer, size)


def _through_memory(reader: int, writer: int, size: int) -> int:
    content = os.read(reader, min(size, 1024 * 1024))
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(writer, rest) :]
    return len(content)
