"""Reads of a copy while another one is put in its place."""

from __future__ import annotations

from vitrina.engine.protocols import DatabaseSpec
from vitrina.engine.sqlite.connections import ConnectionSetup
from vitrina.engine.sqlite.replica import GatedDatabase
from vitrina.replicate.gate import ReadGate


async def test_who_came_before_a_switch_reads_on(make_file, pool, monkeypatch):
    path = make_file("create table t (id integer primary key); insert into t values (1)")
    gate = ReadGate()
    spec = DatabaseSpec(name="copy", route="copy", path=str(path))
    database = GatedDatabase(spec, pool=pool, setup=ConnectionSetup(), gate=gate)
    opened = database._slots.of_thread

    def switched_meanwhile(epoch):
        slot = opened(epoch)
        if not gate.switches:
            gate.switch()
            database.look_now()
        return slot

    monkeypatch.setattr(database._slots, "of_thread", switched_meanwhile)
    rows = await database.read(lambda reader: reader.select("select id from t").rows)
    assert list(rows) == [(1,)]
    assert gate.switches == 1
    database.close()
