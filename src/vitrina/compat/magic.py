"""The built-in magic parameters as functions of a key and the request."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Callable
from typing import Any


def header(key: str, request: Any) -> str:
    """A request header; ``_`` in the key stands for ``-``."""
    wanted = key.replace("_", "-").lower().encode("utf-8")
    return next((value.decode("latin-1") for name, value in request.scope.get("headers", ()) if name == wanted), "")


def actor(key: str, request: Any) -> Any:
    """A key of the actor. Raises KeyError."""
    if request.actor is None:
        raise KeyError
    return request.actor[key]


def cookie(key: str, request: Any) -> str:
    """A cookie. Raises KeyError."""
    return str(request.cookies[key])


def now(key: str, request: Any) -> Any:
    """The time: ``epoch``, ``date_utc`` or ``datetime_utc``. Raises KeyError."""
    moment = datetime.datetime.now(datetime.UTC)
    if key == "epoch":
        return int(moment.timestamp())
    if key == "date_utc":
        return moment.date().isoformat()
    if key == "datetime_utc":
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    raise KeyError


def random(key: str, request: Any) -> str:
    """``chars_N``: N random hexadecimal characters. Raises KeyError."""
    number = key.removeprefix("chars_")
    if number == key or not number.isdigit():
        raise KeyError
    return secrets.token_hex((int(number) + 1) // 2)[: int(number)]


def register_magic_parameters() -> list[tuple[str, Callable[[str, Any], Any]]]:
    """Prefix and function of each."""
    return [("header", header), ("actor", actor), ("cookie", cookie), ("now", now), ("random", random)]
