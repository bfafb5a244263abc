"""Uploads in pieces, which go on where they stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.access.actors import actor_id
from vitrina.errors import BadRequest, Forbidden, InvalidBody
from vitrina.files.access import UPLOAD
from vitrina.files.part_store import PIECE_BYTES
from vitrina.files.resumable import LIFE_S, ResumableUploads, Upload
from vitrina.http.response import Response
from vitrina.web.files.common import files_of, json_object, uploaded

if TYPE_CHECKING:
    from vitrina.files.configuration import SourceConfig
    from vitrina.http.request import Request
    from vitrina.web.site import Site

#: key of ``site.state``
UPLOADS_KEY = "files-resumable"


def uploads_of(site: Site) -> ResumableUploads:
    """The service, made when it is first wanted."""
    found = site.state.get(UPLOADS_KEY)
    if found is None:
        found = site.state[UPLOADS_KEY] = ResumableUploads(files_of(site))
    uploads: ResumableUploads = found
    return uploads


async def _source(site: Site, request: Request) -> SourceConfig:
    """Raises NotFound, then Forbidden."""
    source = files_of(site).source(request.url_vars["slug"])
    access = await site.permissions.load(request.actor, (UPLOAD,))
    if not access.allowed(UPLOAD, source.slug):
        raise Forbidden(UPLOAD)
    return source


async def begin_resumable(site: Site, request: Request) -> Response:
    """``…/-/resumable``: what is going to be sent."""
    source = await _source(site, request)
    body = await json_object(request)
    filename, size = body.get("filename"), body.get("size")
    content_type = body.get("content_type") or "application/octet-stream"
    if not isinstance(filename, str) or not filename:
        raise InvalidBody("filename is required")
    if type(size) is not int or size < 0:
        raise InvalidBody("size is required: the number of bytes")
    if not isinstance(content_type, str):
        raise InvalidBody("content_type must be text")
    # Only a page whose policy allows it can send to another host.
    pending, direct = await uploads_of(site).begin(
        source, actor_id(request.actor), filename, content_type, size, direct=body.get("direct") is True
    )
    answer: dict[str, Any] = {"ok": True, "upload_token": pending.token}
    if direct is None:
        part_url = site.urls.path(f"/-/files/upload/{source.slug}/-/resumable/{pending.token}")
        answer.update(part_url=str(part_url), offset=0, piece_bytes=PIECE_BYTES, expires_in=LIFE_S)
    else:
        answer.update(
            upload_url=direct.upload_url,
            upload_method=direct.upload_method,
            upload_headers=direct.upload_headers,
            upload_fields=direct.upload_fields,
        )
    return Response.json(answer, 201)


async def resumable(site: Site, request: Request) -> Response:
    """``…/-/resumable/TOKEN``: how far it is, the next piece, or the end of it."""
    upload = await _upload(site, request)
    uploads = uploads_of(site)
    if request.method == "PATCH":
        offset = await uploads.append(upload, *_piece(request), request.body_chunks())
        return Response.json({"ok": True, "offset": offset})
    if request.method == "DELETE":
        await uploads.abandon(upload)
        return Response.json({"ok": True})
    return Response.json(
        {
            "ok": True,
            "offset": await uploads.offset(upload),
            "size": upload.size,
            "filename": upload.filename,
            "piece_bytes": PIECE_BYTES,
            "expires_in": uploads.seconds_left(upload),
        }
    )


async def complete_resumable(site: Site, request: Request) -> Response:
    """``…/-/resumable/TOKEN/complete``: the file is listed from now on."""
    record = await uploads_of(site).complete(await _upload(site, request))
    return Response.json({"ok": True, "file": uploaded(site, record)}, 201)


async def _upload(site: Site, request: Request) -> Upload:
    source = await _source(site, request)
    return await uploads_of(site).find(request.url_vars["token"], source.slug, actor_id(request.actor))


def _piece(request: Request) -> tuple[int, int]:
    """Offset and length of the piece in the body. Raises BadRequest."""
    offset, length = request.header(b"upload-offset"), request.header(b"content-length")
    if not _is_number(offset):
        raise BadRequest("The header Upload-Offset is required: the offset of the piece in bytes")
    if not _is_number(length):
        raise BadRequest("The header Content-Length is required", status=411)
    return int(offset or 0), int(length or 0)


def _is_number(text: str | None) -> bool:
    return text is not None and text.isascii() and text.isdecimal() and len(text) < 19
