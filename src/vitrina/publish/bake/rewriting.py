"""Links found in answers, and put in place of them the names of files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from html import escape, unescape
from urllib.parse import urljoin

from vitrina.publish.bake.addresses import ORIGIN

# Of other attributes only those that name a static file.
_ATTRIBUTE = re.compile(r'(\s)(href|src|content(?="/-/static/))="([^"#][^"]*)"')
_FORM = re.compile(r"<form\b")
_JSON_LINK = re.compile(r'"(next_url)": ?"([^"]*)"')
_SCHEME = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:|//)")

STATIC = "/-/static/"

#: a link's new address, or None where it leads nowhere in the mirror
Target = Callable[[str], "str | None"]


def local_url(text: str, page: str) -> tuple[str, str] | None:
    """A link of ``page`` as URL from the root and fragment, or None where it leads to another site.

    ``text`` as it stands in the HTML or JSON, entities resolved.
    """
    return _local_url(text, "/" if text.startswith(("/", ORIGIN)) else page)


@lru_cache(maxsize=65_536)
def _local_url(text: str, page: str) -> tuple[str, str] | None:
    if text == ORIGIN or text.startswith((f"{ORIGIN}/", f"{ORIGIN}?")):
        text = text.removeprefix(ORIGIN) or "/"
    if text.startswith("/") and not text.startswith("//"):
        url, _, fragment = text.partition("#")
        return url, fragment
    if _SCHEME.match(text):
        return None
    url, _, fragment = urljoin(page, text).partition("#")
    return url, fragment


def html_links(body: str, page: str) -> Iterator[str]:
    """The URLs from the root that a page links to, each once, in order; static files are not among them."""
    seen = set()
    for found in _ATTRIBUTE.finditer(body):
        text = found[3]
        if text in seen or text.startswith(STATIC):
            continue
        seen.add(text)
        local = local_url(unescape(text) if "&" in text else text, page)
        if local is not None:
            yield local[0]


def rewrite_html(body: str, page: str, target: Target, head: str, static: dict[str, str]) -> str:
    """The page with links to files; a link that leads nowhere loses its address, a form is hidden.

    ``static`` keeps the attributes with static files, for other pages in folders of this depth.
    """
    known: dict[str, str] = {}

    def replaced(found: re.Match[str]) -> str:
        whole = found[0]
        done = static.get(whole) or known.get(whole)
        if done is None:
            keep = static if found[3].startswith(STATIC) else known
            done = keep[whole] = found[1] + new_attribute(found[2], found[3])
        return done

    def new_attribute(name: str, text: str) -> str:
        local = local_url(unescape(text) if "&" in text else text, page)
        if local is None:
            return f'{name}="{text}"'
        new = target(local[0])
        if new is None:
            return 'data-left-out="" title="Not part of this copy"'
        return f'{name}="{escape(new)}{"#" + escape(local[1]) if local[1] else ""}"'

    body = _ATTRIBUTE.sub(replaced, body)
    body = _FORM.sub('<form hidden style="display: none"', body)
    return body.replace("</head>", f"{head}</head>", 1).replace(ORIGIN, "")


def json_links(body: str, page: str) -> Iterator[str]:
    """The URLs from the root of the pages that follow in JSON."""
    for found in _JSON_LINK.finditer(body):
        local = local_url(found[2].replace("\\/", "/"), page)
        if local is not None:
            yield local[0]


def rewrite_json(body: str, page: str, target: Target, public: str) -> str:
    """The JSON with the address of the page that follows, null where that is not in the mirror."""

    def replaced(found: re.Match[str]) -> str:
        local = local_url(found[2].replace("\\/", "/"), page)
        new = target(local[0]) if local is not None else None
        return f'"{found[1]}": "{new}"' if new is not None else f'"{found[1]}": null'

    return _JSON_LINK.sub(replaced, body).replace(ORIGIN, public.rstrip("/"))


def without_unseen(body: str) -> str:
    """A database's JSON without foreign keys from and to tables that are not listed in it."""
    try:
        page = json.loads(body)
        tables = page["tables"]
        seen = {table["name"] for table in tables}
    except (ValueError, KeyError, TypeError):
        return body
    for table in tables:
        for keys in (table.get("foreign_keys") or {}).values():
            keys[:] = [key for key in keys if key.get("other_table") in seen]
    return json.dumps(page, ensure_ascii=False)
