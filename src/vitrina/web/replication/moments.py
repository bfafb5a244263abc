"""The moments that a replicated database can be restored to: a time line, downloads, and a look at the past."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from vitrina.errors import BadRequest, VitrinaError
from vitrina.http.file_response import FileResponse
from vitrina.http.response import Response
from vitrina.replicate.past import PastDatabases
from vitrina.replicate.restore_points import SNAPSHOT_LEVEL, LtxFile
from vitrina.tilde import tilde_encode
from vitrina.web.absolute import alternate_json
from vitrina.web.page import render_page
from vitrina.web.target import format_of, named

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

ACTION = "litestream-restore"
#: of ``site.state``: the restored files, and what serves one of them to an actor and gives its route
PAST = "past_databases"
SERVE_PAST = "serve_past_database"
_FRESH = {"cache-control": "no-store"}

ServePast = Callable[[str, int, str, Any], Awaitable[str]]


async def moments_page(site: Site, request: Request) -> Response:
    """``/-/litestream-status/DB``, also as JSON."""
    await site.permissions.ensure(request.actor, ACTION)
    name = named(request, "database")
    found = await _past(site).moments(name)
    moments = [_moment(file) for file in found]
    if format_of(request) == "json":
        return Response.json({"ok": True, "database": name, "moments": moments}, headers=_FRESH)
    context = {
        "database_name": name,
        "page_url": site.urls.path(f"/-/litestream-status/{tilde_encode(name)}"),
        "moments": moments,
        "points": _points(found),
        "oldest": moments[-1] if moments else None,
        "newest": moments[0] if moments else None,
        "alternate_url_json": alternate_json(site, request),
    }
    return await render_page(
        site, request, ["replica_moments.html"], context, view_name="replica_moments", headers=_FRESH
    )


async def past_download(site: Site, request: Request) -> Response:
    """``/-/litestream-status/DB/download?txid=N``: the database as it was then, as a file."""
    await site.permissions.ensure(request.actor, ACTION)
    name, txid = named(request, "database"), _txid(request.args.get("txid"))
    path = await _past(site).file_at(name, txid)
    return FileResponse(path, f"{name}-{txid}.db", "application/vnd.sqlite3", _FRESH)


async def past_browse(site: Site, request: Request) -> Response:
    """POST ``/-/litestream-status/DB/browse`` with ``txid``: serve the past beside today's, to this actor alone."""
    await site.permissions.ensure(request.actor, ACTION)
    name = named(request, "database")
    txid = _txid((await request.post_vars()).get("txid"))
    path = await _past(site).file_at(name, txid)
    serve: ServePast = site.state[SERVE_PAST]
    try:
        route = await serve(name, txid, str(path), request.actor)
    except VitrinaError as error:
        raise BadRequest(error.message, hint=error.hint) from error
    return Response.redirect(str(site.urls.path(f"/{route}")))


def _past(site: Site) -> PastDatabases:
    past: PastDatabases = site.state[PAST]
    return past


def _txid(text: Any) -> int:
    try:
        txid = int(str(text))
    except ValueError:
        txid = 0
    if not 0 < txid < 1 << 63:
        raise BadRequest("txid must be the number of a transaction", hint="Choose a moment from the list.")
    return txid


def _moment(file: LtxFile) -> dict[str, Any]:
    return {
        "at": file.timestamp.isoformat(timespec="milliseconds"),
        "txid": file.max_txid,
        "size": file.size,
        "is_snapshot": file.level == SNAPSHOT_LEVEL,
    }


def _points(files: Sequence[LtxFile]) -> list[dict[str, Any]]:
    """Where each moment stands on the line, from 0 to 100."""
    if not files:
        return []
    first, last = files[-1].timestamp, files[0].timestamp
    span = (last - first).total_seconds() or 1.0
    return [
        {"x": round((file.timestamp - first).total_seconds() / span * 96 + 2, 2), **_moment(file)} for file in files
    ]
