"""The part of the plugin-facing instance about actors, permissions, tokens and cookies."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from vitrina.access.actions import Action
from vitrina.access.resources import Resource
from vitrina.errors import Forbidden
from vitrina.tokens.cookies import NAMESPACE as ACTOR_NAMESPACE
from vitrina.tokens.cookies import cookie_payload
from vitrina.tokens.handlers import pick_handler, verify_with
from vitrina.tokens.restrictions import TokenRestrictions

if TYPE_CHECKING:
    from vitrina.http.response import Response
    from vitrina.web.site import Site


class IdentityMethods:
    """Thin delegation to permissions, signer and token handlers."""

    site: Site

    # -- permissions

    async def allowed(self, *, action: str, resource: Resource | None = None, actor: Any = None) -> bool:
        """Whether the actor may do it. Raises ValueError for an unknown action."""
        return await self.site.permissions.allowed(actor, action, *_place(resource))

    async def allowed_many(
        self, *, actions: Iterable[str], resource: Resource | None = None, actor: Any = None
    ) -> dict[str, bool]:
        """Action → whether the actor may do it to the resource."""
        return await self.site.permissions.allowed_many(actor, actions, *_place(resource))

    async def ensure_permission(self, *, action: str, resource: Resource | None = None, actor: Any = None) -> None:
        """Raises Forbidden with the action's name as its message."""
        if not await self.allowed(action=action, resource=resource, actor=actor):
            raise Forbidden(action)

    async def check_visibility(self, actor: Any, action: str, resource: Resource | None = None) -> tuple[bool, bool]:
        """(visible to the actor, private: visible to the actor but not to everyone)."""
        return await self.site.permissions.visibility(actor, action, *_place(resource))

    def resource_for_action(self, action: str, parent: str | None, child: str | None) -> Resource | None:
        """The resource that an action is done to, None for a global action. Raises ValueError for an unknown one."""
        found = self.get_action(action)
        if found is None:
            raise ValueError(f"Unknown action: {action}")
        if found.resource_class is None:
            return None
        if not found.takes_child:
            return found.resource_class(parent)
        return found.resource_class(parent, child)

    @property
    def actions(self) -> dict[str, Action]:
        """Every registered action by name."""
        return dict(self.site.permissions.actions)

    def get_action(self, name_or_abbr: str) -> Action | None:
        return self.site.permissions.actions.find(name_or_abbr)

    async def actors_from_ids(self, actor_ids: Iterable[Any]) -> dict[Any, Any]:
        """Actor id → actor, from the first plugin that knows; else ``{"id": id}`` for each."""
        wanted = list(actor_ids)
        found = await self.site.hooks.first("actors_from_ids", datasette=self, actor_ids=wanted)
        return found if found is not None else {actor_id: {"id": actor_id} for actor_id in wanted}

    # -- signing, tokens, cookies

    def sign(self, value: Any, namespace: str = "default") -> str:
        return self.site.signer.sign(value, namespace)

    def unsign(self, signed: str, namespace: str = "default") -> Any:
        """The signed value. Raises itsdangerous.BadSignature."""
        return self.site.signer.unsign(signed, namespace)

    async def create_token(
        self,
        actor_id: str,
        *,
        expires_after: int | None = None,
        restrictions: TokenRestrictions | None = None,
        handler: str | None = None,
    ) -> str:
        """A token made by the first handler, or by the one named. Raises ValueError, RuntimeError."""
        chosen = pick_handler(self.site.state["token_handlers"], handler)
        return await chosen.create_token(self, actor_id, expires_after=expires_after, restrictions=restrictions)

    async def verify_token(self, token: str) -> dict[str, Any] | None:
        """The token's actor, None for one that no handler knows. Raises TokenInvalid."""
        return await verify_with(self.site.state["token_handlers"], self, token)

    def set_actor_cookie(self, response: Response, actor: Any, expire_after: int | None = None) -> None:
        """Log the actor in with this response; ``expire_after`` is in seconds."""
        payload = cookie_payload(actor, now=time.time(), expire_after=expire_after)
        response.set_cookie("ds_actor", self.sign(payload, ACTOR_NAMESPACE))

    def delete_actor_cookie(self, response: Response) -> None:
        response.set_cookie("ds_actor", "", expires=0, max_age=0)


def _place(resource: Resource | None) -> tuple[str | None, str | None]:
    return (None, None) if resource is None else (_name(resource.parent), _name(resource.child))


def _name(value: Any) -> str | None:
    # Plugins name their own things by number, too.
    return value if value is None or isinstance(value, str) else str(value)
