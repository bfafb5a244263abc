"""The object store of a replica, opened by ourselves: for the lease, and what else lies beside Litestream's files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitrina.credentials.model import Credentials
from vitrina.replicate.target import ReplicaTarget

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_CLIENT: Any = {"allow_http": True, "connect_timeout": "3s", "timeout": "10s"}
_RETRIES: Any = {"max_retries": 1, "retry_timeout": timedelta(seconds=5)}


@dataclass(frozen=True, slots=True)
class ObjectPlace:
    """A store and the prefix of a replica in it, without a slash at its end.

    ``conditional`` says whether an object can be replaced only if it is still
    the one that was read.
    """

    store: ObjectStore
    prefix: str
    conditional: bool

    def key(self, name: str) -> str:
        """The key of the object ``name`` of this replica."""
        return f"{self.prefix}/{name}" if self.prefix else name


def open_store(target: ReplicaTarget, credentials: Callable[[], Credentials | None] | None) -> ObjectPlace | None:
    """The place of a replica; None for kinds that have no create-only put, or where obstore is not installed.

    ``credentials`` gives the current ones, from any thread. With None in its
    place the store looks for them itself, in the environment to begin with.
    """
    try:
        from obstore.store import LocalStore, S3Store, from_url
    except ImportError:
        return None
    if target.kind == "file":
        Path(target.prefix).mkdir(parents=True, exist_ok=True)
        return ObjectPlace(LocalStore(target.prefix), "", conditional=False)
    if target.kind == "s3" and target.bucket:
        config: Any = {"region": target.region, "virtual_hosted_style_request": not target.path_style}
        if target.endpoint:
            config["endpoint"] = target.endpoint
        options = target.options
        keys = (options.get("access-key-id"), options.get("secret-access-key"))
        more: Any = {}
        if all(keys):
            config |= {"access_key_id": keys[0], "secret_access_key": keys[1]}
        elif credentials is not None:
            more["credential_provider"] = lambda: _provided(credentials())
        store = S3Store(target.bucket, config=config, client_options=_CLIENT, retry_config=_RETRIES, **more)
        return ObjectPlace(store, target.prefix, conditional=True)
    if target.kind in ("gs", "abs") and target.bucket:
        scheme = "gs" if target.kind == "gs" else "az"
        opened = from_url(f"{scheme}://{target.bucket}", client_options=_CLIENT, retry_config=_RETRIES)
        return ObjectPlace(opened, target.prefix, conditional=True)
    return None


def _provided(credentials: Credentials | None) -> Any:
    if credentials is None:
        raise PermissionError("there are no credentials")
    return {
        "access_key_id": credentials.access_key_id,
        "secret_access_key": credentials.secret_access_key,
        "token": credentials.session_token,
        # Asked for again with each request: they may have been rotated.
        "expires_at": datetime.now(UTC) + timedelta(seconds=1),
    }
