"""The options of a source in an S3 store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vitrina.files.sigv4 import Bucket
from vitrina.files.source_options import prefix_option, size_limit, text_option, url_option


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
        bucket = text_option(config, "bucket")
        if not bucket and not broker:
            raise ValueError("the option bucket is needed, or credentials_url for a broker that names one")
        return cls(
            bucket=bucket or "",
            region=text_option(config, "region") or "us-east-1",
            prefix=prefix_option(config),
            endpoint_url=url_option(config, "endpoint_url"),
            public_endpoint_url=url_option(config, "public_endpoint_url"),
            force_path_style=bool(config.get("force_path_style")),
            max_file_size=size_limit(config),
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
