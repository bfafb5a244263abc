"""Two copies of one replica: while one is served, the other one follows."""

from __future__ import annotations

import logging
import os
import queue
import re
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vitrina.errors import StartupError
from vitrina.replicate.copying import copy_file
from vitrina.replicate.follower import Follower, Progress, use_rollback_journal
from vitrina.replicate.gate import ReadGate

log = logging.getLogger("vitrina.replica")

# Seconds between attempts to follow again: doubled from the first to the last.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_LEAVING_S = 5.0
# The first pages come before a large copy is made, which takes the disk: seconds for each byte of it, and at most.
_FIRST_PAGES_S, _FIRST_PAGES_MOST_S = 2e-9, 2.0
# Litestream goes on only from a change that its newest snapshot holds.
_AHEAD = re.compile(r"saved TXID [0-9a-f]{16} is ahead of latest snapshot \(max TXID ([0-9a-f]{16})\)")


@dataclass(frozen=True, slots=True)
class Served:
    """What is served: the replica's transaction number, and when it was taken over (seconds since the epoch)."""

    txid: int
    since: float


class Mirror:
    """Keeps ``path`` a copy of the replica that is complete at every moment.

    Litestream writes changed pages into the file that it follows with, so the
    file that is served is never one that is followed: ``path`` is a symbolic
    link that moves to the other copy when that one has taken a change over,
    and the copy that was served follows next, once ``gate`` says that its last
    reader has left. A process killed in the middle of a change leaves a copy
    that nobody reads; it is made anew.

    ``command`` is Litestream's to follow the replica, whose address is last, without ``-o``;
    ``environment()`` gives the child's environment, with fresh credentials.
    """

    def __init__(
        self, name: str, folder: Path, command: tuple[str, ...], environment: Callable[[], Mapping[str, str]]
    ) -> None:
        self.name = name
        self.path = folder / f"{name}.db"
        self.gate = ReadGate()
        self.served = Served(0, 0.0)
        self.error: str | None = None
        self._folder = folder
        self._command = command
        self._environment = environment
        self._events: queue.Queue[Progress] = queue.Queue()
        self._shown = Follower(folder / "a" / f"{name}.db", self._events)
        self._following = Follower(folder / "b" / f"{name}.db", self._events)
        # Of the copy that follows: whether it was begun from nothing, and whether it is whole between two changes.
        self._is_fresh = True
        self._is_sound = False
        self._first = threading.Event()
        self._stopping = threading.Event()
        self._renewal = threading.Event()
        self._new_keys = threading.Event()
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name=f"vitrina-mirror-{name}", daemon=True)

    def start(self) -> None:
        """Begin to restore the replica."""
        for follower in (self._shown, self._following):
            _empty(follower.path.parent)
        self._thread.start()

    def wait(self) -> None:
        """Wait until a first copy is served (blocking). Raises StartupError with Litestream's own words."""
        self._first.wait()
        if not self.served.txid:
            self.stop()
            raise StartupError(
                f"The replica of {self.name} cannot be restored: {self.error}",
                hint="Look at the address of the replica, its endpoint, and the credentials.",
            )

    def renew(self) -> None:
        """Make the copy that follows from nothing: what is in the store is no longer what was followed."""
        self._renewal.set()

    def use_new_keys(self) -> None:
        """Start both processes anew: ``environment()`` has other credentials than before."""
        self._new_keys.set()

    def stop(self) -> None:
        """End both processes (blocking). Idempotent."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    # The thread, which alone touches the two followers

    def _run(self) -> None:
        try:
            if self._restore():
                self._keep_up()
        except Exception:
            log.exception("The replica of %s is no longer followed", self.name)
            self.error = "the thread that follows it has ended; see the log"
        finally:
            self._shown.stop()
            self._following.stop()
            self._first.set()

    def _restore(self) -> bool:
        self._begin(self._shown)
        while not self._stopping.is_set():
            event = self._next_event()
            if event is None:
                continue
            if event.what == "ended":
                self.error = _last_words(event.follower)
                return False
            if self._take_over(self._shown):
                self.served = Served(event.txid, time.time())
                self._first.set()
                try:
                    self._leave_to_first_pages()
                    self._copy()
                except OSError as error:
                    self._fail(self._following, error)
                return True
        return False

    def _keep_up(self) -> None:
        while not self._stopping.is_set():
            try:
                self._go_on(self._next_event())
            except OSError as error:
                # A full disk, for one, is not full for ever: what is served stays, and the other side is made anew.
                self._following.stop()
                self._is_sound = False
                self._fail(self._following, error)

    def _go_on(self, event: Progress | None) -> None:
        if event is not None and event.follower is self._following and event.is_current:
            if event.what == "ended":
                self._follow_again()
            else:
                self._advance(event)
        if self._renewal.is_set():
            self._renewal.clear()
            self._make_anew()
        if self._new_keys.is_set() and self._is_sound and self._following.hold():
            self._new_keys.clear()
            self._shown.stop()
            self._following.stop()
            self._begin(self._following)

    def _advance(self, event: Progress) -> None:
        self.error = None
        if event.what == "applied":
            self._failures = 0
        # Changes that a copy already had are applied again first, over pages that are newer.
        if event.txid > self.served.txid or self._is_fresh:
            self._is_sound = True
            # In a replica that was begun anew, the same number is of another change.
            if event.txid != self.served.txid or self._is_fresh:
                self._exchange(event.txid)

    def _next_event(self) -> Progress | None:
        try:
            return self._events.get(timeout=0.2)
        except queue.Empty:
            return None

    def _begin(self, follower: Follower) -> None:
        try:
            follower.start(self._command, self._environment())
        except OSError as error:
            self._fail(follower, error)

    def _fail(self, follower: Follower, error: OSError) -> None:
        follower.lines.append(f"Error: {error}")
        self._events.put(Progress(follower, follower.run, "ended"))

    def _take_over(self, follower: Follower) -> bool:
        """Serve the copy of ``follower``, held still, from now on; False when it is in the middle of a change."""
        use_rollback_journal(follower.path)
        if not follower.hold():
            return False
        following = self._folder / f".{self.name}.next"
        following.unlink(missing_ok=True)
        following.symlink_to(follower.path)
        os.replace(following, self.path)
        return True

    def _exchange(self, txid: int) -> None:
        newer, older = self._following, self._shown
        if not self._take_over(newer):
            return
        self._shown, self._following = newer, older
        self.gate.switch()
        # Only now: what was kept of the copy before is given until the gate has counted the switch.
        self.served = Served(txid, time.time())
        waited = time.monotonic()
        while not self.gate.wait_until_left(_LEAVING_S) and not self._stopping.is_set():
            log.warning(
                "Replica of %s: a read of the copy before has been running for %.0f s; changes wait for its end",
                self.name,
                time.monotonic() - waited,
            )
        if self._stopping.is_set():
            return
        if self._is_fresh:
            # The older copy may be of a replica that was begun anew since, and must not follow this one.
            older.stop()
            self._copy()
            return
        # Its process was held all the time, even if it has ended.
        self._is_sound = True
        if older.is_running:
            older.release()
        else:
            self._begin(older)

    def _leave_to_first_pages(self) -> None:
        self._stopping.wait(min(self._shown.path.stat().st_size * _FIRST_PAGES_S, _FIRST_PAGES_MOST_S))

    def _copy(self) -> None:
        """Give the other side what is served, which nobody changes, and let it follow."""
        shown, following = self._shown, self._following
        self._is_sound = False
        _empty(following.path.parent)
        if not copy_file(shown.path, following.path, lambda: not self._stopping.is_set()):
            return
        shutil.copyfile(shown.mark, following.mark)
        self._is_fresh, self._is_sound = False, True
        self._begin(following)

    def _follow_again(self) -> None:
        follower = self._following
        words = _last_words(follower)
        if self._is_sound and (newest := _AHEAD.search(words)):
            # Applying changes once more leads to the same pages, but not on the way there.
            self._is_sound = False
            follower.mark.write_text(newest[1])
            self._begin(follower)
            return
        self.error = words
        self._failures += 1
        pause = min(_FIRST_PAUSE_S * 2 ** (self._failures - 1), _LONGEST_PAUSE_S)
        log.warning("Replica of %s: following ended (%s); again in %.1f s", self.name, words, pause)
        if not self._stopping.wait(pause):
            self._make_anew()

    def _make_anew(self) -> None:
        follower = self._following
        follower.stop()
        _empty(follower.path.parent)
        self._is_fresh, self._is_sound = True, False
        self._begin(follower)


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)


def _last_words(follower: Follower) -> str:
    errors = [line for line in follower.lines if line.startswith("Error") or "level=ERROR" in line]
    return errors[-1] if errors else "its process ended"
