"""The headers with which a file leaves the site: a download that no browser runs or guesses about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: nothing of an answer with this policy runs, loads or is framed with rights
SANDBOX = "default-src 'none'; sandbox"

_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/svg+xml": "svg",
    "image/bmp": "bmp",
    "image/tiff": "tiff",
    "text/plain": "txt",
    "text/html": "html",
    "text/css": "css",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/pdf": "pdf",
    "application/json": "json",
    "application/zip": "zip",
    "application/gzip": "gz",
    "application/xml": "xml",
    "text/xml": "xml",
}


def _plain(text: str) -> str:
    return "".join([char for char in text if char.isascii() and char.isalnum()])


def download_name(filename: str, content_type: str | None) -> str:
    """A name of letters and digits with an extension."""
    stem, dot, extension = filename.rpartition(".")
    if not dot:
        stem, extension = filename, ""
    return f"{_plain(stem) or 'download'}.{_plain(extension) or _EXTENSIONS.get(content_type or '', 'dat')}"


def disposition(record: Mapping[str, Any]) -> str:
    """Always an attachment."""
    return f'attachment; filename="{download_name(record["filename"], record["content_type"])}"'


def download_headers(record: Mapping[str, Any]) -> dict[str, str]:
    """Headers of a download through this server."""
    headers = {
        "Content-Disposition": disposition(record),
        "Content-Type": record["content_type"] or "application/octet-stream",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": SANDBOX,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
    }
    if record["content_hash"]:
        headers["ETag"] = f'"{record["content_hash"]}"'
    return headers


#: kinds whose bytes a page may show; browsers run nothing of them
PREVIEWED = ("image", "audio", "video", "pdf")
# An SVG is a program as much as a picture.
_PICTURES = ("png", "jpeg", "gif", "webp", "bmp", "avif", "tiff")


def preview_kind(content_type: str) -> str:
    """How the page of a file shows it: image, audio, video, pdf, text, or "" for not at all."""
    main, _, sub = content_type.partition("/")
    if main == "image":
        return "image" if sub in _PICTURES else ""
    if main in ("audio", "video"):
        return main
    if content_type == "application/pdf":
        return "pdf"
    return "text" if main == "text" or content_type in ("application/json", "application/xml") else ""


def preview_headers(record: Mapping[str, Any]) -> dict[str, str]:
    """Headers of a file whose kind is one of :data:`PREVIEWED`, shown in its place."""
    headers = {**download_headers(record), "Content-Disposition": "inline"}
    if record["content_type"] == "application/pdf":
        # Browsers' viewers of PDFs do not work in a sandbox; with this type and nosniff nothing else comes of it.
        headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'"
    return headers
