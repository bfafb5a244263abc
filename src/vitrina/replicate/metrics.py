"""The state of replication for Prometheus, in its text format."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Iterable
from typing import Any

_MOST_BYTES = 4 * 1024 * 1024
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

#: name → (type, what it is, key of a database's state)
_OF_DATABASES = {
    "vitrina_replication_txid": ("gauge", "Last transaction in Litestream's local files", "txid"),
    "vitrina_replication_replicated_txid": ("gauge", "Last transaction in the object store", "replicated_txid"),
    "vitrina_replication_lag_seconds": (
        "gauge",
        "Age of the oldest transaction not in the store",
        "lag_seconds",
    ),
    "vitrina_replication_wal_bytes": ("gauge", "Bytes of the write-ahead log", "wal_size"),
    "vitrina_replication_replica_bytes": ("gauge", "Bytes of all files of the replica", "replica_size"),
    "vitrina_replication_replica_files": ("gauge", "Files of the replica", "replica_files"),
}


def render_metrics(status: dict[str, Any], litestream: str = "") -> str:
    """What Prometheus reads; ``litestream`` are the metrics of Litestream's own, appended."""
    process = status["litestream"]
    lines: list[str] = []
    lines += _metric("vitrina_replication_up", "gauge", "Whether Litestream runs", [({}, int(status["running"]))])
    lines += _metric("vitrina_replication_starts_total", "counter", "Starts of Litestream", [({}, process["starts"])])
    lines += _metric("vitrina_replication_crashes_total", "counter", "Ends not asked for", [({}, process["crashes"])])
    rotations = status["credentials"]["rotations"]
    lines += _metric("vitrina_replication_rotations_total", "counter", "Changes of credentials", [({}, rotations)])
    healthy = [({"database": each["database"]}, int(each["state"] == "replicating")) for each in status["databases"]]
    lines += _metric("vitrina_replication_in_step", "gauge", "Whether a database keeps up", healthy)
    for name, (kind, meaning, key) in _OF_DATABASES.items():
        values = [({"database": each["database"]}, each[key]) for each in status["databases"] if each[key] is not None]
        lines += _metric(name, kind, meaning, values)
    return "\n".join(lines) + "\n" + litestream


def _metric(name: str, kind: str, meaning: str, values: Iterable[tuple[dict[str, str], Any]]) -> list[str]:
    lines = [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]
    for labels, value in values:
        shown = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        lines.append(f"{name}{{{shown}}} {value}" if shown else f"{name} {value}")
    return lines


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


async def litestream_metrics(address: str | None) -> str:
    """The metrics that Litestream serves itself at ``address`` such as ":5001"; empty where it serves none."""
    if not address:
        return ""
    host, _, port = address.rpartition(":")
    url = f"http://{host or '127.0.0.1'}:{port}/metrics"
    return await asyncio.to_thread(_fetch, url)


def _fetch(url: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as answer:
            content: bytes = answer.read(_MOST_BYTES)
    except (urllib.error.URLError, OSError, ValueError):
        return ""
    return content.decode("utf-8", "replace")
