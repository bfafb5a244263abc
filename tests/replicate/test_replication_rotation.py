"""Credentials of replicas over time: asked for again, kept while they cannot be had, told when they changed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from vitrina.credentials.model import Credentials, FetchFailed
from vitrina.errors import StartupError
from vitrina.replicate import rotation as rotation_module
from vitrina.replicate.rotation import Rotation


class Scripted:
    """Gives prepared credentials or failures one after the other, the last one for ever."""

    source = "script"

    def __init__(self, *answers: Credentials | str) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def fetch(self) -> Credentials:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, str):
            raise FetchFailed(answer)
        return answer


def expiring(key: str, seconds: float) -> Credentials:
    return Credentials(key, "secret", "session", datetime.now(UTC) + timedelta(seconds=seconds))


async def _until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_new_ones_are_told_and_equal_ones_are_not() -> None:
    changed: list[Credentials] = []
    first, second = Credentials("a", "b"), Credentials("c", "d")
    rotation = Rotation(Scripted(first, first, second, second), 0.01, changed.append)
    await rotation.first()
    rotation.launch()
    await _until(lambda: rotation.rotations)
    await rotation.close()
    assert changed == [second] and rotation.current == second


async def test_those_that_expire_are_asked_for_before() -> None:
    changed: list[Credentials] = []
    script = Scripted(expiring("a", 1.25), expiring("b", 3600))
    rotation = Rotation(script, None, changed.append)
    await rotation.first()
    rotation.launch()
    await _until(lambda: changed)
    assert rotation.current is not None and rotation.current.access_key_id == "b"
    await rotation.close()
    assert script.asked == 2


async def test_a_failure_keeps_the_old_ones_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation_module, "_FIRST_PAUSE_S", 0.01)
    old, new = Credentials("a", "b"), Credentials("c", "d")
    script = Scripted(old, "it ended with status 7", "the answer is not JSON", new)
    rotation = Rotation(script, 0.01, lambda credentials: None)
    await rotation.first()
    await rotation.refresh()
    assert (rotation.current, rotation.failures, rotation.last_error) == (old, 1, "it ended with status 7")
    rotation.launch()
    await _until(lambda: rotation.current == new)
    assert (rotation.failures, rotation.last_error, rotation.rotations) == (0, None, 1)
    await rotation.close()


async def test_without_first_ones_there_is_no_start() -> None:
    with pytest.raises(StartupError, match="failed to load initial credentials: script: no"):
        await Rotation(Scripted("no"), 1, lambda credentials: None).first()


async def test_what_never_changes_is_asked_for_once() -> None:
    script = Scripted(Credentials("a", "b"))
    rotation = Rotation(script, None, lambda credentials: None)
    await rotation.first()
    rotation.launch()
    await asyncio.sleep(0)
    assert rotation._task is None and script.asked == 1
    await Rotation(None, None, lambda credentials: None).first()


@pytest.mark.parametrize(
    ("seconds", "pause"),
    [(3600 * 9, 15 * 60), (1000, 800), (0.1, 1), (-3600 * 5, 10)],
    ids=["a slow clock", "as they last", "short-lived", "a fast clock"],
)
async def test_a_wrong_clock_neither_keeps_keys_too_long_nor_asks_all_the_time(seconds: float, pause: float) -> None:
    rotation = Rotation(Scripted(expiring("a", seconds)), None, lambda _: None)
    await rotation.first()
    assert rotation._pause() == pytest.approx(pause, abs=1)
