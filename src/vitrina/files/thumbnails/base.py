"""The contract of what makes thumbnails, built in or of a plugin."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass


@dataclass(slots=True)
class ThumbnailResult:
    """A small picture; sides in pixels."""

    thumb_bytes: bytes
    content_type: str
    width: int
    height: int


class ThumbnailGenerationError(Exception):
    """Why there is no thumbnail, in one word of ``reason``.

    ``skipped``: it is not tried again until the limits change; otherwise after some minutes.
    """

    def __init__(self, reason: str, skipped: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.skipped = skipped


class ThumbnailGenerator(ABC):
    """Makes small pictures of some kinds of files. ``version`` changes when its pictures do."""

    name: str
    version: str = "1"

    @abstractmethod
    async def can_generate(self, content_type: str, filename: str) -> bool:
        """Whether files of this kind are its business; without reading the file."""

    @abstractmethod
    async def generate(
        self, file_bytes: bytes, content_type: str, filename: str, max_width: int = 200, max_height: int = 200
    ) -> ThumbnailResult | None:
        """A picture within these sides, or None to leave it to others. May raise ThumbnailGenerationError."""
