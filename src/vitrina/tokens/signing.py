"""Signed values: JSON with a signature of the server's secret, one salt per purpose."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

__all__ = ["BadSignature", "Signer"]


class Signer:
    """Signs values with one secret; checks them with it and with ``previous`` ones, in constant time."""

    def __init__(self, secret: str, previous: Iterable[str] = ()) -> None:
        # The last one signs.
        self._secrets = [*previous, secret]
        # The namespaces in use are few; the bound is against a plugin that makes them up.
        self._serializer = lru_cache(maxsize=64)(self._open_serializer)

    def _open_serializer(self, namespace: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._secrets, namespace)

    def sign(self, value: Any, namespace: str = "default") -> str:
        """``value`` (anything that is JSON) as URL-safe text; compressed where that is shorter."""
        signed = self._serializer(namespace).dumps(value)
        return signed if isinstance(signed, str) else signed.decode("ascii")

    def unsign(self, signed: str, namespace: str = "default") -> Any:
        """The value that was signed for this namespace.

        Raises BadSignature when the text was not signed so with this secret.
        """
        return self._serializer(namespace).loads(signed)
