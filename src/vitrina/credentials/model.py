"""Credentials of an object store, the contract of what supplies them, and their state without secrets."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from vitrina.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Credentials:
    """Keys of an S3 account. ``expires_at`` is aware and in UTC; None never expires.

    ``bucket`` and ``prefix`` are there where the supplier also says which
    folder the keys are for; the prefix is empty or ends in "/".
    """

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    bucket: str | None = None
    prefix: str | None = None


class CredentialsUnavailable(Unavailable):
    """No valid credentials now. The message never contains a secret."""

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(
            message,
            hint="The page of credentials says since when, and when it is tried again.",
            headers={"Retry-After": str(max(1, math.ceil(retry_after)))},
        )


class FetchFailed(Exception):
    """A provider got no credentials; the text says why, and never contains a secret."""


class CredentialProvider(Protocol):
    """One place that credentials come from."""

    @property
    def source(self) -> str:
        """What people read: the kind and place, such as "broker at https://keys.example". No secret."""
        ...

    async def fetch(self) -> Credentials:
        """New credentials, asked for now. Does not block the loop; takes some seconds at most.

        Raises FetchFailed.
        """
        ...


@dataclass(frozen=True, slots=True)
class CredentialState:
    """What an administrator may see. Times are in UTC."""

    source: str
    valid_until: datetime | None
    obtained_at: datetime | None
    last_error: str | None
    next_attempt_at: datetime | None
    failures: int

    @property
    def summary(self) -> str:
        """One word: valid, failing (with or without valid ones), expired, or unused where nobody needed any yet."""
        if self.failures:
            return "failing"
        if self.obtained_at is None:
            return "unused"
        return "valid" if self.is_valid else "expired"

    @property
    def is_valid(self) -> bool:
        """Whether there are credentials that have not expired."""
        return self.obtained_at is not None and (self.valid_until is None or self.valid_until > datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class CredentialUse:
    """Who needs credentials, for the page about them: ``place`` is the key of its configuration."""

    used_by: str
    place: str
    state: CredentialState


def parse_expiration(text: object) -> datetime:
    """An ISO 8601 time as aware UTC; one without a zone is in UTC. Raises FetchFailed."""
    if not isinstance(text, str):
        raise FetchFailed("the expiration is not text")
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise FetchFailed("the expiration is not an ISO 8601 time") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
