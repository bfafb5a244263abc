"""From the text of a token to the actor that it stands for."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import Any, Protocol

from vitrina.access.actions import Action
from vitrina.errors import TokenInvalid
from vitrina.tokens.client import is_in_networks
from vitrina.tokens.macaroon.chain import is_signed_by
from vitrina.tokens.macaroon.model import Macaroon
from vitrina.tokens.narrowed.conditions import parse_condition
from vitrina.tokens.narrowed.effect import Effect, combine
from vitrina.tokens.narrowed.keys import KeyRing
from vitrina.tokens.narrowed.token import LONGEST_TEXT, Identifier, parse_identifier, parse_token

KIND = "vtk"
_TOKENS_KEPT = 256


class Revoked(Protocol):
    """What is needed of the list of revoked tokens."""

    @property
    def ids(self) -> Collection[str]: ...


class Verifier:
    """Checks tokens against a key ring, without input or output.

    Whose a token with a good signature is and what its conditions come to is
    remembered under a digest of its text, since a token is used many times;
    revocation, time and address are checked every time.
    """

    def __init__(self, keys: KeyRing, revoked: Revoked) -> None:
        self._keys = keys
        self._revoked = revoked
        self._known: OrderedDict[tuple[int, bytes], tuple[Identifier, Effect]] = OrderedDict()

    def signed(self, text: str) -> tuple[Macaroon, Identifier]:
        """A token that this server issued, narrowed or not, in force or not. Raises TokenInvalid."""
        macaroon = parse_token(text)
        identifier = parse_identifier(macaroon.identifier)
        secret = self._keys.secret_of(identifier.key, identifier.token_id)
        if secret is None or not is_signed_by(macaroon, secret):
            raise TokenInvalid("Invalid token")
        return macaroon, identifier

    def actor(self, text: str, *, now: float, actions: Mapping[str, Action], max_ttl: int = 0) -> dict[str, Any]:
        """The actor of a good token; ``max_ttl`` is the longest life in seconds, 0 for any.

        Raises TokenInvalid.
        """
        identifier, effect = self._read(text, actions)
        if identifier.token_id in self._revoked.ids:
            raise TokenInvalid("Token has been revoked")
        expires = effect.expires
        if max_ttl:
            longest = identifier.issued + max_ttl
            expires = longest if expires is None else min(expires, longest)
        if expires is not None and now >= expires:
            raise TokenInvalid("Token has expired")
        if effect.begins is not None and now < effect.begins:
            raise TokenInvalid("Token is not valid yet")
        if effect.networks and not all(map(is_in_networks, effect.networks)):
            raise TokenInvalid("Token may not be used from this address")
        actor: dict[str, Any] = {"id": identifier.actor, "token": KIND, "token_id": identifier.token_id}
        if effect.restrictions is not None:
            actor["_r"] = effect.restrictions
        if effect.limits:
            actor["_limits"] = effect.limits
        if expires is not None:
            actor["token_expires"] = expires
        return actor

    def _read(self, text: str, actions: Mapping[str, Action]) -> tuple[Identifier, Effect]:
        if len(text) > LONGEST_TEXT or not text.isascii():
            raise TokenInvalid("Invalid token")
        # Actions are only ever added, so that their number tells one registry from another.
        key = (len(actions), hashlib.sha256(text.encode("ascii")).digest())
        known = self._known.get(key)
        if known is None:
            macaroon, identifier = self.signed(text)
            conditions = [parse_condition(caveat.identifier) for caveat in macaroon.caveats]
            known = identifier, combine(conditions, actions.values())
            while len(self._known) >= _TOKENS_KEPT:
                self._known.popitem(last=False)
            self._known[key] = known
        return known
