"""The routes of replication."""

from __future__ import annotations

from vitrina.http.router import Route
from vitrina.web.replication.status import replication_health, replication_metrics, replication_status

REPLICATION_ROUTES = (
    Route("litestream-status", "/-/litestream-status(.json)", replication_status),
    Route("litestream-metrics", "/-/litestream-metrics", replication_metrics),
    Route("replication-health", "/-/healthz/replication", replication_health),
)
