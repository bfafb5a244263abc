"""The format of signed API tokens: ``dstok_`` and a signed object."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from vitrina.errors import TokenInvalid

PREFIX = "dstok_"
NAMESPACE = "token"


def digest_of(token: str) -> str:
    """Under what a signed token is revoked.

    The signature is left out: its text can be written in more than one way.
    """
    said = token.removeprefix(PREFIX).rpartition(".")[0]
    return f"sha256:{hashlib.sha256(said.encode('utf-8', 'surrogatepass')).hexdigest()}"


def token_payload(
    actor_id: str, *, created: int, expires_after: int | None = None, restrictions: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What a token says. ``created`` is in Unix seconds, ``expires_after`` in seconds (0 and None: never)."""
    payload: dict[str, Any] = {"a": actor_id, "t": created}
    if expires_after:
        payload["d"] = expires_after
    if restrictions:
        payload["_r"] = dict(restrictions)
    return payload


def actor_of_payload(payload: Any, *, now: float, max_ttl: int = 0) -> dict[str, Any]:
    """The actor that a token with a good signature stands for.

    ``max_ttl`` is the longest life in seconds that the server allows, 0 for
    any. Raises TokenInvalid for a token that is malformed or has expired.
    """
    if not isinstance(payload, Mapping) or "t" not in payload:
        raise TokenInvalid("Invalid token: no timestamp")
    if "a" not in payload:
        raise TokenInvalid("Invalid token: no actor")
    created = payload["t"]
    if not isinstance(created, int):
        raise TokenInvalid("Invalid token: invalid timestamp")
    duration = payload.get("d")
    if duration is not None and not isinstance(duration, int):
        raise TokenInvalid("Invalid token: invalid duration")
    if max_ttl:
        duration = min(duration, max_ttl) if duration else max_ttl
    if duration and now - created > duration:
        raise TokenInvalid("Token has expired")
    actor: dict[str, Any] = {"id": payload["a"], "token": "dstok"}
    if "_r" in payload:
        actor["_r"] = payload["_r"]
    if duration:
        actor["token_expires"] = created + duration
    return actor
