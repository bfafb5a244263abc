"""The built-in generator: each picture is made in a process that is ended when it takes too long."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from vitrina.files.configuration import ThumbnailLimits
from vitrina.files.thumbnails.base import ThumbnailGenerationError, ThumbnailGenerator, ThumbnailResult

_WORKER = Path(__file__).with_name("worker.py")
#: pixels of either side
SIDE = 200
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


class PillowGenerator(ThumbnailGenerator):
    """Pictures in the usual formats, where Pillow is installed; within the default ``limits`` unless given."""

    name = "pillow"
    version = "2"

    def __init__(self, limits: ThumbnailLimits | None = None) -> None:
        self._limits = limits or ThumbnailLimits()

    async def can_generate(self, content_type: str, filename: str) -> bool:
        return content_type in TYPES

    async def generate(
        self, file_bytes: bytes, content_type: str, filename: str, max_width: int = SIDE, max_height: int = SIDE
    ) -> ThumbnailResult | None:
        made = await make_thumbnail(file_bytes, self._limits, max_width, max_height)
        if made.status != "made":
            raise ThumbnailGenerationError(made.reason, made.status == "skipped")
        return ThumbnailResult(made.body, made.content_type, made.width, made.height)


async def make_thumbnail(data: bytes, limits: ThumbnailLimits, width: int = SIDE, height: int = SIDE) -> Made:
    """A picture of at most ``width`` × ``height`` pixels from the bytes of one."""
    memory = str(limits.process_memory_limit_bytes)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(_WORKER), str(limits.max_pixels), memory, str(width), str(height)),
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
