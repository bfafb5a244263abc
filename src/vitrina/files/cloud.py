"""Files in Google Cloud Storage and in Azure Blob Storage; downloads go through this server."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore

from vitrina.credentials.model import CredentialState
from vitrina.files.cloud_options import CloudOptions, parse_azure, parse_google
from vitrina.files.object_storage import ObjectStorage
from vitrina.files.storage import StorageCapabilities

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

_REFUSED = "the store refused them"


class CloudStorage(ObjectStorage):
    """A store whose library keeps its own credentials fresh.

    Links could be signed, but not the headers of their answers: a page of
    somebody's would be shown as one, so nothing is handed out.
    """

    def __init__(self) -> None:
        self.options = CloudOptions()
        self._opened: Any = None
        self._worked_at: datetime | None = None
        self._failures = 0

    @property
    def capabilities(self) -> StorageCapabilities:
        return StorageCapabilities(
            can_upload=True,
            can_delete=True,
            can_list=True,
            requires_proxy_download=True,
            max_file_size=self.options.max_file_size,
        )

    async def configure(self, config: dict[str, Any], get_secret: Any) -> None:
        self.options = self._parse(config)
        try:
            self._opened = self._open()
        except (BaseError, OSError, ValueError, TypeError) as error:
            # The library's words may quote a key.
            raise ValueError(f"the credentials cannot be used ({type(error).__name__})") from None

    @abstractmethod
    def _parse(self, config: Mapping[str, Any]) -> CloudOptions:
        """Raises ValueError that names the option."""

    @abstractmethod
    def _open(self) -> Any:
        """The store; asks nobody yet."""

    async def _folder(self) -> tuple[str, str]:
        return self.options.bucket, self.options.prefix

    def _store(self, bucket: str) -> Any:
        return self._opened

    def _client(self) -> ClientConfig:
        plain = self.options.endpoint_url is not None and self.options.endpoint_url.startswith("http://")
        return {"allow_http": plain, "connect_timeout": "5s", "timeout": "3600s"}

    def _retries(self) -> RetryConfig:
        return {"max_retries": 3, "retry_timeout": timedelta(seconds=15)}

    # What is known of the credentials

    def _refused(self) -> None:
        self._failures += 1

    def _worked(self) -> None:
        self._worked_at = datetime.now(UTC)
        self._failures = 0

    def credential_state(self) -> CredentialState | None:
        return CredentialState(
            source=self.options.source,
            valid_until=None,
            obtained_at=self._worked_at,
            last_error=_REFUSED if self._failures else None,
            next_attempt_at=None,
            failures=self._failures,
        )


class GoogleStorage(CloudStorage):
    """A bucket of Google Cloud Storage, or a folder of one."""

    storage_type = "gcs"

    def _parse(self, config: Mapping[str, Any]) -> CloudOptions:
        return parse_google(config)

    def _open(self) -> GCSStore:
        options = self.options
        config: Any = dict(options.settings)
        if options.endpoint_url is not None:
            config["base_url"] = options.endpoint_url
        return GCSStore(options.bucket, config=config, client_options=self._client(), retry_config=self._retries())


class AzureStorage(CloudStorage):
    """A container of Azure Blob Storage, or a folder of one."""

    storage_type = "azure"

    def _parse(self, config: Mapping[str, Any]) -> CloudOptions:
        return parse_azure(config)

    def _open(self) -> AzureStore:
        options = self.options
        config: Any = dict(options.settings)
        if options.endpoint_url is not None:
            config["endpoint"] = options.endpoint_url
        return AzureStore(options.bucket, config=config, client_options=self._client(), retry_config=self._retries())
