"""``/-/files/ID/-/update``: what is said of a file, without losing what somebody else said meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitrina.errors import Conflict, InvalidBody, NotFound
from vitrina.files.access import EDIT
from vitrina.http.response import Response
from vitrina.web.files.common import files_of, json_object, record_for

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site


async def update_file(site: Site, request: Request) -> Response:
    """Change the text that the file is found by.

    ``expected`` in the body is what the client was shown before; where the
    file has something else by now nothing is changed, and 409 says what.
    """
    record = await record_for(site, request, EDIT)
    body = await json_object(request)
    text = _search_text(body)
    expected = _expected(body)
    files = files_of(site)
    changed = await files.records.set_search_text(record["id"], text, expected)
    now = await files.records.find(record["id"])
    if now is None:
        raise NotFound("File not found", hint="It was deleted meanwhile.")
    if not changed:
        raise Conflict("The file was changed by somebody else since you loaded it", extra={"file": now})
    return Response.json({"ok": True, "file": now})


def _search_text(body: dict[str, Any]) -> str:
    update = body.get("update")
    if not isinstance(update, dict) or not update:
        raise InvalidBody('The body must be of the form {"update": {…}}')
    unknown = sorted(str(key) for key in update if key != "search_text")
    if unknown:
        raise InvalidBody(f"Cannot update: {', '.join(unknown)}")
    text = update["search_text"]
    if not isinstance(text, str):
        raise InvalidBody("search_text must be text")
    return text


def _expected(body: dict[str, Any]) -> str | None:
    expected = body.get("expected")
    if expected is None:
        return None
    if (
        not isinstance(expected, dict)
        or set(expected) != {"search_text"}
        or not isinstance(expected["search_text"], str)
    ):
        raise InvalidBody('expected must be of the form {"search_text": "…"}')
    return str(expected["search_text"])
