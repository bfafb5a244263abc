"""What a file is, by its first bytes rather than by what its sender says."""

from __future__ import annotations

#: bytes from the beginning that are looked at
HEAD = 2048

#: (offset, bytes, type)
_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
    (0, b"OggS", "application/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"\x7fELF", "application/x-executable"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
#: a container says little of what is inside: a declared type of these families may be right
_CONTAINERS = {
    "application/zip": ("application/",),
    "application/gzip": ("application/",),
    "application/ogg": ("audio/", "video/", "application/ogg"),
    "video/webm": ("video/", "audio/"),
    "image/tiff": ("image/",),
    "application/vnd.sqlite3": ("application/",),
    "application/pdf": ("application/pdf", "application/illustrator"),
}
_OCTETS = "application/octet-stream"
#: types that mean the same
_SAME = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "audio/x-wav": "audio/wav", "audio/mp3": "audio/mpeg"}
_MARKUP = (b"<!doctype html", b"<html", b"<script", b"<svg", b"<head", b"<body", b"<iframe", b"<?xml")


def looks_like(head: bytes) -> str | None:
    """The type that the first bytes say, or None where they say nothing certain."""
    for offset, signature, content_type in _SIGNATURES:
        if head.startswith(signature, offset):
            return content_type
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return "image/avif" if head[8:12] == b"avif" else "video/mp4"
    return None


def inspected_type(declared: str, head: bytes) -> str:
    """The type to record: the declared one unless the bytes contradict it.

    A declared picture, sound, film or PDF that begins like markup is recorded as mere bytes.
    """
    wanted = clean_type(declared)
    seen = looks_like(head)
    if seen is None:
        passive = wanted.startswith(("image/", "audio/", "video/")) or wanted == "application/pdf"
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
        return _OCTETS if passive and wanted != "image/svg+xml" and start.startswith(_MARKUP) else wanted
    if seen == _SAME.get(wanted, wanted) or wanted.startswith(_CONTAINERS.get(seen, ())):
        return wanted
    if seen == "video/mp4" and wanted.startswith(("video/", "audio/", "image/hei")):
        return wanted
    return seen


def clean_type(declared: str) -> str:
    """``declared`` as a plain media type in lower case; anything odd is mere bytes."""
    kind = declared.partition(";")[0].strip().lower()
    main, slash, sub = kind.partition("/")
    allowed = "abcdefghijklmnopqrstuvwxyz0123456789!#$&-^_.+"
    if not slash or not main or not sub or len(kind) > 120 or any(char not in allowed for char in main + sub):
        return _OCTETS
    return kind
