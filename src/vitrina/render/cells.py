"""Values as HTML: one compiled renderer per column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import escape

from vitrina.render.byte_size import format_bytes
from vitrina.tilde import tilde_encode

#: (value, path of its row) → trusted inner HTML of the cell
Render = Callable[[Any, str], str]
#: (path of the row, the blob) → href, or None where the blob cannot be addressed
BlobHref = Callable[[str, bytes], str | None]

EMPTY = "&nbsp;"
_SPACE = re.compile(r"\s")
_TYPE_NAMES = {type(None): "none", str: "str", int: "int", float: "float", bytes: "bytes"}


def value_type(value: Any) -> str:
    """The word for a value's type in the cell's class name."""
    return _TYPE_NAMES.get(type(value)) or type(value).__name__.lower()


def is_url(value: Any) -> bool:
    """True for text that is nothing but an http or https address."""
    return isinstance(value, str) and value.startswith(("http://", "https://")) and not _SPACE.search(value)


def truncate(text: str, length: int) -> str:
    """At most ``length`` characters of ``text`` and an ellipsis for the rest; 0 is no limit."""
    return text if not length or len(text) <= length else text[:length] + "…"


def truncate_url(url: str, length: int) -> str:
    """At most ``length`` characters with the ellipsis; a short extension at the end stays visible beside them."""
    if not length or len(url) <= length:
        return url
    stem, _, extension = url.rpartition(".")
    if 1 <= len(extension) <= 4 and "/" not in extension:
        return f"{stem[: length - len(extension) - 1]}….{extension}"
    return f"{url[: length - 1]}…"


def url_html(url: str, length: int) -> str:
    """A link that shows its own address."""
    return f'<a href="{escape(url)}">{escape(truncate_url(url, length))}</a>'


def bytes_html(value: bytes, href: str | None) -> str:
    """The stand-in for a blob: its size, and where to download it."""
    size = len(value)
    text = f"&lt;Binary:&nbsp;{size:,}&nbsp;{'byte' if size == 1 else 'bytes'}&gt;"
    if href is None:
        return text
    title = f' title="{format_bytes(size)}"' if size >= 1024 else ""
    return f'<a class="blob-download" href="{escape(href)}"{title}>{text}</a>'


def link_html(href: str, value: Any, label: Any) -> str:
    """A foreign key: its label as a link to the row, and the value beside it where they differ."""
    if label == value:
        return f'<a href="{escape(href)}">{escape(value) if value != "" else "-"}</a>'
    return f'<a href="{escape(href)}">{"-" if label == "" else escape(label)}</a>&nbsp;<em>{escape(value)}</em>'


def compile_cell(*, length: int = 0, blob_href: BlobHref | None = None) -> Render:
    """The renderer of an ordinary column.

    ``length`` is the number of characters shown of a text, 0 for all.
    """

    def render(value: Any, path: str) -> str:
        kind = type(value)
        if kind is str:
            if not value:
                return EMPTY
            stripped = value.strip() if value[0] <= " " else value
            if stripped.startswith(("http://", "https://")) and is_url(stripped := stripped.strip()):
                return url_html(stripped, length)
            if length and len(value) > length:
                value = value[:length] + "…"
            return str(escape(value))
        if kind is int or kind is float:
            return str(value)
        if value is None:
            return EMPTY
        if kind is bytes:
            return bytes_html(value, blob_href(path, value) if blob_href else None)
        return str(escape(truncate(str(value), length)))

    return render


def compile_link_cell(base: str, labels: Mapping[Any, Any], plain: Render) -> Render:
    """The renderer of a foreign-key column.

    ``base`` is the URL of the other table; a value without an entry in
    ``labels`` is rendered as ``plain`` does.
    """
    prefix = f"{base}/"

    def render(value: Any, path: str) -> str:
        if value is None or value not in labels:
            return plain(value, path)
        return link_html(prefix + tilde_encode(str(value)), value, labels[value])

    return render


def strong(inner: Render) -> Render:
    """The renderer of a primary-key column on a row page."""

    def render(value: Any, path: str) -> str:
        return f"<strong>{inner(value, path)}</strong>"

    return render
