"""The components of files under the addresses that other people's templates load them from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vitrina.errors import NotFound
from vitrina.http.response import Response

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_SCRIPTS = {
    "datasette-file-cell.js": "files-cell.js",
    "datasette-file-field.js": "files-field.js",
    "datasette-file-picker.js": "files-picker.js",
    "datasette-file-upload.js": "files-upload.js",
}


async def component_script(site: Site, request: Request) -> Response:
    """``/-/static-plugins/datasette_files/NAME``: the way to the script of ours. Raises NotFound."""
    name = _SCRIPTS.get(request.url_vars["path"])
    if name is None:
        raise NotFound("There is no such script")
    return Response.redirect(str(site.urls.path(f"/-/static/{name}")), headers={"Cache-Control": "no-cache"})
