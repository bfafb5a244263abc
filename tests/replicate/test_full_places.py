"""No room in the object store, or on the disk of a reader; and room again."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))

from cli_process import announced, started
from file_replica import Writer
from object_store import running_store
from replicated_server import Load, ReplicatedServer, check_copy, until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


@contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[Path]:
    """A file system of that size at ``path``, until the block ends."""
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(path)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("this user may not mount a small file system")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def fill(folder: Path) -> Path:
    """Take all room of the file system of ``folder``; what took it."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        block = bytes(65536)
        while block:
            try:
                file.write(block)
            except OSError:
                block = block[: len(block) // 2]
    return filler


def test_an_object_store_without_room(litestream, tmp_path) -> None:
    with small_disk(tmp_path / "disk", 48) as disk, ExitStack() as stack:
        store = stack.enter_context(running_store(disk, "replica"))
        server = ReplicatedServer(tmp_path, store, litestream)
        server.options["durable_timeout"] = 5
        stack.callback(server.kill)
        server.start()
        with Load(server) as load:
            until(lambda: len(load.promised) > 2, "some writes are durable")
            filler = fill(disk)
            until(lambda: 504 in load.refused, "a durable write is not confirmed")
            code, body = server.insert("committed all the same", durable=True)
            assert (code, body["committed"], body["durable"]) == (504, True, False)
            before = len(load.acknowledged)
            until(lambda: len(load.acknowledged) > before + 20, "plain writes go on")
            assert set(load.refused) == {504}
            filler.unlink()
            # The store's own index may refuse writes for ever after its disk was full.
            store.stop()
            store.start()
            durable = len(load.promised)
            until(lambda: len(load.promised) > durable + 2, "further writes are durable")
        assert server.insert("everything until here", durable=True)[0] == 201
        assert server.restore() == server.rows()
        check_copy(server, server.rows(), load)


def test_a_reader_without_room(tmp_path) -> None:
    writer = Writer(tmp_path)
    try:
        with small_disk(tmp_path / "disk", 12) as disk, ExitStack() as stack:
            options = ("--follow-interval", "0.1", "--replica-dir", disk, "-p", "0")
            reader = stack.enter_context(started("serve", writer.replica, *options))
            address, _ = announced(reader)

            def seen() -> tuple[int, int]:
                sql = "select+min(number),max(number)+from+t+where+id+<+300"
                with urllib.request.urlopen(f"{address}/replica/-/query.json?_shape=arrays&sql={sql}") as answer:
                    return tuple(json.load(answer)["rows"][0])

            writer.write()
            until(lambda: seen() == (writer.number, writer.number), "the first change")
            filler = fill(disk)
            grown = [("y" * 900,)] * 2000
            writer.conn.executemany("insert into t (number, filling) values (0, ?)", grown)
            writer.write()
            # What is served stays, whole, however often following fails.
            for _ in range(100):
                smallest, largest = seen()
                assert smallest == largest < writer.number
            filler.unlink()
            until(lambda: seen() == (writer.number, writer.number), "the reader catches up when there is room")
    finally:
        writer.close()
