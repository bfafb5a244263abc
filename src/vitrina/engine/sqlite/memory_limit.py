"""How much memory SQLite may take in this process."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from functools import cache
from pathlib import Path

_LEAST = 128 * 1024 * 1024
_MOST = 2 * 1024 * 1024 * 1024
_UNKNOWN = 4 * 1024 * 1024 * 1024
_CGROUP = Path("/sys/fs/cgroup/memory.max")


def available_bytes() -> int:
    """The memory that this process may use: the machine's, or the container's where that has less."""
    available = _UNKNOWN
    with contextlib.suppress(ValueError, OSError, AttributeError):
        available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    # The file holds "max" where there is no limit.
    with contextlib.suppress(ValueError, OSError):
        available = min(available, int(_CGROUP.read_text(encoding="ascii")))
    return available


@cache
def heap_limit_bytes() -> int:
    """A quarter of the memory, between 128 MB and 2 GB: the driver makes a second copy of the row that it fetches."""
    return max(_LEAST, min(_MOST, available_bytes() // 4))


def limit_heap(conn: sqlite3.Connection) -> None:
    """Make SQLite refuse memory beyond the limit, for every connection of this process, instead of being killed."""
    conn.execute(f"PRAGMA hard_heap_limit={heap_limit_bytes()}")
