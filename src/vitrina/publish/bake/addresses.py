"""Which file a URL becomes, and how one file names another."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from urllib.parse import quote, unquote

#: host of the requests that pages are made with; replaced wherever it stands in an answer
HOST = "bake.invalid"
ORIGIN = f"http://{HOST}"

# Longer names are cut and get a hash: file systems take 255 bytes.
_LONGEST_NAME = 150
_KEPT = 80
_FORMAT = re.compile(r"\.(json|csv|md|blob|atom|ics|geojson|yaml|txt|xml|ico)$")
_PLAIN = re.compile(r"[A-Za-z0-9_.,=-]")
_LINK_SAFE = "/~,=@-._!()"


def file_of(path: str, query: str) -> str:
    """The file, relative to the mirror, for a URL of the site; ``path`` and ``query`` as they stand in it.

    Pages become ``PATH/index.html``, other formats keep their name. A query
    string becomes a file name below ``PATH/-/q/``.
    """
    found = _FORMAT.search(path)
    stem = (path[: found.start()] if found else path).strip("/")
    ending = found[0] if found else ".html"
    if query:
        return _joined(stem, f"-/q/{_query_name(query)}{ending}")
    if found:
        return _short(unquote(path.lstrip("/")))
    return _joined(stem, "index.html")


def asset_file(path: str) -> str:
    """The file of something that is no page, under its own name."""
    return unquote(path.lstrip("/"))


@lru_cache(maxsize=65_536)
def link_to(file: str) -> str:
    """What stands in a link, relative to the mirror; a page is named by its folder."""
    return quote(file.removesuffix("index.html") if file.endswith(("/index.html", "index.html")) else file, _LINK_SAFE)


def way_up(file: str) -> str:
    """From the folder of ``file`` to the top of the mirror: ``""`` or ``"../../"``."""
    return "../" * file.count("/")


def _joined(stem: str, name: str) -> str:
    return _short(f"{unquote(stem)}/{name}" if stem else name)


def _query_name(query: str) -> str:
    return "".join(char if _PLAIN.match(char) else "".join(f"~{byte:02X}" for byte in char.encode()) for char in query)


def _short(path: str) -> str:
    """``path`` with each name that is too long cut, and made unique by a hash of all of it."""
    names = path.split("/")
    for index, name in enumerate(names):
        if len(name.encode()) > _LONGEST_NAME:
            stem, dot, ending = name.rpartition(".")
            digest = hashlib.sha256(name.encode()).hexdigest()[:32]
            names[index] = f"{(stem or name)[:_KEPT]}~{digest}{dot}{ending if dot and len(ending) < 10 else ''}"
    return "/".join(names)
