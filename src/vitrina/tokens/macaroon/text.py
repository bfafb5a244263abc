"""URL-safe base64 without padding, as macaroons are written in text."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

from vitrina.tokens.macaroon.model import MacaroonError

_FOREIGN = str.maketrans("-_", "+/")


def encode(data: bytes) -> str:
    """``data`` as URL-safe base64 without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Undo :func:`encode`; there is exactly one text for any bytes. Raises MacaroonError."""
    if "+" in text or "/" in text or "=" in text:
        raise MacaroonError("not URL-safe base64 without padding")
    try:
        data = binascii.a2b_base64(text.translate(_FOREIGN) + "=" * (-len(text) % 4), strict_mode=True)
    except (ValueError, binascii.Error) as error:
        raise MacaroonError("not URL-safe base64 without padding") from error
    # The last character may hold bits that stand for nothing: they must be zero.
    if len(text) % 4 and encode(data[len(data) - len(data) % 3 :])[-1] != text[-1]:
        raise MacaroonError("not the canonical base64")
    return data


def decode_leniently(text: str) -> bytes:
    """As Python's own decoder: foreign characters are skipped. Raises binascii.Error, ValueError."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
