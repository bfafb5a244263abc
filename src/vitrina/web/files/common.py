"""What every handler about files begins with, and how a file is told to clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vitrina.errors import Forbidden, InvalidBody
from vitrina.files.access import BROWSE, may
from vitrina.files.records import Record
from vitrina.files.service import Files, no_such_file

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

#: key of ``site.state``
FILES_KEY = "files"


def files_of(site: Site) -> Files:
    """The service; there where these handlers are."""
    files: Files = site.state[FILES_KEY]
    return files


async def browsable(site: Site, request: Request) -> list[str]:
    """The sources whose files the actor may see, those of earlier configurations included."""
    access = await site.permissions.load(request.actor, (BROWSE,))
    slugs = {row["slug"] for row in await files_of(site).records.query("SELECT slug FROM datasette_files_sources")}
    return [slug for slug in sorted(slugs) if access.allowed(BROWSE, slug)]


async def record_for(site: Site, request: Request, action: str = BROWSE) -> Record:
    """The file of the request. Raises NotFound, then Forbidden."""
    record = await files_of(site).record(request.url_vars["id"])
    await check(site, request, action, record)
    return record


async def check(site: Site, request: Request, action: str, record: Mapping[str, Any]) -> None:
    """Raise Forbidden unless the actor may do this with the file."""
    access = await site.permissions.load(request.actor, (action, BROWSE))
    config = files_of(site).config
    if not may(access, config, action, record):
        if_missing = None if may(access, config, BROWSE, record) else no_such_file()
        raise Forbidden(action, hint="Whoever runs this site can give you the permission.", if_missing=if_missing)


async def json_object(request: Request) -> dict[str, Any]:
    """The JSON object in the body. Raises InvalidBody."""
    try:
        body = await request.json()
    except ValueError as error:
        raise InvalidBody("Invalid JSON") from error
    if not isinstance(body, dict):
        raise InvalidBody("The body must be a JSON object")
    return body


def file_url(site: Site, file_id: str, ending: str = "") -> str:
    """The address of a file or of something of it."""
    return str(site.urls.path(f"/-/files/{file_id}{ending}"))


def brief(record: Mapping[str, Any]) -> dict[str, Any]:
    """A file in a list."""
    keys = ("id", "filename", "content_type", "size", "width", "height", "created_at", "uploaded_by", "source_slug")
    return {key: record[key] for key in keys}


def uploaded(site: Site, record: Mapping[str, Any]) -> dict[str, Any]:
    """A file that was just stored."""
    file_id = record["id"]
    return {
        **brief(record),
        "content_hash": record["content_hash"],
        "url": file_url(site, file_id),
        "download_url": file_url(site, file_id, "/download"),
        "thumbnail_url": file_url(site, file_id, "/thumbnail"),
    }


def direct_policy(origin: str | None) -> dict[str, str]:
    """The header by which a page may send files straight to a store."""
    return {"Content-Security-Policy": f"connect-src 'self' {origin}"} if origin else {}
