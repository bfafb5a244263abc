"""Where the bytes of an upload wait that is sent in pieces: the contract."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Collection
from typing import Any

#: bytes that a client sends in one request
PIECE_BYTES = 8 * 1024 * 1024

#: what a store remembers of an upload; JSON, without secrets
State = dict[str, Any]


class PartStore(ABC):
    """Takes one file in pieces that follow each other, and makes it a file of the storage at the end.

    The caller keeps the state, and sees to it that no two methods run for the
    same upload at once. Memory does not grow with the file.
    """

    #: whether each piece but the last must have exactly PIECE_BYTES
    exact_pieces = False

    @abstractmethod
    async def begin(self, path: str, content_type: str) -> State:
        """Make room for a file that will be at ``path``. Raises StorageUnavailable."""

    @abstractmethod
    async def received(self, state: State) -> int:
        """Bytes that are there for good; 0 where nothing is known of the upload."""

    @abstractmethod
    async def append(self, state: State, offset: int, length: int, stream: AsyncIterator[bytes]) -> None:
        """Add a piece of ``length`` bytes at ``offset``, and note it in ``state``.

        Where ``stream`` breaks off, what it raised is passed on; the bytes
        before may be kept or not, as ``received`` says then.
        """

    @abstractmethod
    async def finish(self, state: State, path: str, content_type: str) -> dict[str, Any]:
        """Make everything received the file at ``path``, whole or not at all; answers what its metadata has to say.

        Raises FileExistsError and StorageUnavailable.
        """

    @abstractmethod
    async def abandon(self, state: State) -> None:
        """Delete what was received. Idempotent."""

    async def sweep(self, older_than_s: float) -> None:
        """Delete what nobody added to for so long, as far as the store can tell."""
        return None

    async def leftovers(self, older_than_s: float, known: Collection[str], *, remove: bool) -> list[str]:
        """Names of what was left so long ago by uploads that are no file; deleted where ``remove``.

        Not those whose state has one of ``known`` as its "id" or "name".
        """
        return []

    async def close(self) -> None:
        """Give up what it holds. Idempotent."""
        return None
