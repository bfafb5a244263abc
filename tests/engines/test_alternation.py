"""Reads and commits of one process taking turns."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from vitrina.engine.sqlite import alternation
from vitrina.engine.sqlite.alternation import Alternation

PATIENCE = 30.0


@pytest.fixture
def turns(monkeypatch):
    # Long enough that what these tests see is never the end of somebody's patience.
    monkeypatch.setattr(alternation, "_PATIENCE_S", PATIENCE)
    lock = threading.Lock()
    return Alternation(lock, threading.Condition(lock), lambda: False)


class Thread(threading.Thread):
    def __init__(self, *steps):
        super().__init__(daemon=True)
        self._steps = steps
        self.start()

    def run(self):
        for step in self._steps:
            step()

    def ended(self):
        self.join(PATIENCE)
        return not self.is_alive()


def until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_reads_that_waited_for_a_commit_go_before_the_next(turns):
    order = []
    turns.begin_commit()
    reads = [Thread(lambda: turns.begin_read(PATIENCE), lambda: order.append("read"), turns.end_read) for _ in range(3)]
    until(lambda: turns._waiting == 3)
    # The writer asks for the lock again at once, before any thread that it woke can have run.
    turns.end_commit()
    turns.let_reads_begin()
    turns.begin_commit()
    order.append("commit")
    turns.end_commit()
    assert all(read.ended() for read in reads)
    assert order == ["read", "read", "read", "commit"]


def test_a_commit_waits_for_reads_under_way_and_holds_later_ones(turns):
    order = []
    turns.begin_read(PATIENCE)
    writer = Thread(turns.begin_commit, lambda: order.append("commit"), turns.end_commit)
    until(lambda: turns._is_closed)
    later = Thread(lambda: turns.begin_read(PATIENCE), lambda: order.append("later read"), turns.end_read)
    until(lambda: turns._waiting == 1)
    order.append("first read")
    turns.end_read()
    assert writer.ended()
    assert later.ended()
    assert order == ["first read", "commit", "later read"]


def test_transactions_are_apart_while_others_want_what_they_read_before(turns, monkeypatch):
    slept = []
    monkeypatch.setattr(alternation, "time", SimpleNamespace(monotonic=lambda: 100.0, sleep=slept.append))
    turns.begin_commit()
    turns.want()
    turns.end_commit()
    turns.let_reads_begin()
    assert slept == [pytest.approx(alternation._APART_S)]
    # Nobody has asked since.
    turns.let_reads_begin()
    assert slept == [pytest.approx(alternation._APART_S)]


def test_no_read_holds_up_commits_for_ever(turns, monkeypatch):
    monkeypatch.setattr(alternation, "_PATIENCE_S", 0.01)
    turns.begin_read(PATIENCE)
    turns.want()
    writer = Thread(*[turns.let_reads_begin, turns.begin_commit, turns.end_commit] * 2)
    assert writer.ended()
    turns.end_read()
