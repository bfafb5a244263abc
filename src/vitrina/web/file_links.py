"""The ways to the pages of files from every other page, for those who may see any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vitrina.web.site import Site

# Said here, so that nothing of files is imported where there are none.
_BROWSE = "files-browse"
_FILES = "files"


async def files_path(site: Site, actor: Any) -> str | None:
    """The address of the page of all files; None where there are none, or none that the actor may browse."""
    files = site.state.get(_FILES)
    if files is None:
        return None
    access = await site.permissions.load(actor, (_BROWSE,))
    return (
        str(site.urls.path("/-/files")) if any(access.allowed(_BROWSE, slug) for slug in files.config.sources) else None
    )


async def homepage_files(site: Site, actor: Any) -> list[dict[str, Any]]:
    """For the menu of actions of the home page."""
    path = await files_path(site, actor)
    return [{"href": path, "label": "Manage files"}] if path else []


async def menu_files(site: Site, actor: Any) -> list[dict[str, Any]]:
    """For the menu of every page."""
    path = await files_path(site, actor)
    return [{"href": path, "label": "Files"}] if path else []
