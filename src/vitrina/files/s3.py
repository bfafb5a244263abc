"""Files in a bucket of an S3 store, in constant memory; downloads and direct uploads are signed links."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from obstore.store import S3Store

from vitrina.credentials.configured import provider_of
from vitrina.credentials.keeper import CredentialKeeper
from vitrina.credentials.model import Credentials, CredentialState, CredentialsUnavailable
from vitrina.files.multipart import MultipartParts
from vitrina.files.names import check_path
from vitrina.files.object_storage import ObjectStorage
from vitrina.files.s3_options import S3Options
from vitrina.files.sigv4 import Bucket, sign_post, sign_url
from vitrina.files.storage import Storage, StorageCapabilities, UploadInstructions

if TYPE_CHECKING:
    from obstore.store import S3Config

#: for how long a store may say nothing before it counts as gone; sending one part is such a silence
_SILENCE = "60s"
#: where a file's metadata says which bucket and prefix it was stored with
LOCATION = "s3"


class S3Storage(ObjectStorage):
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

    async def _refresh(self) -> None:
        await self._credentials()

    def _refused(self) -> None:
        assert self._keeper is not None
        self._keeper.discard()

    def _worked(self) -> None:
        assert self._keeper is not None
        self._keeper.accepted()

    def _place_in(self, bucket: str, prefix: str) -> dict[str, Any]:
        return {LOCATION: {"bucket": bucket, "prefix": prefix}}

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
                client_options={
                    "allow_http": True,
                    "connect_timeout": "5s",
                    "read_timeout": _SILENCE,
                    "timeout": "3600s",
                },
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

    async def direct_origin(self) -> str | None:
        if not self.options.direct_upload:
            return None
        try:
            bucket, _ = await self._folder()
        except CredentialsUnavailable:
            return None
        place = urlsplit(self.options.public_bucket(bucket).url)
        return f"{place.scheme}://{place.netloc}"

    # Uploads in pieces

    def part_store(self) -> MultipartParts:
        return MultipartParts(self)

    async def signing(self) -> tuple[Credentials, str, str]:
        """Valid credentials, and the bucket and prefix for what is stored now."""
        return (await self._credentials(), *await self._folder())

    def refused(self) -> None:
        """The store did not take the credentials that :meth:`signing` gave."""
        self._refused()

    def bucket_at(self, name: str) -> Bucket:
        """The bucket as this server reaches it."""
        return Bucket.of(name, self.options.region, self.options.endpoint_url, path_style=self.options.path_style(name))


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


def _store_config(options: S3Options, bucket: str) -> S3Config:
    config: S3Config = {
        "region": options.region,
        "virtual_hosted_style_request": not options.path_style(bucket),
    }
    if options.endpoint_url is not None:
        config["endpoint"] = options.endpoint_url
    return config
