"""The contract of a storage, which built-in ones and those of plugins fulfil alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vitrina.errors import PayloadTooLarge, Unavailable

if TYPE_CHECKING:
    from vitrina.credentials.model import CredentialState
    from vitrina.files.part_store import PartStore

#: bytes of the pieces in which files are read and written
PIECE = 65536


class FileTooLarge(PayloadTooLarge):
    """A file has more bytes than are allowed here."""


class StorageUnavailable(Unavailable):
    """The storage cannot be used now; the message names no secret."""


@dataclass(frozen=True)
class StorageCapabilities:
    """What a storage can do. ``max_file_size`` in bytes; None leaves it to the server's default."""

    can_upload: bool = False
    can_delete: bool = False
    can_list: bool = False
    can_generate_signed_urls: bool = False
    requires_proxy_download: bool = False
    max_file_size: int | None = None


@dataclass
class FileMetadata:
    """What a storage knows of a file. ``path`` is relative to the storage; ``content_hash`` is ``sha256:HEX``."""

    path: str
    filename: str
    content_type: str | None = None
    content_hash: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    created_at: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass
class UploadInstructions:
    """How a client sends a file straight to the storage."""

    upload_url: str
    upload_method: str = "POST"
    upload_headers: dict[str, str] = field(default_factory=dict)
    upload_fields: dict[str, str] = field(default_factory=dict)


class Storage(ABC):
    """One place for the files of one source.

    Nothing here blocks the event loop. Every ``path`` is relative, as
    ``receive_upload`` was given it; one that leads outside of the storage
    raises ValueError whose text says "outside". A storage that cannot be
    reached raises StorageUnavailable, from any method.
    """

    @property
    @abstractmethod
    def storage_type(self) -> str:
        """The name under which the configuration asks for it; unique."""

    @property
    @abstractmethod
    def capabilities(self) -> StorageCapabilities:
        """What it can do; fixed once it is configured."""

    @abstractmethod
    async def configure(self, config: dict[str, Any], get_secret: Any) -> None:
        """Called once, at start-up. A storage that is down does not fail here; raises ValueError for bad options."""

    @abstractmethod
    async def get_file_metadata(self, path: str) -> FileMetadata | None:
        """What is known without reading the file; None where there is none."""

    @abstractmethod
    async def read_file(self, path: str) -> bytes:
        """The whole file. Raises FileNotFoundError."""

    async def read_file_limited(self, path: str, max_bytes: int) -> bytes:
        """The whole file of at most ``max_bytes``. Raises FileTooLarge and FileNotFoundError."""
        known = await self.get_file_metadata(path)
        if known is None:
            raise FileNotFoundError(path)
        if known.size is not None and known.size > max_bytes:
            raise FileTooLarge(f"The file has more than {max_bytes} bytes")
        read = bytearray()
        async for piece in self.stream_file(path):
            read += piece
            if len(read) > max_bytes:
                raise FileTooLarge(f"The file has more than {max_bytes} bytes")
        return bytes(read)

    async def read_bytes(self, path: str, num_bytes: int = 2048) -> bytes:
        """The first ``num_bytes`` bytes, fewer where the file is shorter. Raises FileNotFoundError."""
        return (await self.read_file(path))[:num_bytes]

    async def stream_file(self, path: str) -> AsyncIterator[bytes]:
        """The file in pieces, in constant memory. Raises FileNotFoundError before the first piece."""
        yield await self.read_file(path)

    async def stream_range(self, path: str, start: int, length: int) -> AsyncIterator[bytes]:
        """``length`` bytes from ``start`` on, both inside of the file. Raises FileNotFoundError."""
        skip = start
        async for piece in self.stream_file(path):
            if skip >= len(piece):
                skip -= len(piece)
                continue
            wanted = piece[skip : skip + length]
            skip = 0
            length -= len(wanted)
            yield wanted
            if length <= 0:
                return

    async def list_files(
        self, prefix: str = "", cursor: str | None = None, limit: int = 100
    ) -> tuple[list[FileMetadata], str | None]:
        """Files whose path begins with ``prefix``, and the cursor of the next page or None at the end.

        In an order of the storage's own that does not change; a file that is
        there all the time comes exactly once.
        """
        raise NotImplementedError

    async def download_url(self, path: str, expires_in: int = 300) -> str:
        """A URL that reads the file for ``expires_in`` seconds; not checked whether there is one."""
        raise NotImplementedError

    async def attachment_url(self, path: str, disposition: str, content_type: str, expires_in: int = 300) -> str:
        """As :meth:`download_url`, answered with these two headers where the storage can."""
        return await self.download_url(path, expires_in)

    async def prepare_upload(self, filename: str, content_type: str, size: int) -> UploadInstructions:
        """How to send a file straight here. Raises NotImplementedError."""
        raise NotImplementedError

    async def direct_upload(self, path: str, content_type: str, size: int) -> UploadInstructions | None:
        """How to send exactly this file straight here; None where files go through the server."""
        return None

    async def direct_origin(self) -> str | None:
        """Scheme and host that browsers send files to; None where files go through the server, or nobody knows now."""
        return None

    async def receive_upload(self, path: str, stream: AsyncIterator[bytes], content_type: str) -> FileMetadata:
        """Store a file; afterwards it is whole or not there at all, whatever happened to the stream.

        What the stream raises is passed on. The answer has hash and size.
        Raises FileExistsError where there is a file already.
        """
        raise NotImplementedError

    def part_store(self) -> PartStore | None:
        """Where uploads in pieces wait; None where the server shall keep them in a temporary file of its own."""
        return None

    async def delete_file(self, path: str) -> None:
        """Delete a file. One that is not there raises FileNotFoundError, or is no error, as the storage likes."""
        raise NotImplementedError

    def located(self, metadata: Mapping[str, Any]) -> Storage:
        """The storage for a file stored with this ``metadata``, where the place of files may change; else itself."""
        return self

    def credential_state(self) -> CredentialState | None:
        """Where its credentials come from and how they are, for people who look after the server; None without any."""
        return None

    async def close(self) -> None:
        """Give up what it holds. Idempotent."""
        return None
