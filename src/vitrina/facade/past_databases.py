"""Earlier moments of replicated databases, served to those alone who asked for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.access.actors import actor_id
from vitrina.access.rules import AllowBlock
from vitrina.errors import BadRequest
from vitrina.facade.database import Database
from vitrina.facade.specs import unique_name
from vitrina.replicate.past import PastDatabases
from vitrina.web.replication.moments import PAST, SERVE_PAST

if TYPE_CHECKING:
    from vitrina.replicate.service import Replication
    from vitrina.web.site import Site

_ACTIONS = ("view-database", "view-table", "view-query", "execute-sql", "view-database-download")


def open_past_databases(site: Site, replication: Replication) -> None:
    """Let web handlers restore databases and serve them; called when the instance is assembled."""
    # database and transaction → name of the served moment
    served: dict[tuple[str, int], str] = {}
    # name of a moment that is or was served → ids of the actors who may see it
    readers: dict[str, list[str]] = {}

    def forgotten(name: str, txid: int) -> None:
        shown = served.pop((name, txid), None)
        if shown is not None:
            readers[shown].clear()
            if shown in site.databases:
                site.facade.remove_database(shown)
            site.permissions.decisions.add_blocks({})

    async def serve(name: str, txid: int, path: str, actor: Any) -> str:
        who = actor_id(actor)
        if who is None:
            raise BadRequest("Only somebody with a name can look into the past", hint="Sign in first.")
        # Another database may have this very name.
        shown = served.get((name, txid)) or unique_name(f"{name}-{txid}", site.databases)
        allowed = readers.get(shown)
        if allowed is None:
            allowed = readers[shown] = []
            # Whoever may restore may read all there was; nobody else is even told that it is there.
            block = {"id": allowed}
            site.permissions.decisions.add_blocks(
                {action: (AllowBlock(shown, None, block, "permissions"),) for action in _ACTIONS}
            )
        if who not in allowed:
            allowed.append(who)
            site.permissions.decisions.add_blocks({})
        if shown not in site.databases:
            site.facade.add_database(Database(site.facade, path=path, is_mutable=False), name=shown)
        served[name, txid] = shown
        return site.databases[shown].route

    site.state[PAST] = PastDatabases(replication, forgotten)
    site.state[SERVE_PAST] = serve
