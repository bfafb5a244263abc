"""Token handlers: who makes and who recognises API tokens."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Any, Protocol

from vitrina.errors import TokenInvalid
from vitrina.tokens.restrictions import TokenRestrictions
from vitrina.tokens.signed import NAMESPACE, PREFIX, actor_of_payload, digest_of, token_payload
from vitrina.tokens.signing import BadSignature


class TokenHost(Protocol):
    """What the built-in handler needs of the application."""

    def setting(self, name: str) -> Any: ...
    def sign(self, value: Any, namespace: str = "default") -> str: ...
    def unsign(self, signed: str, namespace: str = "default") -> Any: ...
    def get_action(self, name_or_abbr: str) -> Any: ...


class RevokedTokens(Protocol):
    """The list of tokens that are refused although they are good."""

    @property
    def ids(self) -> Collection[str]: ...


class TokenHandler:
    """Makes and checks tokens of one kind; plugins subclass it. ``name`` identifies the kind."""

    name: str = ""

    async def create_token(
        self,
        datasette: Any,
        actor_id: str,
        *,
        expires_after: int | None = None,
        restrictions: TokenRestrictions | None = None,
    ) -> str:
        """A new token for the actor; ``expires_after`` is in seconds."""
        raise NotImplementedError

    async def verify_token(self, datasette: Any, token: str) -> dict[str, Any] | None:
        """The token's actor, or None for a token of another kind.

        Raises TokenInvalid for a token of this kind that is not good.
        """
        raise NotImplementedError


class SignedTokenHandler(TokenHandler):
    """The built-in ``dstok_`` tokens, which need no storage; ``revoked`` may hold digests of some."""

    name = "signed"

    def __init__(self, revoked: RevokedTokens | None = None) -> None:
        self._revoked = revoked

    async def create_token(
        self,
        datasette: TokenHost,
        actor_id: str,
        *,
        expires_after: int | None = None,
        restrictions: TokenRestrictions | None = None,
    ) -> str:
        """A signed token. Raises ValueError when the server does not allow signed tokens."""
        if not datasette.setting("allow_signed_tokens"):
            raise ValueError("Signed tokens are not enabled for this Datasette instance")
        payload = token_payload(
            actor_id,
            created=int(time.time()),
            expires_after=expires_after,
            restrictions=restrictions.abbreviated(datasette) if restrictions else None,
        )
        return PREFIX + datasette.sign(payload, namespace=NAMESPACE)

    async def verify_token(self, datasette: TokenHost, token: str) -> dict[str, Any] | None:
        """The actor of a ``dstok_`` token, None for any other. Raises TokenInvalid."""
        if not token.startswith(PREFIX):
            return None
        if not datasette.setting("allow_signed_tokens"):
            raise TokenInvalid("Signed tokens are not enabled for this Datasette instance")
        try:
            payload = datasette.unsign(token[len(PREFIX) :], namespace=NAMESPACE)
        except BadSignature as error:
            raise TokenInvalid("Invalid token signature") from error
        if self._revoked is not None and self._revoked.ids and digest_of(token) in self._revoked.ids:
            raise TokenInvalid("Token has been revoked")
        return actor_of_payload(payload, now=time.time(), max_ttl=datasette.setting("max_signed_tokens_ttl"))


async def verify_with(handlers: Sequence[TokenHandler], datasette: Any, token: str) -> dict[str, Any] | None:
    """The actor from the first handler that knows the token, else None. Raises TokenInvalid."""
    for handler in handlers:
        actor = await handler.verify_token(datasette, token)
        if actor is not None:
            return actor
    return None


def pick_handler(handlers: Sequence[TokenHandler], name: str | None = None) -> TokenHandler:
    """The handler that makes tokens: the one of that name, else the first.

    Raises RuntimeError when there are none and ValueError for an unknown name.
    """
    if not handlers:
        raise RuntimeError("No token handlers are registered")
    if name is None:
        return handlers[0]
    for handler in handlers:
        if handler.name == name:
            return handler
    raise ValueError(f"Token handler {name!r} not found. Available handlers: {[handler.name for handler in handlers]}")
