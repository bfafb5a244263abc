"""Credentials written into the configuration."""

from __future__ import annotations

from vitrina.credentials.model import Credentials


class StaticProvider:
    """Always the same keys; they never expire as far as anybody knows."""

    source = "configuration"

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def fetch(self) -> Credentials:
        return self._credentials
