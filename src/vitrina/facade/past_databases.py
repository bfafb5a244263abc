"""Earlier moments of replicated databases, served to those alone who asked for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.access.actors import actor_id
from vitrina.access.rules import AllowBlock
from vitrina.errors import BadRequest
from vitrina.facade.database import Database
from vitrina.replicate.past import PastDatabases
from vitrina.web.replication.moments import PAST, SERVE_PAST

if TYPE_CHECKING:
    from vitrina.replicate.service import Replication
    from vitrina.web.site import Site

_ACTIONS = ("view-database", "view-table", "view-query", "execute-sql", "view-database-download")


def open_past_databases(site: Site, replication: Replication) -> None:
    """Let web handlers restore databases and serve them; called when the instance is assembled."""
    #: name of a served moment → ids of the actors who may see it
    readers: dict[str, list[str]] = {}

    def forgotten(name: str, txid: int) -> None:
        shown = _name(name, txid)
        if shown in readers and shown in site.databases:
            site.facade.remove_database(shown)

    async def serve(name: str, txid: int, path: str, actor: Any) -> str:
        who = actor_id(actor)
        if who is None:
            raise BadRequest("Only somebody with a name can look into the past", hint="Sign in first.")
        shown = _name(name, txid)
        allowed = readers.setdefault(shown, [])
        if not allowed:
            # Whoever may restore may read all there was; nobody else is even told that it is there.
            block = {"id": allowed}
            site.permissions.add_blocks(
                {action: (AllowBlock(shown, None, block, "permissions"),) for action in _ACTIONS}
            )
        if who not in allowed:
            allowed.append(who)
            site.permissions.add_blocks({})
        if shown not in site.databases:
            site.facade.add_database(Database(site.facade, path=path, is_mutable=False), name=shown)
        return site.databases[shown].route

    site.state[PAST] = PastDatabases(replication, forgotten)
    site.state[SERVE_PAST] = serve


def _name(name: str, txid: int) -> str:
    return f"{name}-{txid}"
