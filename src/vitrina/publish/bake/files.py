"""Files of a mirror, each there whole or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_TEMPORARY = ".baking"


class Mirror:
    """Writes below ``root``; folders are made once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folders: set[str] = set()

    def write(self, file: str, body: bytes) -> str:
        """Write one file; its SHA-256 in hex. Raises OSError."""
        path = self._path(file)
        temporary = f"{path}{_TEMPORARY}"
        with open(temporary, "wb") as output:
            output.write(body)
        os.replace(temporary, path)
        return hashlib.sha256(body).hexdigest()

    @contextmanager
    def writing(self, file: str) -> Iterator[IO[bytes]]:
        """A file to write to, in place once the block has ended without an error. Raises OSError."""
        path = self._path(file)
        temporary = f"{path}{_TEMPORARY}"
        try:
            with open(temporary, "wb") as output:
                yield output
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        os.replace(temporary, path)

    def remove(self, file: str) -> None:
        """Delete a file, and the folders that are empty without it."""
        path = self.root / file
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == self.root:
                return
            try:
                folder.rmdir()
            except OSError:
                return

    def _path(self, file: str) -> str:
        folder, _, _ = file.rpartition("/")
        if folder not in self._folders:
            (self.root / folder).mkdir(parents=True, exist_ok=True)
            self._folders.add(folder)
        return f"{self.root}/{file}"
