"""The chain of HMACs that signs a macaroon."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from vitrina.tokens.macaroon.model import Caveat, Macaroon, MacaroonError

_KEY_GENERATOR = b"macaroons-key-generator"


def derive_key(secret: bytes) -> bytes:
    """The first key of the chain, made of the secret as libmacaroons makes it."""
    return hmac.digest(_KEY_GENERATOR, secret, hashlib.sha256)


def sign(secret: bytes, identifier: bytes, caveats: Iterable[bytes] = ()) -> bytes:
    """The signature of a macaroon with these first-party caveats (32 bytes)."""
    signature = hmac.digest(derive_key(secret), identifier, "sha256")
    for caveat in caveats:
        signature = hmac.digest(signature, caveat, "sha256")
    return signature


def create(secret: bytes, *, location: str, identifier: bytes) -> Macaroon:
    """A new macaroon without caveats."""
    return Macaroon(location, identifier, (), sign(secret, identifier))


def narrow(macaroon: Macaroon, caveats: Iterable[bytes]) -> Macaroon:
    """A copy with further first-party caveats; no secret is needed."""
    added = tuple(caveats)
    signature = macaroon.signature
    for caveat in added:
        signature = hmac.digest(signature, caveat, "sha256")
    return Macaroon(
        macaroon.location, macaroon.identifier, macaroon.caveats + tuple(Caveat(each) for each in added), signature
    )


def is_signed_by(macaroon: Macaroon, secret: bytes) -> bool:
    """Whether the chain begins with this secret; compared in constant time.

    Raises MacaroonError for caveats that a third party has to discharge.
    """
    if any(caveat.verification_id is not None for caveat in macaroon.caveats):
        raise MacaroonError("third-party caveats are not supported")
    expected = sign(secret, macaroon.identifier, (caveat.identifier for caveat in macaroon.caveats))
    return hmac.compare_digest(expected, macaroon.signature)
