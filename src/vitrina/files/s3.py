"""Files in a bucket of an S3 store, in constant memory; downloads and direct uploads are signed links."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from vitrina.credentials.configured import provider_of
from vitrina.credentials.keeper import CredentialKeeper
from vitrina.credentials.model import Credentials, CredentialState, CredentialsUnavailable
from vitrina.files.multipart import MultipartParts
from vitrina.files.names import check_path
from vitrina.files.s3_options import S3Options
from vitrina.files.sigv4 import Bucket, sign_post, sign_url
from vitrina.files.storage import (
    PIECE,
    FileMetadata,
    FileTooLarge,
    Storage,
    StorageCapabilities,
    StorageUnavailable,
    UploadInstructions,
)

if TYPE_CHECKING:
    from obstore.store import S3Config

_MIB = 1024 * 1024
#: bytes of one part of an upload in parts; the protocol allows no less, and 10,000 parts
_PART = 5 * _MIB
#: parts of one upload that are on their way while the next one arrives
_PARTS_AT_ONCE = 2
#: uploads to object stores at once in this process: each holds some parts in memory
_UPLOADS_AT_ONCE = 3
#: where a file's metadata says which bucket and prefix it was stored with
LOCATION = "s3"

_uploads = asyncio.Semaphore(_UPLOADS_AT_ONCE)


class S3Storage(Storage):
    """A bucket, or the folder of one. A broker may name another folder later: each file keeps its own."""

    storage_type = "s3"

    def __init__(self) -> None:
        self.options = S3Options()
        self._keeper: CredentialKeeper | None = None
        self._stores: dict[str, S3Store] = {}

    @property
    def capabilities(self) -> StorageCapabilities:
        return StorageCapabilities(
            can_upload=True,
            can_delete=True,
            can_list=True,
            can_generate_signed_urls=True,
            max_file_size=self.options.max_file_size,
        )

    async def configure(self, config: dict[str, Any], get_secret: Any) -> None:
        self.options = S3Options.parse(config)
        self._keeper = CredentialKeeper(provider_of(config, "config"))
        if self.options.broker:
            try:
                await self._keeper.current()
            except CredentialsUnavailable:
                # Said in the log; the next use asks again.
                return

    # Where files are

    def credential_state(self) -> CredentialState | None:
        return None if self._keeper is None else self._keeper.state()

    async def _credentials(self) -> Credentials:
        assert self._keeper is not None, "configure() comes first"
        return await self._keeper.current()

    async def _folder(self) -> tuple[str, str]:
        """Bucket and prefix for what is stored now."""
        credentials = await self._credentials()
        if self.options.broker and credentials.bucket is not None:
            return credentials.bucket, credentials.prefix or ""
        return self.options.bucket, self.options.prefix

    async def _place(self, path: str) -> tuple[S3Store, str]:
        """The store and the key of a file. Raises ValueError for a path that is none."""
        check_path(path)
        bucket, prefix = await self._folder()
        return self._store(bucket), prefix + path

    def located(self, metadata: Mapping[str, Any]) -> Storage:
        place = metadata.get(LOCATION)
        if not self.options.broker or not isinstance(place, Mapping) or "bucket" not in place:
            return self
        return _Located(self, str(place["bucket"]), str(place.get("prefix") or ""))

    def _store(self, bucket: str) -> S3Store:
        store = self._stores.get(bucket)
        if store is None:
            options = self.options
            store = self._stores[bucket] = S3Store(
                bucket,
                config=_store_config(options, bucket),
                client_options={"allow_http": True, "connect_timeout": "5s", "timeout": "3600s"},
                retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=15)},
                credential_provider=self._provide,
            )
        return store

    def _provide(self) -> Any:
        """Asked in the store's own threads before each request; every operation sees to fresh ones beforehand."""
        assert self._keeper is not None
        credentials = self._keeper.latest()
        return {
            "access_key_id": credentials.access_key_id,
            "secret_access_key": credentials.secret_access_key,
            "token": credentials.session_token,
            "expires_at": datetime.now(UTC) + timedelta(seconds=1),
        }

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Failures of the store become StorageUnavailable, without the store's own words, which may hold keys."""
        try:
            yield
        except (PermissionDeniedError, UnauthenticatedError) as error:
            assert self._keeper is not None
            self._keeper.discard()
            raise StorageUnavailable(
                "The object store refused the credentials of this source",
                hint="The page of credentials says where they come from and when they were last renewed.",
            ) from error
        except BaseError as error:
            raise StorageUnavailable("The object store cannot be used now") from error

    # Reading

    async def get_file_metadata(self, path: str) -> FileMetadata | None:
        store, key = await self._place(path)
        with self._translated():
            try:
                answer = await obstore.get_async(store, key, options={"head": True})
            except FileNotFoundError:
                return None
        return _described(path, answer.meta, answer.attributes.get("Content-Type"))

    async def read_file(self, path: str) -> bytes:
        store, key = await self._place(path)
        with self._translated():
            return bytes(await (await obstore.get_async(store, key)).bytes_async())

    async def read_file_limited(self, path: str, max_bytes: int) -> bytes:
        store, key = await self._place(path)
        with self._translated():
            answer = await obstore.get_async(store, key)
            if answer.meta["size"] > max_bytes:
                raise FileTooLarge(f"The file has more than {max_bytes} bytes")
            return bytes(await answer.bytes_async())

    async def read_bytes(self, path: str, num_bytes: int = 2048) -> bytes:
        store, key = await self._place(path)
        with self._translated():
            answer = await obstore.get_async(store, key)
            read = bytearray()
            # A range is refused where the object is empty, so the answer is read as far as needed instead.
            async for piece in answer.stream(min_chunk_size=num_bytes):
                read += piece
                if len(read) >= num_bytes:
                    break
        return bytes(read[:num_bytes])

    async def stream_file(self, path: str) -> AsyncIterator[bytes]:
        store, key = await self._place(path)
        with self._translated():
            answer = await obstore.get_async(store, key)
            async for piece in answer.stream(min_chunk_size=4 * PIECE):
                yield bytes(piece)

    async def stream_range(self, path: str, start: int, length: int) -> AsyncIterator[bytes]:
        if length <= 0:
            return
        store, key = await self._place(path)
        with self._translated():
            answer = await obstore.get_async(store, key, options={"range": (start, start + length)})
            async for piece in answer.stream(min_chunk_size=4 * PIECE):
                yield bytes(piece)

    async def list_files(
        self, prefix: str = "", cursor: str | None = None, limit: int = 100
    ) -> tuple[list[FileMetadata], str | None]:
        bucket, folder = await self._folder()
        found: list[FileMetadata] = []
        with self._translated():
            listing = obstore.list(
                self._store(bucket), folder or None, offset=folder + cursor if cursor else None, chunk_size=limit + 1
            )
            async for batch in listing:
                for item in batch:
                    path = str(item["path"]).removeprefix(folder)
                    if not path.startswith(prefix):
                        continue
                    if len(found) == limit:
                        return found, found[-1].path
                    described = _described(path, item, None)
                    described.metadata[LOCATION] = {"bucket": bucket, "prefix": folder}
                    found.append(described)
        return found, None

    # Links

    async def download_url(self, path: str, expires_in: int = 300) -> str:
        return await self._signed(path, expires_in, {})

    async def attachment_url(self, path: str, disposition: str, content_type: str, expires_in: int = 300) -> str:
        asked = {"response-content-disposition": disposition, "response-content-type": content_type}
        return await self._signed(path, expires_in, asked)

    async def _signed(self, path: str, expires_in: int, query: Mapping[str, str]) -> str:
        check_path(path)
        credentials = await self._credentials()
        bucket, prefix = await self._folder()
        place = self.options.public_bucket(bucket)
        return sign_url("GET", place, prefix + path, credentials, expires_in=expires_in, query=query)

    async def direct_upload(self, path: str, content_type: str, size: int) -> UploadInstructions | None:
        if not self.options.direct_upload:
            return None
        check_path(path)
        credentials = await self._credentials()
        bucket, prefix = await self._folder()
        place: Bucket = self.options.public_bucket(bucket)
        fields = sign_post(
            bucket, place, prefix + path, credentials, content_type=content_type, size=size, expires_in=3600
        )
        return UploadInstructions(upload_url=place.url, upload_fields=fields)

    # Writing

    async def receive_upload(self, path: str, stream: AsyncIterator[bytes], content_type: str) -> FileMetadata:
        async with _uploads:
            check_path(path)
            # Asked once: a broker may name another folder the next time.
            bucket, prefix = await self._folder()
            hashed = _Hashed(stream)
            with self._translated():
                await self._send(self._store(bucket), prefix + path, hashed, content_type)
        return FileMetadata(
            path=path,
            filename=path.rpartition("/")[2],
            content_type=content_type,
            content_hash=f"sha256:{hashed.hash.hexdigest()}",
            size=hashed.size,
            metadata={LOCATION: {"bucket": bucket, "prefix": prefix}},
        )

    async def _send(self, store: S3Store, key: str, hashed: _Hashed, content_type: str) -> None:
        """A small file in one request, which refuses to replace one; a large one in parts, taken back on failure."""
        pieces = hashed.pieces()
        head: list[bytes] = []
        async for piece in pieces:
            head.append(piece)
            if hashed.size >= _PART:
                break
        attributes: Any = {"Content-Type": content_type}
        if hashed.size < _PART:
            try:
                await obstore.put_async(
                    store, key, b"".join(head), attributes=attributes, mode="create", use_multipart=False
                )
            except AlreadyExistsError as error:
                raise FileExistsError(key) from error
            return
        head.reverse()

        async def rest() -> AsyncIterator[bytes]:
            while head:
                yield head.pop()
            async for piece in pieces:
                # An upload may take longer than credentials last.
                await self._credentials()
                yield piece

        await obstore.put_async(
            store,
            key,
            rest(),
            attributes=attributes,
            use_multipart=True,
            chunk_size=_PART,
            max_concurrency=_PARTS_AT_ONCE,
        )

    def part_store(self) -> MultipartParts:
        return MultipartParts(self)

    async def signing(self) -> tuple[Credentials, str, str]:
        """Valid credentials, and the bucket and prefix for what is stored now."""
        return (await self._credentials(), *await self._folder())

    def bucket_at(self, name: str) -> Bucket:
        """The bucket as this server reaches it."""
        return Bucket.of(name, self.options.region, self.options.endpoint_url, path_style=self.options.path_style(name))

    async def delete_file(self, path: str) -> None:
        store, key = await self._place(path)
        with self._translated():
            await obstore.delete_async(store, key)


class _Located(S3Storage):
    """The same store as seen from the folder in which a file was stored."""

    def __init__(self, origin: S3Storage, bucket: str, prefix: str) -> None:
        super().__init__()
        self.options = origin.options
        self._keeper = origin._keeper
        self._stores = origin._stores
        self._fixed = (bucket, prefix)

    async def _folder(self) -> tuple[str, str]:
        # Sees to it that those of the next request are valid.
        await self._credentials()
        return self._fixed


class _Hashed:
    """A stream in larger pieces, with the hash and size of what has gone through."""

    def __init__(self, stream: AsyncIterator[bytes]) -> None:
        self._stream = stream
        self.hash = hashlib.sha256()
        self.size = 0

    async def pieces(self) -> AsyncIterator[bytes]:
        batch: list[bytes] = []
        waiting = 0
        async for piece in self._stream:
            batch.append(piece)
            waiting += len(piece)
            if waiting >= _MIB:
                yield await self._taken(batch)
                batch, waiting = [], 0
        if batch:
            yield await self._taken(batch)

    async def _taken(self, batch: list[bytes]) -> bytes:
        data = b"".join(batch)
        self.size += len(data)
        await asyncio.to_thread(self.hash.update, data)
        return data


def _store_config(options: S3Options, bucket: str) -> S3Config:
    config: S3Config = {
        "region": options.region,
        "virtual_hosted_style_request": not options.path_style(bucket),
    }
    if options.endpoint_url is not None:
        config["endpoint"] = options.endpoint_url
    return config


def _described(path: str, meta: Mapping[str, Any], content_type: str | None) -> FileMetadata:
    changed = meta["last_modified"].astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return FileMetadata(
        path=path,
        filename=path.rpartition("/")[2],
        content_type=content_type,
        size=meta["size"],
        created_at=changed,
    )
