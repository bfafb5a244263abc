"""The token handler ``macaroon``: tokens that their holder can narrow."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Protocol

from vitrina.access.actions import Action
from vitrina.errors import TokenInvalid
from vitrina.tokens.handlers import TokenHandler
from vitrina.tokens.narrowed.conditions import Condition
from vitrina.tokens.narrowed.keys import KeyRing
from vitrina.tokens.narrowed.token import PREFIX, Identifier, make_token, new_token_id
from vitrina.tokens.narrowed.verify import Verifier
from vitrina.tokens.restrictions import TokenRestrictions

_NOT_ENABLED = "Signed tokens are not enabled for this Datasette instance"


class MacaroonHost(Protocol):
    """What the handler needs of the application."""

    def setting(self, name: str) -> Any: ...


class MacaroonTokenHandler(TokenHandler):
    """Makes and checks ``vtk_`` tokens, which need no storage either; ``actions`` is the live registry."""

    name = "macaroon"

    def __init__(self, keys: KeyRing, verifier: Verifier, actions: Mapping[str, Action]) -> None:
        self._keys = keys
        self._actions = actions
        self.verifier = verifier

    async def create_token(
        self,
        datasette: MacaroonHost,
        actor_id: str,
        *,
        expires_after: int | None = None,
        restrictions: TokenRestrictions | None = None,
    ) -> str:
        """A new token. Raises ValueError when the server does not allow tokens, BadRequest for a too long one."""
        if not datasette.setting("allow_signed_tokens"):
            raise ValueError(_NOT_ENABLED)
        identifier = Identifier(self._keys.current, new_token_id(), str(actor_id), int(time.time()))
        conditions = conditions_of(restrictions)
        if expires_after:
            conditions.append(Condition("exp", identifier.issued + expires_after))
        secret = self._keys.secret_of(identifier.key, identifier.token_id)
        assert secret is not None, "the current key is always in the ring"
        return make_token(secret, identifier, conditions)

    async def verify_token(self, datasette: MacaroonHost, token: str) -> dict[str, Any] | None:
        """The actor of a ``vtk_`` token, None for any other. Raises TokenInvalid."""
        if not token.startswith(PREFIX):
            return None
        if not datasette.setting("allow_signed_tokens"):
            raise TokenInvalid(_NOT_ENABLED)
        ttl = datasette.setting("max_signed_tokens_ttl")
        return self.verifier.actor(token, now=time.time(), actions=self._actions, max_ttl=ttl)


def conditions_of(restrictions: TokenRestrictions | None) -> list[Condition]:
    """The restrictions of a new token as conditions."""
    if restrictions is None:
        return []
    listed: dict[str, Any] = {}
    if restrictions.all:
        listed["a"] = restrictions.all
    if restrictions.database:
        listed["d"] = restrictions.database
    if restrictions.resource:
        listed["r"] = restrictions.resource
    return [Condition("allow", listed)] if listed else []
