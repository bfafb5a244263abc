"""Serving read replicas in an instance: their databases in the place of plain files, and their end with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vitrina.engine.sqlite.replica import ReplicaDatabase
from vitrina.facade.database import Database
from vitrina.web.replication.read_replicas import READ_REPLICAS

if TYPE_CHECKING:
    from vitrina.facade.datasette import Datasette
    from vitrina.replicate.reading import ReadReplica


def serve_replicas(instance: Datasette, replicas: Sequence[ReadReplica]) -> None:
    """Have ``instance``, made with the paths of ``replicas`` and not started yet, read them as what they are."""
    site = instance.site
    found: dict[str, ReadReplica] = {}
    for replica in replicas:
        plain = next(engine for engine in site.databases.values() if engine.path == replica.path)
        engine = ReplicaDatabase(
            plain.spec,
            pool=plain.pool,
            setup=plain.setup,
            gate=replica.mirror.gate,
            writer=lambda replica=replica: replica.writer,  # type: ignore[misc]
        )
        plain.close()
        site.databases[engine.name] = engine
        instance._databases[engine.name] = Database.around(instance, engine)
        found[engine.name] = replica
    site.state[READ_REPLICAS] = found
