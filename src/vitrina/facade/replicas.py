"""Serving read replicas in an instance: their databases in the place of plain files, and their end with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from vitrina.engine.sqlite.database import SqliteDatabase
from vitrina.engine.sqlite.replica import GatedDatabase, ReplicaDatabase
from vitrina.facade.database import Database
from vitrina.replicate.gate import ReadGates
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
        _put(instance, plain, engine)
        # There may be two of one name.
        replica.name = engine.name
        found[engine.name] = replica
    for plain in [engine for engine in site.databases.values() if engine._attach]:
        _put(instance, plain, _across(plain, found))
    site.state[READ_REPLICAS] = found


def _across(plain: SqliteDatabase, replicas: Mapping[str, ReadReplica]) -> SqliteDatabase:
    """``plain``, which reads other databases too, holding on to the copies of those that are replicas."""
    attach = tuple(
        # Always to what is served now: not to the file that the link named when it was made.
        (name, f"file:{quote(replicas[name].path)}?mode=ro" if name in replicas else uri)
        for name, uri in plain._attach
    )
    gate = ReadGates([replicas[name].mirror.gate for name, _ in attach if name in replicas])
    return GatedDatabase(plain.spec, pool=plain.pool, setup=plain.setup, gate=gate, attach=attach)


def _put(instance: Datasette, plain: SqliteDatabase, engine: SqliteDatabase) -> None:
    """Serve ``engine`` in the place of ``plain``."""
    plain.close()
    instance.site.databases[engine.name] = engine
    instance._databases[engine.name] = Database.around(instance, engine)
