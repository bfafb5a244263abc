"""Litestream's own configuration file, readable by nobody else."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vitrina.config.secrets import redact
from vitrina.replicate.configuration import DatabaseReplica
from vitrina.replicate.option_names import OF_DATABASES
from vitrina.replicate.target import redact_url

#: seconds that Litestream takes at most for a last upload: a lease that is no longer renewed lives longer
_LAST_UPLOAD = "15s"


def litestream_document(
    replicas: Sequence[DatabaseReplica],
    defaults: Mapping[str, Any],
    *,
    socket: Path | None = None,
    metrics_addr: str | None = None,
) -> dict[str, Any]:
    """The document that Litestream 0.5 reads. ``socket`` is that of its control; keys of ``replicas`` stand in it."""
    document: dict[str, Any] = {"shutdown-sync-timeout": _LAST_UPLOAD, "logging": {"type": "json", "stderr": True}}
    document |= {key: value for key, value in defaults.items() if key not in OF_DATABASES}
    if socket is not None:
        document["socket"] = {"enabled": True, "path": str(socket), "permissions": 0o600}
    if metrics_addr:
        document["addr"] = metrics_addr
    document["dbs"] = [
        {**replica.options, "path": replica.path, "replica": dict(replica.target.options)} for replica in replicas
    ]
    return document


def shown_document(document: Mapping[str, Any]) -> Any:
    """The document for people: without secrets, those inside URLs included."""
    return _without_secrets(redact(document))


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_secrets(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_without_secrets(child) for child in value]
    return redact_url(value) if isinstance(value, str) and "://" in value else value


def write_private(path: Path, document: Mapping[str, Any]) -> None:
    """Write the document for this user's eyes alone (blocking); whoever reads it meanwhile sees the old one whole."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file)
    fresh.replace(path)
