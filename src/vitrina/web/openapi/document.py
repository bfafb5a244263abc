"""The OpenAPI document: the table of routes, as far as an actor may use it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from vitrina.http.router import Route
from vitrina.version import __version__
from vitrina.web.openapi.bodies import FLAG, TEXT, Schema
from vitrina.web.openapi.operations import OPERATIONS, Operation

_SUFFIX = re.compile(r"\(([^)]*)\)$")
_VARIABLE = re.compile(r"\{(\w+)\}")
_CONTENT = {"": "text/html", ".json": "application/json", ".csv": "text/plain", ".md": "text/plain"}
_JSON = "application/json"
_KEY: list[dict[str, Any]] = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "A text of your own: the same request with the same key is done once and answered again",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    },
    {
        "name": "Idempotency-Scope",
        "in": "header",
        "required": False,
        "description": "durable: refuse the request where keys do not outlive the server's process",
        "schema": {"type": "string", "enum": ["process", "durable"]},
    },
]
_DURABLE: dict[str, Any] = {
    "name": "_durable",
    "in": "query",
    "required": False,
    "description": "Answer when the replica has the write, or with 504, which says that it stands all the same",
    "schema": {"type": "string", "enum": ["1"]},
}
# Their answer comes before their work is done.
_LATER = ("import-run",)
_ERROR = {"$ref": "#/components/schemas/Error"}
# Names that a variable lists; with more of them a client had better ask.
_LISTED_MOST = 200
_DESCRIBED = {
    "database": "Database, tilde-encoded",
    "table": "Table or view, tilde-encoded",
    "query": "Stored query, tilde-encoded",
    "pks": "Primary key of a row, tilde-encoded; the parts of a compound key joined with commas",
    "job": "Job, as its beginning was answered",
}


@dataclass(frozen=True, slots=True)
class Reach:
    """What an actor can get at: route name → the names that each variable of its path may have.

    Routes that are missing are left out. ``max_rows`` is the most rows of an
    insert; ``replicated`` whether any database has a replica.
    """

    names: Mapping[str, Mapping[str, tuple[str, ...]]]
    max_rows: int
    server: str = "/"
    replicated: bool = False


def openapi_document(routes: Iterable[Route], reach: Reach) -> dict[str, Any]:
    """The document for one actor, valid OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        if route.name not in reach.names:
            continue
        operation = OPERATIONS[route.name]
        for path, extension in paths_of(route, operation):
            variables = [_variable(name, reach.names[route.name]) for name in _VARIABLE.findall(path)]
            item = paths.setdefault(path, {})
            if variables:
                item["parameters"] = variables
            for method in methods_of(route, operation):
                item[method] = _operation(route, operation, method, extension, reach.max_rows)
                if reach.replicated and method == "post" and operation.repeatable and route.name not in _LATER:
                    _add_durable(item[method])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Vitrina", "version": __version__, "description": "What this instance answers to you."},
        "servers": [{"url": reach.server}],
        "paths": paths,
        "components": {"schemas": _components(), "securitySchemes": _SECURITY},
        "security": [{}, {"bearer": []}, {"cookie": []}],
    }


def methods_of(route: Route, operation: Operation) -> tuple[str, ...]:
    """The methods of a route that the document describes, in lower case."""
    if route.any_method:
        return ("get",)
    return tuple([method.lower() for method in route.methods if method != "POST" or operation.post])


def paths_of(route: Route, operation: Operation) -> list[tuple[str, str]]:
    """Path and extension of each format of a route."""
    suffix = _SUFFIX.search(route.pattern)
    if suffix is None:
        return [(route.pattern, "")]
    stem = route.pattern[: suffix.start()]
    formats = operation.formats if suffix[1] == ".*" else ("", *suffix[1].split("|"))
    return [(stem + extension, extension) for extension in formats]


def _variable(name: str, known: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    schema: Schema = {"type": "string", "minLength": 1}
    names = known.get(name, ())
    if names and len(names) <= _LISTED_MOST:
        schema["enum"] = list(names)
    return {"name": name, "in": "path", "required": True, "description": _DESCRIBED[name], "schema": schema}


def _operation(route: Route, operation: Operation, method: str, extension: str, max_rows: int) -> dict[str, Any]:
    words = [method, route.name, extension.strip(".")]
    described: dict[str, Any] = {
        "operationId": "-".join(filter(None, words)),
        "summary": operation.summary,
        "responses": _responses(route, operation, method, extension),
    }
    needs = f"Needs the permission {operation.action}." if operation.action is not None else ""
    description = " ".join(filter(None, (needs, operation.notes)))
    if description:
        described["description"] = description
    arguments = operation.arguments or {}
    parameters: list[dict[str, Any]] = []
    if method == "get" or not operation.form:
        parameters += [
            {"name": name, "in": "query", "required": False, "schema": schema} for name, schema in arguments.items()
        ]
    if method == "post" and operation.repeatable:
        parameters += _KEY
    if parameters:
        described["parameters"] = parameters
    if method == "post":
        content = _request_content(operation, max_rows)
        if content:
            described["requestBody"] = {"content": content, "required": operation.body is not None}
    return described


def _add_durable(described: dict[str, Any]) -> None:
    described["parameters"] = [*described["parameters"], _DURABLE]
    described["responses"]["504"] = {"description": "Gateway Timeout", "content": {_JSON: {"schema": _ERROR}}}


def _request_content(operation: Operation, max_rows: int) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if operation.body is not None:
        content["application/json"] = {"schema": operation.body(max_rows)}
    if operation.form is not None:
        properties = {name: dict(schema) for name, schema in operation.form.items()}
        content["application/x-www-form-urlencoded"] = {"schema": {"type": "object", "properties": properties}}
    for kind in operation.streams:
        content[kind] = {"schema": TEXT}
    return content


def _responses(route: Route, operation: Operation, method: str, extension: str) -> dict[str, Any]:
    kind = _CONTENT[extension] if extension else operation.content
    # What answers a form with a page answers a program with JSON.
    kinds = [kind, _JSON] if method == "post" and kind == "text/html" else [kind]
    shapes = list(operation.shapes)
    schema = {"type": shapes if len(shapes) > 1 else shapes[0]}
    content = {each: {"schema": schema if each == _JSON else {}} for each in kinds}
    responses: dict[str, Any] = {}
    for status in operation.get if method == "get" else operation.post:
        if 300 <= status < 400:
            responses[str(status)] = _elsewhere(status)
        else:
            responses[str(status)] = {"description": HTTPStatus(status).phrase, "content": content}
    for status in sorted(refusals(route, operation, method)):
        if status < 400:
            responses.setdefault(str(status), _elsewhere(status))
        else:
            phrase = HTTPStatus(status).phrase
            responses[str(status)] = {"description": phrase, "content": _error_content(extension)}
    return responses


def refusals(route: Route, operation: Operation, method: str) -> set[int]:
    """The statuses of an operation that do not say that it was done, but for failures of the server itself."""
    # A bearer token that is not valid, and a server with too much to do.
    found = {401, 503, *operation.refused}
    if operation.action is not None:
        found.add(403)
    if _VARIABLE.search(route.pattern):
        # Names that are not there, or written in an old way: with percent signs, as :memory: or as - alone.
        found |= {301, 302, 403, 404}
    if method == "post":
        # What a page of another site sends is refused.
        found |= {400, 403, 413}
    if method == "post" and operation.repeatable:
        found |= {409, 422}
    return found


def _elsewhere(status: int) -> dict[str, Any]:
    if status == 304:
        return {"description": HTTPStatus(status).phrase}
    return {"description": "Go on there", "headers": {"Location": {"schema": TEXT}}}


def _error_content(extension: str) -> dict[str, Any]:
    if extension == ".json":
        return {_JSON: {"schema": _ERROR}}
    return {_JSON: {"schema": _ERROR}, "text/html": {"schema": TEXT}, "text/plain": {"schema": TEXT}}


_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "ds_actor"},
}


def _components() -> dict[str, Schema]:
    return {
        "Error": {
            "type": "object",
            "required": ["ok", "error", "errors", "status"],
            "properties": {
                "ok": {**FLAG, "const": False},
                "error": TEXT,
                "errors": {"type": "array", "items": TEXT},
                "status": {"type": "integer"},
            },
        },
        "Value": {
            "description": 'A value; {"$base64": true, "encoded": "…"} are bytes, other objects and lists stay JSON',
            "type": ["string", "number", "boolean", "null", "object", "array"],
        },
    }
