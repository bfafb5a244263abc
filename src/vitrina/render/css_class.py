"""Names of databases, tables and columns as CSS class names."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

_CLEAN = re.compile(r"[a-zA-Z]+[_a-zA-Z0-9-]*\Z")
_INVALID = re.compile(r"[^a-zA-Z0-9_-]")
_SPACE = re.compile(r"\s+")


@lru_cache(maxsize=4096)
def to_css_class(name: str) -> str:
    """A valid CSS class for ``name``.

    A name of letters, then letters, digits, ``_`` and ``-``, stays as it is;
    any other is cleaned and gets the first six hex digits of its MD5, so that
    different names keep different classes.
    """
    if _CLEAN.match(name):
        return name
    digest = hashlib.md5(name.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()[:6]
    cleaned = _SPACE.sub("-", name.lstrip("_").lstrip("-").strip())
    cleaned = _INVALID.sub("", cleaned)
    return "-".join(part for part in (cleaned, digest) if part)
