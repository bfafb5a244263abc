"""How much memory SQLite may take in this process."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from functools import cache
from pathlib import Path

_LEAST = 256 * 1024 * 1024
_MOST = 2 * 1024 * 1024 * 1024
_CGROUP = Path("/sys/fs/cgroup/memory.max")


@cache
def heap_limit_bytes() -> int:
    """Half of the memory that this process may use, between 256 MB and 2 GB."""
    available = _MOST * 2
    with contextlib.suppress(ValueError, OSError, AttributeError):
        available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    # A container has less than its machine; the file holds "max" where there is no limit.
    with contextlib.suppress(ValueError, OSError):
        available = min(available, int(_CGROUP.read_text(encoding="ascii")))
    return max(_LEAST, min(_MOST, available // 2))


def limit_heap(conn: sqlite3.Connection) -> None:
    """Make SQLite refuse memory beyond the limit, for every connection of this process, instead of being killed."""
    conn.execute(f"PRAGMA hard_heap_limit={heap_limit_bytes()}")
