"""A macaroon in memory, and what can be wrong with one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class MacaroonError(ValueError):
    """Bytes that are no macaroon, or one that cannot be checked."""


class Caveat(NamedTuple):
    """One condition. ``verification_id`` is only there for conditions that a third party discharges."""

    identifier: bytes
    location: str | None = None
    verification_id: bytes | None = None


@dataclass(frozen=True, slots=True)
class Macaroon:
    """``location`` is a hint and unsigned; identifier and caveats are covered by ``signature``."""

    location: str
    identifier: bytes
    caveats: tuple[Caveat, ...]
    signature: bytes
