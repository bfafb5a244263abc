"""Signed values: JSON with a signature of the server's secret, one salt per purpose."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

__all__ = ["BadSignature", "Signer"]

# Signed values whose signature was found good, kept to save checking it again.
_REMEMBERED = 512
_LONGEST_REMEMBERED = 4096


class Signer:
    """Signs values with one secret; checks them with it and with ``previous`` ones, in constant time."""

    def __init__(self, secret: str, previous: Iterable[str] = ()) -> None:
        # The last one signs.
        self._secrets = [*previous, secret]
        # The namespaces in use are few; the bound is against a plugin that makes them up.
        self._serializer = lru_cache(maxsize=64)(self._open_serializer)
        self._checked: dict[bytes, str] = {}
        self._lock = threading.Lock()

    def _open_serializer(self, namespace: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._secrets, namespace)

    def sign(self, value: Any, namespace: str = "default") -> str:
        """``value`` (anything that is JSON) as URL-safe text; compressed where that is shorter."""
        signed = self._serializer(namespace).dumps(value)
        return signed if isinstance(signed, str) else signed.decode("ascii")

    def unsign(self, signed: str, namespace: str = "default") -> Any:
        """The value that was signed for this namespace, a new object each time.

        Raises BadSignature when the text was not signed so with this secret.
        """
        # A client sends the same token again and again. Good ones are remembered by their digest, so that looking
        # one up compares no secret, and as text, so that nobody can change what the next one gets.
        digest = hashlib.sha256(f"{namespace}\n{signed}".encode("utf-8", "surrogatepass")).digest()
        known = self._checked.get(digest)
        if known is None:
            value = self._serializer(namespace).loads(signed)
            if len(signed) <= _LONGEST_REMEMBERED:
                self._remember(digest, value)
            return value
        return json.loads(known)

    def _remember(self, digest: bytes, value: Any) -> None:
        with self._lock:
            while len(self._checked) >= _REMEMBERED:
                del self._checked[next(iter(self._checked))]
            self._checked[digest] = json.dumps(value)
