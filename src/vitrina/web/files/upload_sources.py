"""``/-/files/upload-sources.json``: where the actor may upload to, for the picker of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vitrina.files.access import UPLOAD
from vitrina.http.response import Response
from vitrina.web.files.common import files_of

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site


async def upload_sources(site: Site, request: Request) -> Response:
    """Names of sources, and the bytes that one file may have there."""
    access = await site.permissions.load(request.actor, (UPLOAD,))
    files = files_of(site)
    sources = [
        {"slug": slug, "max_file_size": files.most_bytes(slug)}
        for slug, storage in files.storages.items()
        if storage.capabilities.can_upload and access.allowed(UPLOAD, slug)
    ]
    return Response.json({"sources": sources})
