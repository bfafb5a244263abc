"""Follows every link of a mirror, without a server."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from vitrina.publish.bake.run import PROOF

_ATTRIBUTE = re.compile(r'\s(?:href|src)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Checked:
    """Pages and links looked at, and what is wrong: the file, and the link or what is the matter with the file."""

    pages: int
    links: int
    broken: list[tuple[str, str]]


def check_mirror(root: Path) -> Checked:
    """Look at all links of all pages, and whether files are as they were written (blocking). Raises OSError."""
    pages = links = 0
    broken: list[tuple[str, str]] = []
    there: dict[str, bool] = {}
    for page in sorted(root.rglob("*.html")):
        pages += 1
        folder = page.parent
        for link in _links(page.read_text(encoding="utf-8")):
            links += 1
            target = os.path.normpath(os.path.join(folder, link)) if link else str(page)
            if link.startswith("/") or not target.startswith(str(root)):
                broken.append((str(page.relative_to(root)), link))
                continue
            if target not in there:
                there[target] = _leads_somewhere(target, link)
            if not there[target]:
                broken.append((str(page.relative_to(root)), link))
    broken += [(file, "has changed since it was baked") for file in _changed(root)]
    return Checked(pages, links, broken)


def _links(body: str) -> Iterator[str]:
    """Paths of the links to the mirror itself, each once."""
    seen = set(_ATTRIBUTE.findall(body))
    for text in seen:
        parts = urlsplit(unescape(text))
        if parts.scheme or parts.netloc or (not parts.path and parts.fragment):
            continue
        yield unquote(parts.path)


def _leads_somewhere(target: str, link: str) -> bool:
    if os.path.isdir(target):
        return os.path.isfile(os.path.join(target, "index.html"))
    return os.path.isfile(target) and not link.endswith("/")


def _changed(root: Path) -> Iterator[str]:
    proof = json.loads((root / PROOF).read_text(encoding="utf-8"))
    for file, facts in proof["files"].items():
        try:
            digest = hashlib.sha256((root / file).read_bytes()).hexdigest()
        except OSError:
            digest = ""
        if digest != facts["sha256"]:
            yield file
