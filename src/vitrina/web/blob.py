"""Single values as downloads, from whatever page they come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vitrina.errors import BadRequest
from vitrina.http.header_text import attachment
from vitrina.http.response import Response
from vitrina.render.blob import CONTENT_TYPE, file_name, pick_value

if TYPE_CHECKING:
    from vitrina.http.request import Request


def wanted_column(request: Request, columns: Sequence[str]) -> str:
    """The column that ``_blob_column`` names.

    Raises BadRequest where it is missing or not among ``columns``.
    """
    column: str | None = request.args.get("_blob_column")
    if column is None:
        raise BadRequest("?_blob_column= is required")
    if column not in columns:
        raise BadRequest(f"{column} is not a valid column")
    return column


def blob_answer(
    request: Request,
    values: Iterable[Any],
    name_parts: Sequence[str],
    headers: Mapping[str, str],
    *,
    row_path: str | None = None,
) -> Response:
    """The first of ``values``, or that with the digest ``_blob_hash``, as a file.

    Raises BadRequest where no value has the digest.
    """
    digest = request.args.get("_blob_hash")
    content = pick_value(values, digest)
    if content is None:
        raise BadRequest(
            "Link has expired - the requested binary content has changed or could not be found.",
            hint="The page that led here may have a new link.",
        )
    sent = dict(headers)
    sent["X-Content-Type-Options"] = "nosniff"
    sent["Content-Disposition"] = attachment(file_name(name_parts, digest, row_path=row_path))
    return Response(content, headers=sent, content_type=CONTENT_TYPE)
