"""Compiled templates kept in a directory, which may be read-only while they are used."""

from __future__ import annotations

from pathlib import Path

from jinja2.bccache import Bucket, BytecodeCache


class TemplateCache(BytecodeCache):
    """Reads compiled templates from ``directory``; writes them only where ``writing``.

    Jinja itself sees to it that one made from another text, or by another
    version, is not used.
    """

    def __init__(self, directory: Path, *, writing: bool = False) -> None:
        self.directory = directory
        self.writing = writing

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill ``bucket`` where there is something for it."""
        try:
            with (self.directory / bucket.key).open("rb") as file:
                bucket.load_bytecode(file)
        except OSError:
            return

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what ``bucket`` holds, where writing is allowed. Raises OSError."""
        if self.writing:
            self.directory.mkdir(parents=True, exist_ok=True)
            with (self.directory / bucket.key).open("wb") as file:
                bucket.write_bytecode(file)
