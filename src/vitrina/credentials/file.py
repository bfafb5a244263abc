"""Credentials from a file that something else keeps current."""

from __future__ import annotations

import asyncio
import configparser
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vitrina.credentials.documents import parse_document
from vitrina.credentials.model import Credentials, FetchFailed
from vitrina.credentials.web_call import parse_object

#: seconds after which a file without an expiration is read again
_READ_AGAIN_S = 300
_MOST_BYTES = 256 * 1024


class FileProvider:
    """A JSON object as AWS tools write it, or an INI file with ``profile``; read again every five minutes."""

    def __init__(self, path: str | Path, *, profile: str = "default") -> None:
        self._path = Path(path).expanduser()
        self._profile = profile
        self.source = f"file {self._path}"

    async def fetch(self) -> Credentials:
        found = await asyncio.to_thread(self._read)
        if found.expires_at is None:
            found = replace(found, expires_at=datetime.now(UTC) + timedelta(seconds=_READ_AGAIN_S))
        return found

    def _read(self) -> Credentials:
        try:
            with self._path.open(encoding="utf-8") as file:
                text = file.read(_MOST_BYTES)
        except OSError as error:
            raise FetchFailed(f"it cannot be read ({error.strerror})") from None
        except UnicodeDecodeError:
            raise FetchFailed("it is not UTF-8 text") from None
        return parse_document(parse_object(text)) if text.lstrip().startswith("{") else self._from_ini(text)

    def _from_ini(self, text: str) -> Credentials:
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(text)
        except configparser.Error:
            raise FetchFailed("it is neither JSON nor an INI file") from None
        if not parser.has_section(self._profile):
            raise FetchFailed(f"it has no profile {self._profile}")
        section = parser[self._profile]
        key, secret = section.get("aws_access_key_id"), section.get("aws_secret_access_key")
        if not key or not secret:
            raise FetchFailed(f"the profile {self._profile} has no keys")
        return Credentials(key, secret, section.get("aws_session_token") or None)
