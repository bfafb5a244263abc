"""A Litestream process that keeps one copy of a replica up to date, and can be held still."""

from __future__ import annotations

import os
import queue
import re
import signal
import sqlite3
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from vitrina.replicate.child import start_child

_FOLLOWS = re.compile(r'msg="entering follow mode".* txid=([0-9a-f]{16})')
_APPLIED = re.compile(r'msg="follow: applied updates".* to_txid=([0-9a-f]{16})')
_LINES = 20
# Bytes 18 and 19 of the header say how to journal; 1 is a rollback journal (SQLite file format, 1.3.3).
_JOURNAL_OFFSET = 18
_ROLLBACK = b"\x01\x01"
_HALT_S = 5.0


@dataclass(frozen=True, slots=True)
class Progress:
    """What a follower tells.

    It has begun to follow a file whose last whole change is ``txid``, has
    applied all changes up to ``txid``, or has ended.
    """

    follower: Follower
    run: int
    what: Literal["follows", "applied", "ended"]
    txid: int = 0

    @property
    def is_current(self) -> bool:
        """Whether the process that tells it is the follower's last one."""
        return self.run == self.follower.run


class Follower:
    """Runs ``litestream restore -f`` on one file. Not thread-safe: one thread drives it.

    ``events`` receives its :class:`Progress`. Litestream writes changed pages
    straight into the file under SQLite's exclusive lock, and tells when it has
    applied all that it found.
    """

    def __init__(self, path: Path, events: queue.Queue[Progress]) -> None:
        self.path = path
        self.lines: deque[str] = deque(maxlen=_LINES)
        # counts the processes
        self.run = 0
        self._events = events
        self._process: subprocess.Popen[str] | None = None

    @property
    def is_running(self) -> bool:
        """Whether the process is there, also while it is held."""
        return self._process is not None and self._process.poll() is None

    def start(self, command: tuple[str, ...], environment: Mapping[str, str]) -> None:
        """Begin to follow; a file with its ``-txid`` beside it goes on from there. Raises OSError."""
        # A process that is held still takes no other signal.
        self.run += 1
        arguments = [*command[:-1], "-o", str(self.path), command[-1]]
        self._process = start_child(arguments, environment, at_our_end=signal.SIGKILL)
        threading.Thread(
            target=self._listen, args=(self._process, self.run), name="vitrina-follower", daemon=True
        ).start()

    def _listen(self, process: subprocess.Popen[str], run: int) -> None:
        assert process.stdout is not None
        with process.stdout as output:
            for line in output:
                self.lines.append(line.rstrip())
                if found := _APPLIED.search(line):
                    self._events.put(Progress(self, run, "applied", int(found[1], 16)))
                elif found := _FOLLOWS.search(line):
                    self._events.put(Progress(self, run, "follows", int(found[1], 16)))
        process.wait()
        self._events.put(Progress(self, run, "ended"))

    def hold(self) -> bool:
        """Stop the process between two changes (blocking); False when it is in the middle of one, or has ended."""
        process = self._process
        if process is None or not self._halt(process):
            return False
        if not self._is_being_written():
            return True
        self.release()
        return False

    def _halt(self, process: subprocess.Popen[str]) -> bool:
        if process.poll() is not None:
            return False
        process.send_signal(signal.SIGSTOP)
        deadline = time.monotonic() + _HALT_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                return False
            if os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None:
                return True
            time.sleep(0.001)
        process.send_signal(signal.SIGCONT)
        return False

    def _is_being_written(self) -> bool:
        conn = sqlite3.connect(f"file:{quote(str(self.path))}?mode=ro", uri=True, timeout=0)
        try:
            conn.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
        except sqlite3.OperationalError:
            return True
        finally:
            conn.close()
        return False

    def release(self) -> None:
        """Let a held process go on."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End the process; the file may be half-way through a change afterwards. Idempotent."""
        process, self._process = self._process, None
        self.run += 1
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()

    @property
    def mark(self) -> Path:
        """Where Litestream keeps the number of the last change it applied."""
        return self.path.with_name(self.path.name + "-txid")


def use_rollback_journal(path: Path) -> None:
    """Write into the header of a file that nobody has open that it has no write-ahead log.

    The copy of a file in WAL mode says WAL; its readers would hold a lock that
    the follower waits for without end.
    """
    with path.open("r+b") as file:
        file.seek(_JOURNAL_OFFSET)
        if file.read(2) != _ROLLBACK:
            file.seek(_JOURNAL_OFFSET)
            file.write(_ROLLBACK)
