"""Identifiers and names of files, and where a file lies in its storage."""

from __future__ import annotations

import re
import secrets
import time
import unicodedata

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID = re.compile(r"df-[a-z0-9]{26}\Z")
_ROUTE_ID = re.compile(r"df-[a-z0-9]+\Z")
#: bytes of UTF-8 that a file name may have
LONGEST_NAME = 255


def new_ulid() -> str:
    """26 lower-case characters: the time in milliseconds, then 80 random bits."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    characters = []
    for _ in range(26):
        characters.append(_ALPHABET[number & 31])
        number >>= 5
    return "".join(reversed(characters))


def is_file_id(text: object) -> bool:
    """Whether ``text`` has the form of a file's id."""
    return isinstance(text, str) and _ID.match(text) is not None


def may_be_file_id(text: str) -> bool:
    """Whether a route takes ``text`` for a file's id."""
    return _ROUTE_ID.match(text) is not None


def clean_filename(given: str) -> str:
    """``given`` as one name that any storage takes: no slashes, no control or direction characters, not too long."""
    name = given.replace("/", "_").replace("\\", "_")
    # Direction marks can make "gpj.exe" look like "exe.jpg"; surrogates stand for bytes that were no text.
    name = "".join([char for char in name if unicodedata.category(char) not in ("Cc", "Cs") and not _turns(char)])
    if name in ("", ".", ".."):
        return "unnamed"
    return _cut(name)


def _turns(char: str) -> bool:
    return "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069" or char in "\u200e\u200f\u061c"


def _cut(name: str) -> str:
    if len(name.encode("utf-8")) <= LONGEST_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    ending = f".{extension}".encode() if dot and stem else b""
    if len(ending) >= LONGEST_NAME:
        ending = b""
    kept = (stem if ending else name).encode("utf-8")[: LONGEST_NAME - len(ending)]
    return kept.decode("utf-8", "ignore") + ending.decode("utf-8")


def storage_path(file_id: str, filename: str) -> str:
    """Where the file lies below the root of its storage."""
    return f"{file_id.removeprefix('df-')}/{filename}"


def check_path(path: str) -> str:
    """``path`` where it is one below a root: no empty, "." or ".." segment, no control character.

    Raises ValueError, whose text says "outside" where it would lead out.
    """
    segments = path.split("/")
    if ".." in segments or path.startswith("/") or ("\\" in path and ".." in re.split(r"[/\\]", path)):
        raise ValueError(f"The path leads outside of the storage: {path!r}")
    if "" in segments or "." in segments:
        raise ValueError(f"The path has an empty segment: {path!r}")
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in path):
        raise ValueError(f"The path has characters that no path may have: {path!r}")
    return path
