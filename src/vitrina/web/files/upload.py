"""Uploading: the page, the three steps of browsers, and one request for everybody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from vitrina.access.actors import actor_id
from vitrina.errors import BadRequest, Forbidden, InvalidBody
from vitrina.files.access import UPLOAD
from vitrina.files.configuration import SourceConfig
from vitrina.files.pending import PendingUpload
from vitrina.files.storage import PIECE
from vitrina.files.streaming import StreamedFile
from vitrina.http.form_data import FormData, FormLimits, UploadedFile
from vitrina.http.forms import parse_form
from vitrina.http.response import Response
from vitrina.web.files.common import direct_policy, file_url, files_of, json_object, uploaded
from vitrina.web.page import render_page

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

#: bytes that the form around a file may have
_FORM_BYTES = 1024 * 1024


async def _source(site: Site, request: Request) -> SourceConfig:
    """The source of the request. Raises NotFound, then Forbidden."""
    source = files_of(site).source(request.url_vars["slug"])
    access = await site.permissions.load(request.actor, (UPLOAD,))
    if not access.allowed(UPLOAD, source.slug):
        raise Forbidden(UPLOAD)
    return source


async def upload_page(site: Site, request: Request) -> Response:
    """``/-/files/upload/SLUG``: a form that works without scripts, and better with them."""
    if request.method not in ("GET", "HEAD"):
        return Response.text("Method not allowed", 405, {"Allow": "GET"})
    source = await _source(site, request)
    files = files_of(site)
    origin = await files.storages[source.slug].direct_origin()
    context = {"source_slug": source.slug, "max_bytes": files.most_bytes(source.slug), "direct_origin": origin}
    headers = direct_policy(origin)
    return await render_page(site, request, ["files_upload.html"], context, view_name="files-upload", headers=headers)


async def prepare_upload(site: Site, request: Request) -> Response:
    """First step: what is going to be sent."""
    source = await _source(site, request)
    body = await json_object(request)
    filename = body.get("filename")
    if not isinstance(filename, str) or not filename:
        raise InvalidBody("filename is required")
    content_type = body.get("content_type") or "application/octet-stream"
    size = body.get("size")
    if not isinstance(content_type, str):
        raise InvalidBody("content_type must be text")
    pending, direct = await files_of(site).prepare(
        source, actor_id(request.actor), filename, content_type, size if type(size) is int and size >= 0 else None
    )
    answer: dict[str, Any] = {"ok": True, "upload_token": pending.token}
    if direct is None:
        answer["upload_url"] = str(site.urls.path(f"/-/files/upload/{source.slug}/-/upload"))
        answer.update(upload_method="POST", upload_headers={}, upload_fields={"upload_token": pending.token})
    else:
        answer.update(
            upload_url=direct.upload_url,
            upload_method=direct.upload_method,
            upload_headers=direct.upload_headers,
            upload_fields=direct.upload_fields,
        )
    return Response.json(answer)


async def receive_upload(site: Site, request: Request) -> Response:
    """Second step: the bytes, which go to the storage while they arrive. The token is the permission."""
    files = files_of(site)
    slug = files.source(request.url_vars["slug"]).slug
    streams: list[StreamedFile] = []

    async def open_file(name: str, filename: str, content_type: str | None, before: FormData) -> UploadedFile | None:
        token = before.get("upload_token")
        if name != "file" or token is None or streams:
            return None
        pending = files.pending.find(token, slug)
        _check_unsent(pending)
        streams.append(StreamedFile(name, filename, content_type, lambda stream: files.receive(pending, stream)))
        return streams[0]

    try:
        async with await _form(request, files.most_bytes(slug), open_file) as form:
            if not streams:
                await _receive_late(site, slug, form)
    finally:
        for stream in streams:
            await stream.settled()
    return Response.json({"ok": True})


def _check_unsent(pending: PendingUpload) -> None:
    if pending.begun:
        raise BadRequest("The content of this upload was sent already")


async def _receive_late(site: Site, slug: str, form: FormData) -> None:
    """A form whose token comes after the file, which is in a temporary file by now."""
    files = files_of(site)
    pending = files.pending.find(form.get("upload_token"), slug)
    file = form.get("file")
    if not isinstance(file, UploadedFile):
        raise BadRequest("file is required")
    _check_unsent(pending)
    await files.receive(pending, _pieces(file))


async def _form(request: Request, most_bytes: int, open_file: Any) -> FormData:
    limits = FormLimits(
        max_file_size=most_bytes + _FORM_BYTES, max_request_size=most_bytes + _FORM_BYTES, max_files=10, max_fields=100
    )
    return await parse_form(request, files=True, limits=limits, open_file=open_file)


async def _pieces(file: UploadedFile) -> AsyncIterator[bytes]:
    while piece := await file.read(PIECE):
        yield piece


async def complete_upload(site: Site, request: Request) -> Response:
    """Third step: the file is listed from now on."""
    source = await _source(site, request)
    body = await json_object(request)
    files = files_of(site)
    record = await files.complete(files.pending.find(body.get("upload_token"), source.slug))
    return Response.json({"ok": True, "file": uploaded(site, record)}, 201)


async def upload_at_once(site: Site, request: Request) -> Response:
    """``/-/files/upload/SLUG/-/file``: one file as the body with ``?filename=``, or a form with several.

    Answers in JSON, or sends a browser to the file.
    """
    source = await _source(site, request)
    files = files_of(site)
    owner = actor_id(request.actor)
    kind = (request.header(b"content-type") or "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        filename = request.args.get("filename")
        if not filename:
            raise BadRequest("filename is required: add ?filename= to the address")
        stored = [await files.add(source, owner, filename, kind or "application/octet-stream", request.body_chunks())]
    else:
        stored = []
        most = files.most_bytes(source.slug)
        async with await parse_form(request, files=True, limits=_several(most)) as form:
            for file in form.getlist("file"):
                if isinstance(file, UploadedFile) and file.filename:
                    content_type = file.content_type or "application/octet-stream"
                    stored.append(await files.add(source, owner, file.filename, content_type, _pieces(file)))
        if not stored:
            raise BadRequest("file is required")
    if "text/html" in (request.header(b"accept") or ""):
        ending = stored[0]["id"] if len(stored) == 1 else f"source/{source.slug}"
        return Response.redirect(file_url(site, ending))
    return Response.json({"ok": True, "files": [uploaded(site, record) for record in stored]}, 201)


def _several(most_bytes: int) -> FormLimits:
    return FormLimits(max_file_size=most_bytes, max_request_size=10 * most_bytes + _FORM_BYTES, max_files=100)
