"""Who is asking: the actor of a request, from plugins, a bearer token or the signed cookie."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from vitrina.execute.decisions import begin_request
from vitrina.hooks.manager import Hooks
from vitrina.tokens.client import client_address
from vitrina.tokens.cookies import NAMESPACE, actor_of_cookie
from vitrina.tokens.handlers import TokenHandler, verify_with
from vitrina.tokens.signing import BadSignature, Signer

_HOOK = "actor_from_request"
_BEARER = "Bearer "
COOKIE = "ds_actor"


class AskedRequest(Protocol):
    """What is needed of a request."""

    def header(self, name: bytes) -> str | None: ...

    @property
    def cookies(self) -> Mapping[str, str]: ...

    @property
    def scope(self) -> Mapping[str, Any]: ...


AddressReader = Callable[[AskedRequest], str | None]


def address_reader(source: str | None) -> AddressReader | None:
    """How the client's address is found: "connection" or the name of a header; None for not at all.

    Of several addresses the last one counts: it was written by the proxy next
    to this server, those before it by whoever asked.
    """
    if source is None:
        return None
    if source == "connection":
        return lambda request: (request.scope.get("client") or (None,))[0]
    name = source.encode("latin-1", "replace")

    def last_address(request: AskedRequest) -> str | None:
        lines = [value for key, value in request.scope.get("headers", ()) if key == name]
        return str(lines[-1], "latin-1").rpartition(",")[2].strip() if lines else None

    return last_address


class Authenticator:
    """Finds the actor of each request.

    ``facade`` gives what hooks and token handlers get as ``datasette``,
    ``token_handlers`` the handlers in their order, ``client_address`` the
    address of the client where it can be trusted.
    """

    def __init__(
        self,
        signer: Signer,
        hooks: Hooks,
        facade: Callable[[], Any],
        token_handlers: Callable[[], Sequence[TokenHandler]],
        client_address: AddressReader | None = None,
    ) -> None:
        self._signer = signer
        self._hooks = hooks
        self._facade = facade
        self._token_handlers = token_handlers
        self._client_address = client_address

    async def authenticate(self, request: AskedRequest) -> dict[str, Any] | None:
        """The request's actor, None for the anonymous; begins the request's memory of permissions.

        Plugins are all asked, and the first that knows wins, with the token
        and then the cookie in the place of the built-in ones. Raises
        TokenInvalid for a bad token even where another credential is good.
        """
        begin_request()
        if not self._hooks.has(_HOOK):
            return await self._from_token(request) or self._from_cookie(request)
        before, after = await self._from_plugins(request)
        built_in = await self._from_token(request) or self._from_cookie(request)
        return before or built_in or after

    async def _from_token(self, request: AskedRequest) -> dict[str, Any] | None:
        authorization = request.header(b"authorization")
        if authorization is None or not authorization.startswith(_BEARER):
            return None
        if self._client_address is not None:
            client_address.set(self._client_address(request))
        return await verify_with(self._token_handlers(), self._facade(), authorization[len(_BEARER) :])

    def _from_cookie(self, request: AskedRequest) -> dict[str, Any] | None:
        if request.header(b"cookie") is None:
            return None
        signed = request.cookies.get(COOKIE)
        if not signed:
            return None
        try:
            payload = self._signer.unsign(signed, NAMESPACE)
        except BadSignature:
            return None
        return actor_of_cookie(payload, now=time.time())

    async def _from_plugins(self, request: AskedRequest) -> tuple[Any, Any]:
        """The first actor from plugins called before the built-in sources, and from those called after."""
        before: Any = None
        after: Any = None
        early = self._hooks.before_built_in(_HOOK)
        for plugin, actor in await self._hooks.gather_named(_HOOK, datasette=self._facade(), request=request):
            if plugin in early:
                before = before or actor
            else:
                after = after or actor
        return before, after
