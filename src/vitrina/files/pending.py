"""Uploads that were prepared and are not complete yet."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vitrina.errors import BadRequest, Unavailable
from vitrina.files.names import new_ulid
from vitrina.files.storage import FileMetadata

#: seconds for which an upload token is good
LIFE_S = 3600
#: uploads that may be on their way at once
_MOST = 10_000


@dataclass
class PendingUpload:
    """One upload; ``stored`` is there once its bytes are."""

    token: str
    slug: str
    file_id: str
    path: str
    filename: str
    content_type: str
    size: int | None
    actor_id: str | None
    until: float
    direct: bool = False
    begun: bool = False
    stored: FileMetadata | None = None


class PendingUploads:
    """In the memory of this process. ``now`` gives seconds that only rise."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._by_token: dict[str, PendingUpload] = {}

    def add(self, **fields: Any) -> PendingUpload:
        """A new upload with a token of its own. Raises Unavailable when too many are on their way."""
        if len(self._by_token) >= _MOST:
            raise Unavailable("Too many uploads are on their way", headers={"Retry-After": "60"})
        pending = PendingUpload(token=f"tok_{new_ulid()}", until=self._now() + LIFE_S, **fields)
        self._by_token[pending.token] = pending
        return pending

    def find(self, token: Any, slug: str) -> PendingUpload:
        """The upload of this token. Raises BadRequest for none, an unknown or expired one, and another source's."""
        if not isinstance(token, str) or not token:
            raise BadRequest("upload_token is required")
        pending = self._by_token.get(token)
        if pending is None or pending.until <= self._now():
            raise BadRequest("Invalid or expired upload token")
        if pending.slug != slug:
            raise BadRequest("The upload token is for another source")
        return pending

    def remove(self, pending: PendingUpload) -> None:
        """Its token is used up."""
        self._by_token.pop(pending.token, None)

    def sweep(self) -> list[PendingUpload]:
        """Forget the expired ones, and give those whose bytes may lie in a storage for nothing."""
        now = self._now()
        expired = [each for each in self._by_token.values() if each.until <= now]
        for each in expired:
            self.remove(each)
        return [each for each in expired if each.stored is not None or each.direct]
