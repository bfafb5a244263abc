"""The workers: in this process where there is one, else each in a process of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from vitrina.errors import StartupError, VitrinaError
from vitrina.publish.bake.selection import Wanted
from vitrina.publish.bake.site import SiteOptions
from vitrina.publish.bake.worker import Failure, Found, Worker, Written, failure_of, run_worker


class DiskFull(StartupError):
    """There is no room for another file; what was written stays."""


class Hand(Protocol):
    """A worker: ``begin`` a batch, wait for what was ``found``, ``begin_write``, wait for what was ``written``.

    The next batch may begin before one waits for what was written.
    """

    def begin(self, pages: Sequence[Wanted]) -> None: ...
    def found(self) -> list[Found]: ...
    def begin_write(self, rejected: frozenset[str]) -> None: ...
    def written(self) -> list[Written | Found]: ...
    def end(self) -> None: ...


class _Here:
    def __init__(self, options: SiteOptions, root: Path, public: str) -> None:
        self._worker = Worker(options, root, public)
        self._pages: Sequence[Wanted] = ()
        self._written: list[Written | Found] = []

    def begin(self, pages: Sequence[Wanted]) -> None:
        self._pages = pages

    def found(self) -> list[Found]:
        return self._worker.fetch(self._pages)

    def begin_write(self, rejected: frozenset[str]) -> None:
        try:
            self._written = self._worker.write(rejected)
        except OSError as error:
            raise _raised(failure_of(error)) from error

    def written(self) -> list[Written | Found]:
        return self._written

    def end(self) -> None:
        self._worker.close()


class _Elsewhere:
    def __init__(self, options: SiteOptions, root: Path, public: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        self._process = context.Process(target=run_worker, args=(other, options, root, public), daemon=True)
        self._process.start()
        other.close()

    def begin(self, pages: Sequence[Wanted]) -> None:
        self._send("fetch", tuple(pages))

    def found(self) -> list[Found]:
        answer: list[Found] = self._receive()
        return answer

    def begin_write(self, rejected: frozenset[str]) -> None:
        self._send("write", rejected)

    def written(self) -> list[Written | Found]:
        answer: list[Written | Found] = self._receive()
        return answer

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.send(("end", None))
        self._connection.close()
        self._process.join(10)
        if self._process.is_alive():
            self._process.terminate()

    def _send(self, *message: Any) -> None:
        try:
            self._connection.send(message)
        except OSError:
            # It has ended; why is what it sent last.
            return

    def _receive(self) -> Any:
        try:
            answer = self._connection.recv()
        except (EOFError, OSError) as error:
            raise StartupError("A worker ended before its time; run the same command again to go on") from error
        if isinstance(answer, Failure):
            raise _raised(answer)
        return answer


def _raised(failure: Failure) -> VitrinaError:
    if failure.is_disk_full:
        return DiskFull(f"{failure.message}; make room and run the same command again to go on")
    return StartupError(failure.message)


def open_crew(jobs: int, options: SiteOptions, root: Path, public: str) -> list[Hand]:
    """``jobs`` workers. Raises StartupError and ConfigError."""
    if jobs <= 1:
        return [_Here(options, root, public)]
    return [_Elsewhere(options, root, public) for _ in range(jobs)]
