"""Makes a thumbnail in a process that is ended when it takes too long."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from vitrina.files.configuration import ThumbnailLimits

_WORKER = Path(__file__).with_name("worker.py")
#: pixels of either side
SIDE = 200
NAME = "pillow-2"
TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/tiff"})


@dataclass(frozen=True, slots=True)
class Made:
    """A thumbnail, or why there is none: ``status`` is made, skipped or failed."""

    status: str
    reason: str = ""
    body: bytes = b""
    content_type: str = ""
    width: int = 0
    height: int = 0


async def make_thumbnail(data: bytes, limits: ThumbnailLimits) -> Made:
    """A picture of at most 200 × 200 pixels from the bytes of one."""
    memory = str(limits.process_memory_limit_bytes)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(_WORKER), str(limits.max_pixels), memory, str(SIDE), str(SIDE)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(limits.timeout_seconds):
            printed, _ = await process.communicate(data)
    except TimeoutError:
        return Made("failed", "timeout")
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    line, _, body = printed.partition(b"\n")
    try:
        head = json.loads(line)
        return Made(**head, body=body)
    except (ValueError, TypeError):
        # Ended by a signal, or without the package that makes pictures.
        return Made("failed", "generation_failed")
