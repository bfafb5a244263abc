"""Text that is safe to stand in a response header."""

from __future__ import annotations

from urllib.parse import quote

_FORBIDDEN = {**dict.fromkeys(range(32)), 127: None, 9: " "}
# What may stand in a URL as it is; "%" because escapes are already there.
_URL_SAFE = "!#$%&'()*+,/:;=?@[]~\\^`{|}\"<> -._"


def clean_header_value(text: str) -> str:
    """``text`` without control characters, so that it cannot begin another header."""
    return text if text.isprintable() else text.translate(_FORBIDDEN)


def location_value(url: str) -> str:
    """``url`` for a ``Location`` or ``Link`` header: control and non-ASCII characters percent-encoded."""
    return url if url.isascii() and url.isprintable() else quote(url, safe=_URL_SAFE)


def attachment(filename: str) -> str:
    """A ``Content-Disposition`` value that offers the body as a file called ``filename``."""
    plain = clean_header_value(filename).replace("\\", "\\\\").replace('"', '\\"')
    if plain.isascii():
        return f'attachment; filename="{plain}"'
    fallback = plain.encode("ascii", "replace").decode("ascii")
    return f"attachment; filename=\"{fallback}\"; filename*=utf-8''{quote(clean_header_value(filename), safe='')}"
