"""The icon that browsers ask for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from vitrina.http.response import Response

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_ICON = Path(__file__).resolve().parent.parent / "ui" / "static" / "favicon.png"


@cache
def _icon() -> bytes:
    return _ICON.read_bytes()


async def favicon(site: Site, request: Request) -> Response:
    """``/favicon.ico``."""
    return Response(_icon(), headers={"Cache-Control": "max-age=3600, public"}, content_type="image/png")
