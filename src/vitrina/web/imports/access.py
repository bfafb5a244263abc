"""Who may import what, and the files and jobs of an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vitrina.access.actors import actor_key
from vitrina.errors import Conflict, Forbidden
from vitrina.execute.imports.upload import Uploads
from vitrina.execute.jobs import Jobs
from vitrina.web.imports.body import check_mode

if TYPE_CHECKING:
    from vitrina.catalog.model import DatabaseCatalog
    from vitrina.execute.permissions import Access
    from vitrina.http.request import Request
    from vitrina.plan.imports.model import Mode
    from vitrina.web.site import Site

ACTIONS = ("create-table", "insert-row", "update-row")
_UPLOADS, _JOBS = "uploads", "jobs"


def uploads_of(site: Site) -> Uploads:
    """The files that wait for their import."""
    uploads: Uploads = site.state.setdefault(_UPLOADS, Uploads())
    return uploads


def jobs_of(site: Site) -> Jobs:
    """The jobs of this instance."""
    jobs: Jobs = site.state.setdefault(_JOBS, Jobs())
    return jobs


async def close_imports(site: Site) -> None:
    """End all jobs, and delete files that wait; at the end of an instance."""
    if _JOBS in site.state:
        await jobs_of(site).close()
    if _UPLOADS in site.state:
        uploads_of(site).close()


def owner_of(request: Request) -> str:
    """What tells the files and jobs of one actor from those of others. Raises Conflict where nothing does."""
    key = actor_key(request.actor)
    if key is None:
        raise Conflict("An import needs an actor that can be told from others")
    return key


def writable_tables(access: Access, database: str, catalog: DatabaseCatalog) -> list[str]:
    """Tables that the actor may add rows to."""
    names = [name for name, table in catalog.tables.items() if table.kind == "table" and not table.hidden]
    return sorted(access.children("insert-row", database, names))


def check_may_import(access: Access, database: str, catalog: DatabaseCatalog) -> None:
    """Raise Forbidden unless there is something that the actor may import into."""
    if not access.allowed("create-table", database) and not writable_tables(access, database, catalog):
        raise Forbidden("Permission denied: need create-table or insert-row")


def check_target(access: Access, database: str, table: str, mode: Mode, *, exists: bool) -> None:
    """Raise Forbidden unless the actor may import into ``table``, or create it."""
    if not exists and not access.allowed("create-table", database):
        raise Forbidden("Permission denied: need create-table")
    check_mode(access, database, table, mode)
