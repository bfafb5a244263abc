"""Signs links to an S3 store: reading with response headers of our choice, and forms that upload one file."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from vitrina.credentials.model import Credentials

_ALGORITHM = "AWS4-HMAC-SHA256"
#: seconds; the protocol allows no more
LONGEST = 7 * 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where a bucket is: ``url`` without a trailing slash, path and all, and the region that signatures name."""

    url: str
    region: str

    @classmethod
    def of(cls, name: str, region: str, endpoint_url: str | None, *, path_style: bool) -> Bucket:
        """The bucket ``name`` at ``endpoint_url``, or at Amazon where that is None."""
        endpoint = (endpoint_url or f"https://s3.{region}.amazonaws.com").rstrip("/")
        if path_style:
            return cls(f"{endpoint}/{quote(name, safe='')}", region)
        scheme, _, rest = endpoint.partition("://")
        return cls(f"{scheme}://{name}.{rest}", region)


def sign_url(
    method: str,
    bucket: Bucket,
    key: str,
    credentials: Credentials,
    *,
    expires_in: int,
    query: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> str:
    """A URL that does ``method`` to ``key`` for ``expires_in`` seconds, but not beyond the credentials' life."""
    now = now or datetime.now(UTC)
    parts = urlsplit(bucket.url)
    path = f"{parts.path}/{quote(key, safe='/-_.~')}" if key else parts.path or "/"
    parameters = {
        **(query or {}),
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key_id}/{_scope(now, bucket.region)}",
        "X-Amz-Date": now.strftime("%Y%m%dT%H%M%SZ"),
        "X-Amz-Expires": str(_life(credentials, expires_in, now)),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.session_token:
        parameters["X-Amz-Security-Token"] = credentials.session_token
    pairs = sorted((_quoted(name), _quoted(value)) for name, value in parameters.items())
    text = "&".join(f"{name}={value}" for name, value in pairs)
    canonical = f"{method}\n{path}\n{text}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(canonical.encode("utf-8")).hexdigest()
    to_sign = f"{_ALGORITHM}\n{parameters['X-Amz-Date']}\n{_scope(now, bucket.region)}\n{digest}"
    return (
        f"{parts.scheme}://{parts.netloc}{path}?{text}&X-Amz-Signature={_signature(credentials, bucket, now, to_sign)}"
    )


def sign_post(
    bucket_name: str,
    bucket: Bucket,
    key: str,
    credentials: Credentials,
    *,
    content_type: str,
    size: int,
    expires_in: int,
    now: datetime | None = None,
) -> dict[str, str]:
    """The fields of a form that uploads exactly ``size`` bytes of ``content_type`` as ``key``, and nothing else."""
    now = now or datetime.now(UTC)
    fields = {
        "key": key,
        "Content-Type": content_type,
        "x-amz-algorithm": _ALGORITHM,
        "x-amz-credential": f"{credentials.access_key_id}/{_scope(now, bucket.region)}",
        "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
    }
    if credentials.session_token:
        fields["x-amz-security-token"] = credentials.session_token
    conditions: list[Any] = [{"bucket": bucket_name}, *({name: value} for name, value in fields.items())]
    conditions.append(["content-length-range", size, size])
    ends = now + timedelta(seconds=_life(credentials, expires_in, now))
    policy = {"expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ"), "conditions": conditions}
    encoded = base64.b64encode(json.dumps(policy).encode("utf-8")).decode("ascii")
    return {**fields, "policy": encoded, "x-amz-signature": _signature(credentials, bucket, now, encoded)}


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _scope(now: datetime, region: str) -> str:
    return f"{now:%Y%m%d}/{region}/s3/aws4_request"


def _life(credentials: Credentials, wanted: int, now: datetime) -> int:
    life = min(wanted, LONGEST)
    if credentials.expires_at is not None:
        life = min(life, int((credentials.expires_at - now).total_seconds()))
    return max(1, life)


def _signature(credentials: Credentials, bucket: Bucket, now: datetime, text: str) -> str:
    key = f"AWS4{credentials.secret_access_key}".encode()
    for part in (f"{now:%Y%m%d}", bucket.region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode("utf-8"), hashlib.sha256).digest()
    return hmac.new(key, text.encode("utf-8"), hashlib.sha256).hexdigest()
