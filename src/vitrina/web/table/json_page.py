"""The JSON of a table page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from vitrina.errors import BadRequest
from vitrina.web.extras import TABLE, refuse_unknown_extras
from vitrina.web.page_headers import NO_REFERRER
from vitrina.web.shapes import BARE, Shape, check_shape, encode_page
from vitrina.web.table.extras import compute_extras
from vitrina.web.table.view import TableView, row_path

_TRUNCATED = {"truncated": False}


def refuse_shape(view: TableView, shape: Shape, next_url: str | None) -> None:
    """Raise BadRequest where there is no such shape, or it needs keys that the table has not.

    The answer has the address of the next page all the same, which is why the
    page is run first. An extra that does not exist is refused before.
    """
    refuse_unknown_extras(view.request, TABLE)
    headers = {**NO_REFERRER, "Link": f'<{next_url}>; rel="next"'} if next_url else NO_REFERRER
    check_shape(shape.name, headers)
    if shape.name == "object" and not view.table.primary_keys:
        message = "_shape=object not available for tables with no primary keys"
        raise BadRequest(message, hint="The shape array has the same rows.", headers=headers)


def envelope(view: TableView, next_url: str | None) -> dict[str, Any]:
    """The keys that stand before the rows."""
    # The contract has null for the empty token, which only the address can carry.
    return {"ok": True, "next": view.result.next_token or None, "next_url": next_url, **compute_extras(view)}


def encode_json(view: TableView, shape: Shape, next_url: str | None) -> bytes:
    """The body of the page; runs in the worker when no plugin has a say.

    Raises BadRequest for a shape that cannot be.
    """
    refuse_shape(view, shape, next_url)
    if shape.json_columns and "columns" not in view.extras:
        # The contract: on table pages _json= takes effect only beside _extra=columns.
        shape = replace(shape, json_columns=())
    rows = view.output_rows
    if rows is None:
        rows = view.expanded_rows()
    positions = view.plan.pk_positions

    def row_keys(_: Sequence[Sequence[Any]]) -> list[str]:
        return [row_path(row, positions)[0] for row in view.result.rows]

    before = {} if shape.name in BARE else envelope(view, next_url)
    return encode_page(shape, before, view.columns, rows, row_keys=row_keys, ending=_TRUNCATED)
