"""The options of a source in an S3 store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from vitrina.files.sigv4 import Bucket


@dataclass(frozen=True, slots=True)
class S3Options:
    """What a source says of its store beside credentials; ``prefix`` is empty or ends in "/"."""

    bucket: str = ""
    region: str = "us-east-1"
    prefix: str = ""
    endpoint_url: str | None = None
    public_endpoint_url: str | None = None
    force_path_style: bool = False
    max_file_size: int | None = None
    direct_upload: bool = False
    broker: bool = False

    @classmethod
    def parse(cls, config: Mapping[str, Any]) -> S3Options:
        """Raises ValueError that names the option."""
        broker = bool(config.get("credentials_url"))
        bucket = _text(config, "bucket")
        if not bucket and not broker:
            raise ValueError("the option bucket is needed, or credentials_url for a broker that names one")
        prefix = _text(config, "prefix") or ""
        if prefix.startswith("/") or "//" in prefix or ".." in prefix.split("/"):
            raise ValueError("the prefix must not begin with /, and has no empty or .. part")
        limit = config.get("max_file_size")
        if limit is not None and (type(limit) is not int or limit <= 0):
            raise ValueError("max_file_size must be a number of bytes above 0")
        return cls(
            bucket=bucket or "",
            region=_text(config, "region") or "us-east-1",
            prefix=prefix if not prefix or prefix.endswith("/") else prefix + "/",
            endpoint_url=_url(config, "endpoint_url"),
            public_endpoint_url=_url(config, "public_endpoint_url"),
            force_path_style=bool(config.get("force_path_style")),
            max_file_size=limit,
            direct_upload=bool(config.get("direct_upload")),
            broker=broker,
        )

    def path_style(self, bucket: str) -> bool:
        """Whether URLs have the bucket in their path: at endpoints other than Amazon's, and where its name has dots."""
        return self.force_path_style or self.endpoint_url is not None or "." in bucket

    def public_bucket(self, bucket: str) -> Bucket:
        """The bucket as browsers reach it."""
        endpoint = self.public_endpoint_url or self.endpoint_url
        return Bucket.of(bucket, self.region, endpoint, path_style=self.path_style(bucket))


def _text(config: Mapping[str, Any], key: str) -> str | None:
    value = config.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError(f"{key} must be text")
    return value


def _url(config: Mapping[str, Any], key: str) -> str | None:
    value = _text(config, key)
    if value is not None and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc):
        raise ValueError(f"{key} must begin with http:// or https:// and a host")
    return value
