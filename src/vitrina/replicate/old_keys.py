"""Configuration written for Litestream 0.3, translated to what 0.5 takes, or refused with the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitrina.errors import ConfigError
from vitrina.replicate.option_names import DATABASE_KEYS

_REPLACED = "max-checkpoint-page-count"
_SNAPSHOT_KEYS = {"snapshot-interval": "interval", "retention": "retention"}


def translate_database(block: Mapping[str, Any], place: str) -> tuple[dict[str, Any], Any, list[str]]:
    """Litestream's options of one database, its replica as configured or None, and sentences for the log.

    Raises ConfigError that names the key and says what to write instead.
    """
    notes: list[str] = []
    options = {key: value for key, value in block.items() if key in DATABASE_KEYS}
    for key in ("path", "dir", "pattern", "watch", "recursive"):
        if key in block:
            raise ConfigError(f"{place}.{key}: remove it: the path is that of the file which is served")
    if _REPLACED in block:
        options.setdefault("truncate-page-n", block[_REPLACED])
        notes.append(f"{place}.{_REPLACED}: Litestream 0.5 calls it truncate-page-n, and it is used as that")
    unknown = sorted(set(block) - DATABASE_KEYS - {"replica", "replicas", "restore-if-db-not-exists", _REPLACED})
    if unknown:
        raise ConfigError(
            f"{place}.{unknown[0]}: Litestream 0.5 has no such option of a database; it has "
            f"{', '.join(sorted(DATABASE_KEYS))} and replica"
        )
    replica = _only_replica(block, place)
    if isinstance(replica, Mapping):
        replica = _translate_replica(replica, options, f"{place}.replica", notes)
    return options, replica, notes


def _only_replica(block: Mapping[str, Any], place: str) -> Any:
    several = block.get("replicas")
    if several is None:
        return block.get("replica")
    if block.get("replica") is not None:
        raise ConfigError(f"{place}.replicas: there is a replica beside it: keep one of the two")
    if not isinstance(several, list):
        raise ConfigError(f"{place}.replicas: a list of one replica is needed")
    if len(several) > 1:
        raise ConfigError(
            f"{place}.replicas: Litestream 0.5 has one replica for each database, and there are {len(several)} here. "
            "Keep one, and let the store copy it: buckets can be replicated by S3 itself"
        )
    return several[0] if several else None


def _translate_replica(
    replica: Mapping[str, Any], options: dict[str, Any], place: str, notes: list[str]
) -> dict[str, Any]:
    if "age" in replica:
        raise ConfigError(
            f"{place}.age: Litestream 0.5 does not encrypt. Remove it, and use the encryption of the bucket "
            "(for S3 the options sse-customer-algorithm, sse-customer-key or sse-kms-key-id)"
        )
    kept = dict(replica)
    kept.pop("name", None)
    for old, new in _SNAPSHOT_KEYS.items():
        if old in kept:
            snapshot = dict(options.get("snapshot") or {})
            snapshot.setdefault(new, kept.pop(old))
            options["snapshot"] = snapshot
            notes.append(f"{place}.{old}: Litestream 0.5 has it at the database, as snapshot.{new}; it is used as that")
    if kept.pop("retention-check-interval", None) is not None:
        notes.append(f"{place}.retention-check-interval: Litestream 0.5 has no such option; it has no effect")
    return kept
