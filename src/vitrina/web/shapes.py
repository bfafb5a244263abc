"""The shapes of JSON pages: ``_shape``, ``_nl``, ``_json`` and ``_json_infinity``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vitrina.errors import BadRequest
from vitrina.http.response import Response
from vitrina.plan.arguments import parse_bool
from vitrina.render import json as render_json
from vitrina.render.proof import lines_trailer

if TYPE_CHECKING:
    from vitrina.http.request import Request

#: Shapes whose answer is the rows alone.
BARE = frozenset(("array", "arrayfirst", "object"))
_SHAPES = BARE | {"objects", "arrays"}
JSON_TYPE = "application/json; charset=utf-8"

#: rows → one path per row, the keys of the ``object`` shape
RowKeys = Callable[[Sequence[Sequence[Any]]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Shape:
    """How the rows of one page are to be written."""

    name: str = "objects"
    lines: bool = False
    infinity: bool = False
    json_columns: tuple[str, ...] = ()
    proof: bool = False


def parse_shape(request: Request, *, strict: bool = True, headers: Mapping[str, str] | None = None) -> Shape:
    """The shape that the query string asks for.

    Where ``strict``, raises BadRequest for an unknown shape, sent with
    ``headers``, and for a ``_json_infinity`` that is neither on nor off; else
    the caller asks :func:`check_shape` and :func:`check_infinity`.
    """
    args = request.args
    if not len(args):
        return Shape()
    name = args.get("_shape", "objects")
    if strict:
        check_shape(name, headers)
        check_infinity(request)
    infinity = "_json_infinity" in args and parse_bool(args["_json_infinity"])
    return Shape(name, bool(args.get("_nl")), bool(infinity), tuple(args.getlist("_json")), bool(args.get("_proof")))


def check_infinity(request: Request) -> None:
    """Raise BadRequest for a ``_json_infinity`` that is neither on nor off."""
    asked = request.args.get("_json_infinity")
    if asked is not None and parse_bool(asked) is None:
        raise BadRequest("_json_infinity must be on or off")


def check_shape(name: str, headers: Mapping[str, str] | None = None) -> None:
    """Raise BadRequest, sent with ``headers``, for a shape that does not exist."""
    if name not in _SHAPES:
        hint = f"Shapes are {', '.join(sorted(_SHAPES))}."
        raise BadRequest(f"Invalid _shape: {name}", hint=hint, headers=headers)


def encode_page(
    shape: Shape,
    envelope: Mapping[str, Any],
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    row_keys: RowKeys | None = None,
    ending: Mapping[str, Any] | None = None,
) -> bytes:
    """The JSON of a page: ``envelope``, then the rows in their shape, then ``ending``.

    ``row_keys`` is needed for the ``object`` shape.
    """
    if shape.json_columns:
        indexes = [index for index, name in enumerate(columns) if name in shape.json_columns]
        rows = render_json.parse_cells(rows, indexes) if indexes else rows
    infinity = shape.infinity
    if shape.name == "arrays":
        return render_json.encode({**envelope, "rows": list(rows), **(ending or {})}, infinity=infinity)
    if shape.name == "arrayfirst":
        return render_json.encode([row[0] for row in rows], infinity=infinity)
    objects = render_json.objects(columns, rows)
    if shape.name == "objects":
        return render_json.encode({**envelope, "rows": objects, **(ending or {})}, infinity=infinity)
    if shape.name == "object":
        keys = row_keys(rows) if row_keys is not None else ()
        return render_json.encode(render_json.keyed(keys, objects), infinity=infinity)
    if shape.lines:
        body = render_json.encode_lines(objects, infinity=infinity)
        return body + lines_trailer(body, len(rows)) if shape.proof else body
    return render_json.encode(objects, infinity=infinity)


def shape_response(shape: Shape, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
    """``body`` with the content type of its shape."""
    lines = shape.name == "array" and shape.lines
    return Response(body, headers=headers, content_type="text/plain" if lines else JSON_TYPE)
