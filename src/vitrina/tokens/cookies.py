"""The ``ds_actor`` cookie: a signed actor, with an expiry inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMESPACE = "actor"

# The contract's own order: an expiry written with another one would be read as another time.
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}


def base62_encode(number: int) -> str:
    """A number from 0 up in base 62, where A is 0.

    Raises ValueError for a negative number.
    """
    if number < 0:
        raise ValueError("Only numbers from 0 up have a base 62 form")
    text = ""
    while True:
        number, digit = divmod(number, 62)
        text = _ALPHABET[digit] + text
        if not number:
            return text


def base62_decode(text: str) -> int:
    """Undo :func:`base62_encode`. Raises ValueError for empty text and foreign characters."""
    if not text:
        raise ValueError("Empty text is no base 62 number")
    number = 0
    for character in text:
        if character not in _VALUES:
            raise ValueError(f"{character!r} is no base 62 digit")
        number = number * 62 + _VALUES[character]
    return number


def cookie_payload(actor: Mapping[str, Any], *, now: float, expire_after: int | None = None) -> dict[str, Any]:
    """What is signed into the cookie; ``expire_after`` is in seconds."""
    payload: dict[str, Any] = {"a": dict(actor)}
    if expire_after:
        payload["e"] = base62_encode(int(now) + expire_after)
    return payload


def actor_of_cookie(payload: Any, *, now: float) -> dict[str, Any] | None:
    """The actor of a cookie with a good signature; None when it expired or is malformed."""
    if not isinstance(payload, Mapping):
        return None
    actor = payload.get("a")
    expiry = payload.get("e")
    if expiry:
        try:
            if now > base62_decode(str(expiry)):
                return None
        except ValueError:
            return None
    return actor if isinstance(actor, dict) else None
