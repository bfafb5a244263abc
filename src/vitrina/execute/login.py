"""Signing in with a password: the file of hashes, one check at a time, and patience with wrong guesses."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from pathlib import Path

from vitrina.access.passwords import PasswordHash, find_user, parse_password_file
from vitrina.config.identity import LoginConfig
from vitrina.errors import ConfigError, VitrinaError

_FAILURES_ALLOWED = 8
_FAILURE_SECONDS = 300.0
_REMEMBERED = 4096
# Checks that wait for the one that runs; each costs 50 ms of a processor.
_MOST_WAITING = 16


class TooManyAttempts(VitrinaError):
    """Wrong passwords for a name, or sign-ins at the same moment, beyond what is allowed."""

    status = 429


class Login:
    """Checks names and passwords; made once, where the configuration asks for it."""

    def __init__(self, config: LoginConfig) -> None:
        self.config = config
        self._path = Path(config.password_file)
        self._stamp: tuple[int, int] | None = None
        self._users: dict[str, PasswordHash] = {}
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._waiting = 0
        self._turn = asyncio.Lock()

    async def user(self, name: str, password: str) -> str | None:
        """The name, or None for a wrong name or password (one hop). Raises TooManyAttempts, ConfigError."""
        self._refuse_guessing(name)
        if self._waiting >= _MOST_WAITING:
            raise TooManyAttempts("Too many people are signing in at this moment", headers={"retry-after": "5"})
        self._waiting += 1
        try:
            async with self._turn:
                self._refuse_guessing(name)
                found = await asyncio.to_thread(self._check, name, password)
        finally:
            self._waiting -= 1
        if found is None:
            self._failed(name)
        else:
            self._failures.pop(name, None)
        return found

    def read(self) -> dict[str, PasswordHash]:
        """The users; the file is read again when it changed (blocking). Raises ConfigError."""
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp != self._stamp:
                self._users = parse_password_file(self._path.read_text(encoding="utf-8"))
                self._stamp = stamp
        except FileNotFoundError as error:
            raise ConfigError(
                f"vitrina.login.password_file: there is no file {self._path}; "
                f"vitrina set-password {self._path} NAME makes it"
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"vitrina.login.password_file: {self._path} cannot be read: {error}") from error
        return self._users

    def _check(self, name: str, password: str) -> str | None:
        return find_user(self.read(), name, password)

    def _refuse_guessing(self, name: str) -> None:
        failures = self._failures.get(name)
        if failures is None:
            return
        now = time.monotonic()
        while failures and now - failures[0] > _FAILURE_SECONDS:
            failures.popleft()
        if len(failures) >= _FAILURES_ALLOWED:
            wait = int(_FAILURE_SECONDS - (now - failures[0])) + 1
            raise TooManyAttempts(
                "Too many wrong passwords for this name; try again later", headers={"retry-after": str(wait)}
            )

    def _failed(self, name: str) -> None:
        self._failures.setdefault(name, deque(maxlen=_FAILURES_ALLOWED)).append(time.monotonic())
        self._failures.move_to_end(name)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)
