"""The addresses at which the plugin's own scripts stand, for pages and plugins that load them by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vitrina.errors import NotFound
from vitrina.http.response import Response

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

#: the plugin's name → ours
_SCRIPTS = {
    "datasette-file-cell.js": "files-cell.js",
    "datasette-file-field.js": "files-field.js",
    "datasette-file-picker.js": "files-picker.js",
    "datasette-file-upload.js": "files-upload.js",
}


async def plugin_script(site: Site, request: Request) -> Response:
    """``/-/static-plugins/datasette_files/NAME``: where the script is that does the same."""
    name = _SCRIPTS.get(request.url_vars["path"])
    if name is None:
        raise NotFound("404")
    return Response.redirect(str(site.static_url(name)))
