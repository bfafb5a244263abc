"""One run of Litestream: started, its log read, ended."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vitrina.replicate.target import redact_url

log = logging.getLogger("vitrina.replication")

#: log lines that are kept, and letters of each
KEPT_LINES = 200
_LINE = 2000
_LEVELS = {"ERROR": logging.ERROR, "WARN": logging.WARNING, "WARNING": logging.WARNING}
# Becomes Litestream in the end. Where the system can, Litestream is told when the process that started it is gone, so
# that it uploads what it has and ends: its lease is not renewed any more.
_LAUNCHER = """
import ctypes, os, sys
parent = int(sys.argv[1])
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 15)
    if os.getppid() != parent:
        sys.exit(3)
os.execv(sys.argv[2], sys.argv[2:])
"""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of Litestream's log, without secrets. ``level`` is a number of the module logging.

    ``database`` is the name of the file that it is about, None for others.
    """

    at: datetime
    level: int
    text: str
    database: str | None = None


class Masking:
    """Takes known secrets out of texts."""

    def __init__(self) -> None:
        self._secrets: dict[str, None] = {}

    def add(self, *secrets: str | None) -> None:
        """Mask these from now on, besides earlier ones (the last few hundred)."""
        for secret in secrets:
            if secret and len(secret) >= 4:
                self._secrets[secret] = None
        while len(self._secrets) > 300:
            self._secrets.pop(next(iter(self._secrets)))

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


class LogRing:
    """The last lines of Litestream's log over all its runs; warnings and errors also go to the server's log."""

    def __init__(self, masked: Masking) -> None:
        self._masked = masked
        self.lines: deque[LogLine] = deque(maxlen=KEPT_LINES)
        self.last_error: LogLine | None = None

    def add(self, raw: bytes) -> None:
        """Keep one line as Litestream wrote it."""
        line = self._parsed(raw.decode("utf-8", "replace").strip()[:_LINE])
        if not line.text:
            return
        self.lines.append(line)
        if line.level >= logging.ERROR:
            self.last_error = line
        if line.level >= logging.WARNING:
            log.log(line.level, "Litestream: %s", line.text)

    def _parsed(self, text: str) -> LogLine:
        now = datetime.now(UTC)
        try:
            fields = json.loads(text)
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            return LogLine(now, logging.INFO, self._masked(text))
        level = _LEVELS.get(str(fields.get("level") or "").upper(), logging.INFO)
        rest = {key: value for key, value in fields.items() if key not in ("time", "level", "msg") and value != ""}
        told = [str(fields.get("msg") or ""), *(f"{key}={_short(value)}" for key, value in rest.items())]
        database = fields.get("db") or fields.get("path")
        name = Path(str(database)).name if database else None
        return LogLine(now, level, self._masked(" ".join(told).strip()), name)

    def last_error_of(self, file_name: str) -> LogLine | None:
        """The last error about a database file."""
        return next((x for x in reversed(self.lines) if x.level >= logging.ERROR and x.database == file_name), None)

    def tail(self, count: int = 20) -> str:
        """The last lines as text."""
        return "\n".join(line.text for line in list(self.lines)[-count:])


def _short(value: Any) -> str:
    text = str(value)
    return redact_url(text) if "://" in text and " " not in text else text


class LitestreamProcess:
    """A running Litestream. Made by :meth:`start` only."""

    def __init__(self, process: asyncio.subprocess.Process, reading: asyncio.Task[None]) -> None:
        self._process = process
        self._reading = reading
        self.started_at = datetime.now(UTC)

    @classmethod
    async def start(
        cls, binary: str, configuration: Path, environment: Mapping[str, str], ring: LogRing
    ) -> LitestreamProcess:
        """Start it; nothing secret is among its arguments. Raises OSError."""
        output, for_child = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid())),
                *(binary, "replicate", "-no-expand-env", "-config", str(configuration)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=for_child,
                stderr=for_child,
                env=dict(environment),
                # It keeps the other end of its own output open: else it would be ended by its first line after this
                # process is gone, before its last upload.
                pass_fds=(output,),
                # Not ended by Ctrl-C together with the server, which has something to write still.
                start_new_session=True,
            )
        except BaseException:
            os.close(output)
            raise
        finally:
            os.close(for_child)
        return cls(process, asyncio.ensure_future(_read_lines(output, ring)))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.returncode

    async def wait(self) -> int:
        """Wait for its end, and for the last of its log; the exit status."""
        status = await self._process.wait()
        # Something it started may hold its output open.
        _, unfinished = await asyncio.wait((self._reading,), timeout=2)
        for task in unfinished:
            task.cancel()
        return status

    async def stop(self, patience_s: float) -> bool:
        """Ask it to end, and make it after ``patience_s``; whether it ended by itself."""
        if self._process.returncode is not None:
            return True
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(asyncio.shield(self._process.wait()), patience_s)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self.wait()
            return False
        await self.wait()
        return True


async def _read_lines(output: int, ring: LogRing) -> None:
    """Take in lines until the other end is closed; ``output`` is a file descriptor, closed in the end."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1024 * 1024)
    pipe = os.fdopen(output, "rb", 0)
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    try:
        while True:
            try:
                line = await reader.readline()
            except ValueError:
                # A line longer than any log has; what was read of it is dropped.
                continue
            if not line:
                return
            ring.add(line)
    finally:
        transport.close()
