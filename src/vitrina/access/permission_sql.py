"""Rules that a plugin writes as SQL for the internal database."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

_numbers = itertools.count(1)


@dataclass
class PermissionSQL:
    """What a plugin contributes to one action for one actor.

    ``sql`` selects ``parent, child, allow, reason``; ``restriction_sql``
    selects ``parent, child`` of the only resources that stay allowed. Beside
    ``params`` both may use ``:actor`` (JSON), ``:actor_id`` and ``:action``.
    """

    sql: str | None = None
    params: dict[str, Any] | None = None
    source: str | None = None
    restriction_sql: str | None = None

    @classmethod
    def allow(cls, reason: str) -> PermissionSQL:
        """Allow the action everywhere."""
        return cls._everywhere(1, reason)

    @classmethod
    def deny(cls, reason: str) -> PermissionSQL:
        """Deny the action everywhere."""
        return cls._everywhere(0, reason)

    @classmethod
    def _everywhere(cls, allow: int, reason: str) -> PermissionSQL:
        # Plugins merge the parameters of several of these into one statement: the name must not repeat.
        name = f"reason_{next(_numbers)}"
        return cls(f"SELECT NULL AS parent, NULL AS child, {allow} AS allow, :{name} AS reason", {name: reason})
