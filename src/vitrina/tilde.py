"""Tilde encoding: how database, table, query and row names are written into URLs."""

from __future__ import annotations

from urllib.parse import unquote_plus

_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_TABLE = tuple(chr(byte) if byte in _SAFE else "+" if byte == 0x20 else f"~{byte:02X}" for byte in range(256))


def tilde_encode(text: str) -> str:
    """Return ``text`` with every byte but letters, digits, ``_`` and ``-`` as ``~XX``; a space becomes ``+``."""
    return "".join([_TABLE[byte] for byte in text.encode("utf-8", "surrogatepass")])


def tilde_decode(text: str) -> str:
    """Undo :func:`tilde_encode`; a literal ``%`` in ``text`` stays as it is."""
    if "~" not in text and "+" not in text:
        return text
    # "%" must survive, so it is set aside while percent-decoding does the work.
    mark = "\x00percent\x00"
    return unquote_plus(text.replace("%", mark).replace("~", "%")).replace(mark, "%")
