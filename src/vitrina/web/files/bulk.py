"""Several files at once: deleting, describing, and one archive of them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.errors import BadRequest, InvalidBody, NotFound, VitrinaError
from vitrina.files.access import BROWSE, DELETE, EDIT, may
from vitrina.files.archive import Entry, archive
from vitrina.files.delivery import SANDBOX
from vitrina.files.names import is_file_id
from vitrina.files.records import MOST_IDS
from vitrina.http.response import Response
from vitrina.http.streaming import AsgiStream, AsgiWriter
from vitrina.web.files.common import files_of, json_object

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site


def _ids(given: Any) -> list[str]:
    """Ids of files, each once. Raises InvalidBody."""
    if not isinstance(given, list) or not given:
        raise InvalidBody("ids must be a list of ids of files")
    if len(given) > MOST_IDS:
        raise InvalidBody(f"ids may have {MOST_IDS} items at most")
    return list(dict.fromkeys(str(each) for each in given))


async def bulk(site: Site, request: Request) -> Response:
    """``/-/files/bulk``: ``{"action": "delete" or "update", "ids": […], "update": {…}}``.

    Each file is judged for itself: ``done`` has the ids that it was done to,
    ``failed`` the others with the reason.
    """
    body = await json_object(request)
    ids = _ids(body.get("ids"))
    action = {"delete": DELETE, "update": EDIT}.get(str(body.get("action")))
    if action is None:
        raise InvalidBody("action must be delete or update")
    text = ""
    if action == EDIT:
        update = body.get("update")
        if not isinstance(update, dict) or set(update) != {"search_text"} or not isinstance(update["search_text"], str):
            raise InvalidBody('update must be of the form {"search_text": "…"}')
        text = update["search_text"]
    files = files_of(site)
    access = await site.permissions.load(request.actor, (action, BROWSE))
    found = {row["id"]: row for row in await files.records.find_all([each for each in ids if is_file_id(each)])}
    done: list[str] = []
    failed: dict[str, str] = {}
    for file_id in ids:
        row = found.get(file_id)
        if row is None or not (access.allowed(BROWSE, row["source_slug"]) or may(access, files.config, action, row)):
            failed[file_id] = "File not found"
        elif not may(access, files.config, action, row):
            failed[file_id] = f"Permission denied: {action}"
        else:
            try:
                await (files.delete(row) if action == DELETE else files.records.set_search_text(file_id, text))
                done.append(file_id)
            except VitrinaError as error:
                failed[file_id] = error.message
    return Response.json({"ok": not failed, "done": done, "failed": failed})


async def zip_files(site: Site, request: Request) -> Response:
    """``/-/files/zip?id=…&id=…``, or the ids as a form: one archive, made while it is sent."""
    pairs: list[tuple[str, Any]] = list(request.pairs)
    if request.method == "POST":
        pairs += (await request.form()).items()
    ids = list(dict.fromkeys(str(value) for name, value in pairs if name == "id" and is_file_id(value)))
    if not ids:
        raise BadRequest("Name the files: ?id=…")
    if len(ids) > MOST_IDS:
        raise BadRequest(f"At most {MOST_IDS} files go into one archive")
    files = files_of(site)
    access = await site.permissions.load(request.actor, (BROWSE,))
    rows = [row for row in await files.records.find_all(ids) if access.allowed(BROWSE, row["source_slug"])]
    entries = [
        Entry(row["filename"], row["created_at"], files.storage_of(row), row["path"], row["size"] or 0)
        for row in rows
        if row["source_slug"] in files.storages
    ]
    if not entries:
        raise NotFound("None of these files can be read")

    async def write(writer: AsgiWriter) -> None:
        async for piece in archive(entries):
            await writer.write(piece)

    headers = {
        "Content-Disposition": 'attachment; filename="files.zip"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": SANDBOX,
        "Cache-Control": "private, no-store",
    }
    return AsgiStream(write, 200, headers, "application/zip")
