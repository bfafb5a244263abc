"""Waiting for the store: which answers of Litestream count, and how the progress of a replica is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from vitrina.replicate import durability as durability_module
from vitrina.replicate.control import Control, ControlFailed, SyncState
from vitrina.replicate.durability import Durability
from vitrina.replicate.metrics import render_metrics
from vitrina.replicate.process import LogRing, Masking
from vitrina.replicate.progress import Progress


class Scripted:
    """Stands in for Litestream: gives prepared answers one after the other, the last one for ever."""

    def __init__(self, *answers: SyncState | Exception | Callable[[], SyncState]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def sync(self, path: str) -> SyncState:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await asyncio.sleep(0)
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("POLL_S", "SLOW_POLL_S", "_AFTER_FAILURE_S"):
        monkeypatch.setattr(durability_module, name, 0.001)


def made(control: Scripted, run: Callable[[], int] = lambda: 1, safe: bool = True) -> Durability:
    return Durability(control, run, lambda name: safe, lambda name, state: None)  # type: ignore[arg-type]


async def test_answered_when_the_store_has_the_first_number_told() -> None:
    control = Scripted(SyncState(7, 5), SyncState(8, 6), SyncState(9, 7))
    assert await made(control).wait("app", "/app.db", 5)
    assert control.asked == 3


@pytest.mark.parametrize(
    "answer",
    [SyncState(0, 0), SyncState(5, 4), SyncState(5, 9), ControlFailed("no connection")],
    ids=["just started", "not uploaded", "the store is ahead", "no answer"],
)
async def test_never_answered(answer: SyncState | Exception) -> None:
    assert not await made(Scripted(answer)).wait("app", "/app.db", 0.1)


async def test_never_answered_while_somebody_else_may_write_there() -> None:
    assert not await made(Scripted(SyncState(5, 5)), safe=False).wait("app", "/app.db", 0.1)


async def test_a_new_litestream_is_asked_anew() -> None:
    runs = iter([1, 1, 2, 2, 2, 2, 2, 2])
    # The first one said 3; the second has numbered what it found again, up to 5.
    control = Scripted(SyncState(3, 2), SyncState(5, 3), SyncState(5, 4), SyncState(5, 5))
    assert await made(control, lambda: next(runs)).wait("app", "/app.db", 5)
    assert control.asked == 4


async def test_all_who_wait_share_the_questions() -> None:
    control = Scripted(SyncState(7, 5), SyncState(7, 6), SyncState(7, 7))
    waiting = made(control)
    assert all(await asyncio.gather(*(waiting.wait("app", "/app.db", 5) for _ in range(50))))
    assert control.asked == 3


async def test_a_write_during_a_question_is_not_covered_by_its_answer() -> None:
    waiting: Durability
    late: list[asyncio.Task[bool]] = []

    def while_asked() -> SyncState:
        late.append(asyncio.ensure_future(waiting.wait("app", "/app.db", 5)))
        return SyncState(3, 3)

    control = Scripted(while_asked, SyncState(4, 3), SyncState(4, 4))
    waiting = made(control)
    assert await waiting.wait("app", "/app.db", 5)
    assert not late[0].done()
    assert await late[0] and control.asked == 3


async def test_a_socket_that_is_not_there_or_talks_nonsense(tmp_path) -> None:
    with pytest.raises(ControlFailed, match="no connection"):
        await Control(tmp_path / "none.sock").sync("/app.db")

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        writer.close()

    server = await asyncio.start_unix_server(talk, tmp_path / "s.sock")
    with pytest.raises(ControlFailed, match="no JSON"):
        await Control(tmp_path / "s.sock").sync("/app.db")
    server.close()
    await server.wait_closed()


def test_progress_and_lag() -> None:
    progress = Progress()
    assert progress.lag() is None
    progress.note(SyncState(5, 5), 100.0)
    assert progress.lag(130.0) == 0.0
    progress.note(SyncState(7, 5), 140.0)
    progress.note(SyncState(9, 6), 150.0)
    assert progress.lag(155.0) == 15.0
    progress.note(SyncState(9, 7), 160.0)
    assert progress.lag(161.0) == 11.0
    progress.note(SyncState(9, 9), 170.0)
    assert progress.lag(200.0) == 0.0 and progress.asked_at == 170.0


def test_the_log_is_bounded_and_masked() -> None:
    masked = Masking()
    masked.add("devsecret", None, "")
    ring = LogRing(masked)
    ring.add(b'{"level":"ERROR","msg":"upload failed","db":"app.db","error":"403 for devsecret"}')
    ring.add(b"plain devsecret text \xff")
    ring.add(b"")
    assert [line.text for line in ring.lines] == ["upload failed db=app.db error=403 for ***", "plain *** text �"]
    error = ring.last_error_of("app.db")
    assert error is not None and ring.last_error_of("other.db") is None
    for number in range(1000):
        ring.add(b"x" * 5000 + str(number).encode())
    assert len(ring.lines) == 200 and len(ring.lines[-1].text) == 2000


def test_metrics_for_prometheus() -> None:
    database = {"database": 'a"b', "state": "behind", "txid": 3, "replicated_txid": 2, "lag_seconds": 1.5}
    database |= {"wal_size": 4120, "replica_size": None, "replica_files": None}
    status = {"running": True, "litestream": {"starts": 2, "crashes": 1}, "credentials": {"rotations": 4}}
    text = render_metrics({**status, "databases": [database]}, "litestream_txid 3\n")
    assert 'vitrina_replication_lag_seconds{database="a\\"b"} 1.5\n' in text
    assert 'vitrina_replication_in_step{database="a\\"b"} 0\n' in text
    assert 'vitrina_replication_wal_bytes{database="a\\"b"} 4120\n' in text
    assert "vitrina_replication_crashes_total 1\n" in text and text.endswith("litestream_txid 3\n")
    assert "vitrina_replication_replica_bytes{" not in text
