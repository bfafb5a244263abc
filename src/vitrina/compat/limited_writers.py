"""Writers around another one: with a limit of size, and for text inside HTML."""

from __future__ import annotations

from typing import Any

from markupsafe import escape


class WriteLimitExceeded(Exception):
    """More was written than the limit allows."""


class LimitedWriter:
    """Passes on what is written until it is more than ``limit_mb`` megabytes; 0 is no limit."""

    def __init__(self, writer: Any, limit_mb: float) -> None:
        self.writer = writer
        self.limit_bytes = limit_mb * 1024 * 1024
        self.bytes_count = 0

    async def write(self, bytes: Any) -> None:
        """Write more. Raises WriteLimitExceeded."""
        self.bytes_count += len(bytes)
        if self.limit_bytes and self.bytes_count > self.limit_bytes:
            raise WriteLimitExceeded(f"CSV contains more than {self.limit_bytes} bytes")
        await self.writer.write(bytes)


class EscapeHtmlWriter:
    """Escapes what is written."""

    def __init__(self, writer: Any) -> None:
        self.writer = writer

    async def write(self, content: str) -> None:
        await self.writer.write(escape(content))
