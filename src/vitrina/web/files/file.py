"""One file: its page, its bytes, and its end."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from vitrina.errors import NotFound, VitrinaError
from vitrina.files.access import DELETE, EDIT, may
from vitrina.files.delivery import PREVIEWED, disposition, download_headers, preview_kind
from vitrina.files.records import Record
from vitrina.files.storage import Storage
from vitrina.files.tabular import tabular_format
from vitrina.http.file_response import etag_matches, parse_range
from vitrina.http.response import Response
from vitrina.http.streaming import AsgiStream, AsgiWriter
from vitrina.web.files.common import file_url, files_of, record_for
from vitrina.web.page import render_page

log = logging.getLogger("vitrina.files")

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

#: what a browser might run: a link to another host is answered as mere bytes instead
_ACTIVE = ("html", "svg", "xml", "javascript", "ecmascript")
#: what hooks get of a file, and what people see of a text
_PREVIEW_BYTES = 2048
_TEXT_BYTES = 64 * 1024


async def info_page(site: Site, request: Request) -> Response:
    """``/-/files/ID`` and ``/-/files/ID.json``."""
    if request.method not in ("GET", "HEAD"):
        return Response.text("Method not allowed", 405, {"Allow": "GET"})
    record = await record_for(site, request)
    if request.url_vars.get("format") == "json":
        return Response.json(record)
    files = files_of(site)
    access = await site.permissions.load(request.actor, (EDIT, DELETE))
    kind = preview_kind(record["content_type"] or "")
    preview = b""
    if record["source_slug"] in files.storages:
        wanted = _TEXT_BYTES if kind == "text" else _PREVIEW_BYTES
        preview = await _preview(files.storage_of(record), record, wanted)
    head = preview[:_PREVIEW_BYTES]
    actions = await site.hooks.lists(
        "file_actions", datasette=site.facade, actor=request.actor, file=dict(record), preview_bytes=head
    )
    is_cut = len(preview) == _TEXT_BYTES
    context = {
        "file": record,
        "preview_kind": kind,
        "preview_url": _preview_url(site, record),
        # The cut may go through the middle of a character.
        "preview_text": preview.decode("utf-8", "replace").rstrip("\ufffd" if is_cut else ""),
        "preview_cut": is_cut,
        "is_unreadable": not preview and bool(record["size"]),
        "download_url": file_url(site, record["id"], "/download"),
        "can_edit": may(access, files.config, EDIT, record),
        "can_delete": may(access, files.config, DELETE, record),
        "file_actions": [*_own_actions(site, record), *actions],
        "alternate_url_json": file_url(site, record["id"], ".json"),
    }
    return await render_page(site, request, ["file_info.html"], context, view_name="file")


def _preview_url(site: Site, record: Record) -> str | None:
    shown = preview_kind(record["content_type"] or "") in PREVIEWED and record["source_slug"] in files_of(site).storages
    return file_url(site, record["id"], "/preview") if shown else None


def _own_actions(site: Site, record: Record) -> list[dict[str, str]]:
    if tabular_format(record) is None:
        return []
    return [{"href": str(site.urls.path(f"/-/files/import/{record['id']}")), "label": "Import as table"}]


async def _preview(storage: Storage, record: Record, wanted: int) -> bytes:
    """The beginning of the file; nothing where it cannot be read now."""
    try:
        return await storage.read_bytes(record["path"], wanted)
    except (OSError, VitrinaError):
        return b""
    except Exception:  # a plugin call: a storage of a plugin may raise anything
        log.exception("The beginning of %s cannot be read", record["id"])
        return b""


async def download(site: Site, request: Request) -> Response:
    """``/-/files/ID/download``: always an attachment; through this server, or by a link that expires."""
    record = await record_for(site, request)
    storage = files_of(site).storage_of(record)
    can = storage.capabilities
    if can.can_generate_signed_urls and not can.requires_proxy_download:
        content_type = record["content_type"] or "application/octet-stream"
        if any(word in content_type for word in _ACTIVE):
            content_type = "application/octet-stream"
        url = await storage.attachment_url(record["path"], disposition(record), content_type)
        return Response.redirect(url, headers={"Cache-Control": "private, no-store"})
    return await stream_file(request, storage, record, download_headers(record))


async def stream_file(request: Request, storage: Storage, record: Record, headers: dict[str, str]) -> Response:
    """The file through this server, whole or a range. Raises NotFound before anything is sent."""
    if "ETag" in headers and etag_matches(request, headers["ETag"]):
        return Response("", 304, headers)
    size = record["size"]
    status, pieces = 200, storage.stream_file(record["path"])
    wanted = request.header(b"range")
    condition = request.header(b"if-range")
    if wanted is not None and size is not None and (condition is None or condition == headers.get("ETag")):
        span = parse_range(wanted, size)
        if span is not None and span[1] == 0:
            return Response("", 416, {**headers, "Content-Range": f"bytes */{size}"})
        if span is not None:
            first, length = span
            status, pieces = 206, storage.stream_range(record["path"], first, length)
            headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{size}"
            size = length
    if size is not None:
        headers["Content-Length"] = str(size)
    begun = await _begun(pieces)

    async def write(writer: AsgiWriter) -> None:
        async for piece in begun:
            await writer.write(piece)

    return AsgiStream(write, status, headers)


async def _begun(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces after the first one was read, so that a missing file is told while it can be."""
    try:
        first = await anext(pieces, b"")
    except FileNotFoundError as error:
        raise NotFound("The content of this file is missing", hint="vitrina files check lists such files.") from error

    async def all_pieces() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return all_pieces()


async def delete_file(site: Site, request: Request) -> Response:
    """``/-/files/ID/-/delete``."""
    record = await record_for(site, request, DELETE)
    await files_of(site).delete(record)
    return Response.json({"ok": True})
