"""``/-/files/ID/preview``: the bytes of pictures, sounds, films and PDFs, for the page of the file to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vitrina.errors import NotFound
from vitrina.files.delivery import PREVIEWED, preview_headers, preview_kind
from vitrina.web.files.common import files_of, record_for
from vitrina.web.files.file import stream_file

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.http.response import Response
    from vitrina.web.site import Site


async def preview(site: Site, request: Request) -> Response:
    """Through this server, so that pages need to allow no other origin; whole or a range. Raises NotFound."""
    record = await record_for(site, request)
    if preview_kind(record["content_type"] or "") not in PREVIEWED:
        raise NotFound("There is no preview of this kind of file", hint="It can be downloaded.")
    return await stream_file(request, files_of(site).storage_of(record), record, preview_headers(record))
