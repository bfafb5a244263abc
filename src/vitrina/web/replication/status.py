"""The state of replication: a page, JSON, and metrics for Prometheus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from vitrina.http.response import Response
from vitrina.replicate.metrics import CONTENT_TYPE, litestream_metrics, render_metrics
from vitrina.replicate.status import status_of
from vitrina.tilde import tilde_encode
from vitrina.web.absolute import alternate_json
from vitrina.web.page import render_page
from vitrina.web.replication.moments import ACTION as RESTORE
from vitrina.web.target import format_of

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.replicate.service import Replication
    from vitrina.web.site import Site

ACTION = "litestream-view-status"
_NOT_RUNNING = "<h1>Litestream not running</h1>"
_FRESH = {"cache-control": "no-store"}


async def replication_status(site: Site, request: Request) -> Response:
    """``/-/litestream-status``."""
    await site.permissions.ensure(request.actor, ACTION)
    replication: Replication = site.state["replication"]
    as_json = format_of(request) == "json"
    if not as_json and (not replication.is_started or not replication.replicas):
        return Response.html(_NOT_RUNNING)
    status = await status_of(replication)
    if as_json:
        return Response.json(status, headers=_FRESH)
    access = await site.permissions.load(request.actor, (RESTORE,))
    if access.allowed(RESTORE):
        for each in status["databases"]:
            each["moments_url"] = site.urls.path(f"/-/litestream-status/{tilde_encode(each['database'])}")
    context = {
        "status": status,
        "config_json": json.dumps(status["config"], indent=2),
        "metrics_addr": replication.config.metrics_addr,
        "metrics": await litestream_metrics(replication.config.metrics_addr),
        "alternate_url_json": alternate_json(site, request),
    }
    return await render_page(
        site, request, ["litestream_status.html"], context, view_name="litestream_status", headers=_FRESH
    )


async def replication_metrics(site: Site, request: Request) -> Response:
    """``/-/litestream-metrics``, which Prometheus reads."""
    await site.permissions.ensure(request.actor, ACTION)
    replication: Replication = site.state["replication"]
    # A scrape every few seconds must not list the object store each time.
    status = await status_of(replication)
    text = render_metrics(status, await litestream_metrics(replication.config.metrics_addr))
    return Response(text, 200, _FRESH, CONTENT_TYPE)


async def replication_health(site: Site, request: Request) -> Response:
    """``/-/healthz/replication`` for load balancers: 200 while every database keeps up, else 503. Says no more."""
    status = await status_of(site.state["replication"], with_contents=False)
    good = status["running"] and all(each["state"] == "replicating" for each in status["databases"])
    return Response.text("ok" if good else "replication is behind", 200 if good else 503, _FRESH)


async def menu_links(site: Site, actor: Any) -> list[dict[str, str]]:
    """The link in the menu of those who may see the page."""
    access = await site.permissions.load(actor, (ACTION,))
    if not access.allowed(ACTION):
        return []
    return [{"href": str(site.urls.path("/-/litestream-status")), "label": "Litestream Status"}]
