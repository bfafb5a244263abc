"""The keys that tokens are made with: the current one, and earlier ones that still count."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

_PURPOSE = b"vitrina-macaroon-v1|"


class KeyRing:
    """Keys by number, each made of one of the server's secrets."""

    def __init__(self, secret: str, *, current: int = 1, previous: Mapping[int, str] | None = None) -> None:
        self.current = current
        secrets = {**(previous or {}), current: secret}
        self._keys = {
            number: hmac.digest(text.encode(), _PURPOSE + str(number).encode(), "sha256")
            for number, text in secrets.items()
        }

    def secret_of(self, key: int, token_id: str) -> bytes | None:
        """The secret that tokens of this id are signed with; None for a key that is not in the ring."""
        root = self._keys.get(key)
        return None if root is None else hmac.digest(root, token_id.encode("utf-8", "surrogatepass"), "sha256")
