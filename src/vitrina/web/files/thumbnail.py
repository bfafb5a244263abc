"""``/-/files/ID/thumbnail``: a small picture of a file, or an icon."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from vitrina.files.delivery import SANDBOX
from vitrina.files.thumbnails.icon import file_icon
from vitrina.http.file_response import etag_matches
from vitrina.http.response import Response
from vitrina.web.files.common import files_of, record_for

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site


async def thumbnail(site: Site, request: Request) -> Response:
    """Always a picture for who may see the file."""
    record = await record_for(site, request)
    files = files_of(site)
    found = None
    if record["source_slug"] in files.storages:
        found = await files.thumbnails.get(record, files.storage_of(record))
    body, content_type = found or (file_icon(record["filename"]).encode("utf-8"), "image/svg+xml")
    headers = {
        "ETag": f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": SANDBOX,
        "Cache-Control": "private, no-cache",
    }
    if etag_matches(request, headers["ETag"]):
        return Response("", 304, headers, content_type)
    return Response(body, 200, headers, content_type)
