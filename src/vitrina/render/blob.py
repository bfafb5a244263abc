"""Downloads of single binary values: which value, under which file name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from vitrina.render.css_class import to_css_class

CONTENT_TYPE = "application/binary"


def blob_hash(value: bytes) -> str:
    """The digest by which links name a value of a query."""
    return hashlib.sha256(value).hexdigest()


def value_bytes(value: Any) -> bytes:
    """A value of any storage class as the bytes of its download."""
    if isinstance(value, bytes):
        return value
    if value is None:
        return b""
    return str(value).encode("utf-8", "replace")


def pick_value(values: Iterable[Any], digest: str | None) -> bytes | None:
    """The first of ``values`` whose SHA-256 is ``digest``, or simply the first; None where there is none."""
    for value in values:
        content = value_bytes(value)
        if digest is None or blob_hash(content) == digest:
            return content
    return None


def file_name(parts: Sequence[str], digest: str | None = None, *, row_path: str | None = None) -> str:
    """The name of the downloaded file.

    ``parts`` are table and column, empty ones left out; ``row_path``, the
    row's part of the URL still encoded, stands before the column.
    """
    names = [to_css_class(part) for part in parts if part]
    if row_path:
        names.insert(-1, row_path)
    if digest:
        names.append(digest[:6])
    return "-".join(names) + ".blob"
