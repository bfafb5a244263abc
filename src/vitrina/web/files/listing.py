"""Lists of files: all sources, one source, results of a search, and data for cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.errors import Forbidden
from vitrina.files.access import BROWSE, DELETE, EDIT, UPLOAD, may
from vitrina.files.names import is_file_id
from vitrina.files.records import PAGE
from vitrina.files.search import search
from vitrina.files.service import Files
from vitrina.http.response import Response
from vitrina.web.files.common import brief, browsable, direct_policy, file_url, files_of
from vitrina.web.page import render_page

if TYPE_CHECKING:
    from vitrina.execute.permissions import Access
    from vitrina.files.records import Record
    from vitrina.http.request import Request
    from vitrina.web.site import Site


async def index_page(site: Site, request: Request) -> Response:
    """``/-/files``. Raises Forbidden where the actor may see no source."""
    slugs = await browsable(site, request)
    if not slugs:
        raise Forbidden(BROWSE)
    files = files_of(site)
    sources = [row for row in await files.records.sources() if row["slug"] in slugs and row["slug"] in files.storages]
    context = {"sources": sources, "q": ""}
    return await render_page(site, request, ["files_index.html"], context, view_name="files")


async def source_page(site: Site, request: Request) -> Response:
    """``/-/files/source/SLUG``. Raises NotFound and Forbidden."""
    slug = request.url_vars["slug"]
    files = files_of(site)
    files.source(slug)
    access = await site.permissions.load(request.actor, (BROWSE, UPLOAD, EDIT, DELETE))
    if not access.allowed(BROWSE, slug):
        raise Forbidden(BROWSE)
    page = _page_number(request.args.get("page"))
    rows, total = await files.records.page_of(slug, page)
    can = files.storages[slug].capabilities
    context = {
        "source_slug": slug,
        "files": rows,
        "total": total,
        "page": page,
        "pages": max(1, -(-total // PAGE)),
        "storage_type": files.storages[slug].storage_type,
        "can_upload": access.allowed(UPLOAD, slug) and can.can_upload,
        "can_edit_any": any(may(access, files.config, EDIT, row) for row in rows),
        "can_delete_any": _can_delete_any(files, access, rows),
        "max_bytes": files.most_bytes(slug),
        "quota": await _quota(files, slug),
        "direct_origin": await files.storages[slug].direct_origin(),
    }
    headers = direct_policy(context["direct_origin"])
    return await render_page(site, request, ["files_source.html"], context, view_name="files-source", headers=headers)


def _can_delete_any(files: Files, access: Access, rows: list[Record]) -> bool:
    """Whether deleting several makes sense here."""
    storages = files.storages
    return any(
        row["source_slug"] in storages
        and storages[row["source_slug"]].capabilities.can_delete
        and may(access, files.config, DELETE, row)
        for row in rows
    )


async def _quota(files: Files, slug: str) -> dict[str, int | None] | None:
    """What of the source's room is taken; None where it has no bounds."""
    source = files.source(slug)
    if source.quota_bytes is None and source.quota_files is None:
        return None
    count, used = await files.records.used(slug)
    return {"files": count, "bytes": used, "quota_files": source.quota_files, "quota_bytes": source.quota_bytes}


def _page_number(text: str | None) -> int:
    return max(1, int(text)) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 1


async def search_page(site: Site, request: Request) -> Response:
    """``/-/files/search`` and its JSON."""
    visible = await browsable(site, request)
    text, source = request.args.get("q") or "", request.args.get("source") or ""
    slugs = [slug for slug in visible if not source or slug == source]
    found = await search(files_of(site).records, text, slugs, request.args.get("_next"))
    if request.url_vars.get("format") == "json":
        return Response.json(
            {
                "q": text,
                "source": source,
                "files": [brief(row) for row in found.files],
                "sources": visible,
                "total": found.total,
                "next": found.next,
            }
        )
    access = await site.permissions.load(request.actor, (DELETE,))
    context = {
        "q": text,
        "source": source,
        "sources": visible,
        "files": found.files,
        "total": found.total,
        "next": found.next,
        "can_delete_any": _can_delete_any(files_of(site), access, found.files),
    }
    return await render_page(site, request, ["files_search.html"], context, view_name="files-search")


async def sources_json(site: Site, request: Request) -> Response:
    """``/-/files/sources.json``: which sources there are and what they can do; open to all."""
    sources = []
    for slug, storage in files_of(site).storages.items():
        can = storage.capabilities
        sources.append(
            {
                "slug": slug,
                "storage_type": storage.storage_type,
                "capabilities": {
                    "can_upload": can.can_upload,
                    "can_delete": can.can_delete,
                    "can_list": can.can_list,
                    "can_generate_signed_urls": can.can_generate_signed_urls,
                    "requires_proxy_download": can.requires_proxy_download,
                },
            }
        )
    return Response.json({"sources": sources})


async def batch_json(site: Site, request: Request) -> Response:
    """``/-/files/batch.json?id=…``: what cells show of files; those that may not be seen are left out."""
    ids = [value for name, value in request.pairs if name == "id" and is_file_id(value)]
    found: dict[str, Any] = {}
    if ids:
        access = await site.permissions.load(request.actor, (BROWSE,))
        files = files_of(site)
        for row in await files.records.find_all(ids):
            if may(access, files.config, BROWSE, row):
                found[row["id"]] = _for_cell(site, row)
    return Response.json({"files": found})


def _for_cell(site: Site, row: dict[str, Any]) -> dict[str, Any]:
    shown = {key: row[key] for key in ("id", "filename", "content_type", "size", "width", "height")}
    return {
        **shown,
        "download_url": file_url(site, row["id"], "/download"),
        "thumbnail_url": file_url(site, row["id"], "/thumbnail"),
        "info_url": file_url(site, row["id"]),
    }
