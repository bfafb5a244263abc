"""Credentials that a command prints."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from vitrina.credentials.documents import parse_document
from vitrina.credentials.model import Credentials, FetchFailed
from vitrina.credentials.web_call import parse_object

_MOST_BYTES = 256 * 1024


class CommandProvider:
    """Runs ``command`` (program and arguments, no shell); it prints a JSON object. ``timeout`` in seconds."""

    def __init__(self, command: Sequence[str], *, timeout: float = 30.0) -> None:
        self._command = list(command)
        self._timeout = timeout
        # Arguments may hold secrets.
        self.source = f"command {self._command[0]}"

    async def fetch(self) -> Credentials:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            raise FetchFailed(f"it cannot be run ({error.strerror})") from None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(self._timeout):
                printed = await process.stdout.read(_MOST_BYTES)
                while more := await process.stdout.read(_MOST_BYTES):
                    printed += more
                    if len(printed) > _MOST_BYTES:
                        raise FetchFailed("it printed too much")
                status = await process.wait()
        except TimeoutError:
            raise FetchFailed(f"it did not end within {self._timeout:g} s") from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if status != 0:
            raise FetchFailed(f"it ended with status {status}")
        return parse_document(parse_object(printed.decode("utf-8", "replace")))
