"""The state of replication as people and programs may see it: no secret is in it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vitrina.replicate.litestream_file import shown_document
from vitrina.replicate.progress import ALERT_AFTER_S
from vitrina.replicate.restore_points import ReplicaContent
from vitrina.replicate.service import Replication

#: Litestream's own defaults
_RETENTION, _SNAPSHOT_INTERVAL = "24h", "24h"


async def status_of(replication: Replication, *, with_contents: bool = True) -> dict[str, Any]:
    """Everything, as JSON."""
    if replication.is_started and replication.folder is not None:
        await replication.ask_briefly()
    names = list(replication.replicas)
    contents: list[ReplicaContent | None] = [None] * len(names)
    if with_contents:
        contents = [await replication.contents.of(name) for name in names]
    return {
        "ok": True,
        "running": replication.supervisor.process is not None,
        "litestream": _litestream(replication),
        "credentials": _credentials(replication),
        "durable_timeout": replication.config.durable_timeout_s,
        "databases": [_database(replication, name, content) for name, content in zip(names, contents, strict=True)],
        "config": shown_document(replication.document()),
        "logs": [
            {"at": _text(line.at), "level": logging.getLevelName(line.level), "text": line.text}
            for line in replication.ring.lines
        ],
    }


def state_of(replication: Replication, name: str) -> str:
    """One word or two for a database: replicating, behind, waiting, lost, stopped."""
    if not replication.is_started:
        return "stopped"
    if replication.leases.lost(name):
        return "lost"
    if name not in replication.leases.active:
        return "waiting"
    if replication.supervisor.process is None:
        return "starting again"
    progress = replication.progress[name]
    lag = progress.lag()
    if lag is not None and lag >= ALERT_AFTER_S:
        return "behind"
    # Litestream says at first that nothing is in the store; only then does it look.
    return "replicating" if lag is not None and progress.replicated_txid > 0 else "starting"


def _litestream(replication: Replication) -> dict[str, Any]:
    supervisor = replication.supervisor
    process = supervisor.process
    return {
        "pid": process.pid if process is not None else None,
        "started_at": _text(process.started_at) if process is not None else None,
        "starts": supervisor.runs,
        "crashes": supervisor.crashes,
        "last_end": supervisor.last_end,
        "last_end_at": _text(supervisor.last_end_at),
        "next_start_at": _text(_moment(supervisor.next_start_at)),
    }


def _credentials(replication: Replication) -> dict[str, Any]:
    rotation = replication.rotation
    current = rotation.current
    return {
        "source": rotation.source,
        "obtained_at": _text(rotation.obtained_at),
        "valid_until": _text(current.expires_at) if current is not None else None,
        "rotations": rotation.rotations,
        "last_error": rotation.last_error,
    }


def _database(replication: Replication, name: str, content: ReplicaContent | None) -> dict[str, Any]:
    replica = replication.replicas[name]
    progress = replication.progress.get(name)
    error = replication.ring.last_error_of(Path(replica.path).name)
    lag = progress.lag() if progress is not None else None
    snapshot = {**(replication.config.defaults.get("snapshot") or {}), **(replica.options.get("snapshot") or {})}
    return {
        "database": name,
        "path": replica.path,
        "replica": replica.target.shown,
        "state": state_of(replication, name),
        "txid": progress.txid if progress is not None else None,
        "replicated_txid": progress.replicated_txid if progress is not None else None,
        "wal_size": replication.wal_size(name),
        "lag_seconds": round(lag, 3) if lag is not None else None,
        "in_step_at": _text(_moment(progress.in_step_at)) if progress is not None else None,
        "lease": replication.leases.describe(name) if replication.is_started else None,
        "last_error": {"at": _text(error.at), "text": error.text} if error is not None else None,
        "oldest_restorable": _text(content.oldest) if content is not None else None,
        "oldest_size": content.oldest_size if content is not None else None,
        "newest_restorable": _text(content.newest) if content is not None else None,
        "replica_files": content.files if content is not None else None,
        "replica_size": content.size if content is not None else None,
        "snapshots": content.snapshots if content is not None else None,
        "retention": str(snapshot.get("retention", _RETENTION)),
        "snapshot_interval": str(snapshot.get("interval", _SNAPSHOT_INTERVAL)),
    }


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
