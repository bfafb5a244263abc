"""The routes of replication."""

from __future__ import annotations

from vitrina.http.router import Route
from vitrina.web.replication.moments import moments_page, past_browse, past_download
from vitrina.web.replication.status import replication_health, replication_metrics, replication_status

REPLICATION_ROUTES = (
    Route("litestream-status", "/-/litestream-status(.json)", replication_status),
    Route("replica-moments", "/-/litestream-status/{database}(.json)", moments_page),
    Route("past-download", "/-/litestream-status/{database}/download", past_download),
    Route("past-browse", "/-/litestream-status/{database}/browse", past_browse, ("POST",)),
    Route("litestream-metrics", "/-/litestream-metrics", replication_metrics),
    Route("replication-health", "/-/healthz/replication", replication_health),
)
