"""Classes that plugins derive their pages from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, ClassVar

from vitrina.errors import BadRequest, VitrinaError
from vitrina.hooks.call import async_call_with_supported_arguments
from vitrina.http.request import Request
from vitrina.http.response import Response

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


class DatasetteError(VitrinaError):
    """An error page with a title and status of the plugin's choice."""

    def __init__(
        self,
        message: str,
        title: str | None = None,
        error_dict: Mapping[str, Any] | None = None,
        status: int = 500,
        template: str | None = None,
        message_is_html: bool = False,
        plain_message: str | None = None,
    ) -> None:
        super().__init__(
            plain_message or message,
            status=status,
            title=title,
            message_html=message if message_is_html else None,
            extra=error_dict,
        )
        self.message = message
        self.error_dict = dict(error_dict or {})
        self.message_is_html = message_is_html
        self.plain_message = plain_message


class RefusedRequest(DatasetteError, BadRequest):
    """A refusal of the core as plugins know it, which also is what it was."""


# Reports of errors are grouped by the name.
RefusedRequest.__name__ = RefusedRequest.__qualname__ = "DatasetteError"


def exception_for_plugins(error: Exception) -> Exception:
    """What hooks are given for an exception of the core."""
    if not isinstance(error, BadRequest) or isinstance(error, DatasetteError):
        return error
    known = RefusedRequest(error.message, title=error.title, error_dict=error.extra, status=error.status)
    return known.with_traceback(error.__traceback__)


@dataclass
class ContextField:
    """One variable of a page, for documentation."""

    name: str
    type_name: str
    help: str
    from_extra: bool = False


def from_extra() -> Any:
    """A field of a :class:`Context` that is described by the extra of its name."""
    return field(metadata={"from_extra": True})


class Context:
    """Base of classes whose fields are the variables of a page."""

    @classmethod
    def documented_fields(cls) -> list[ContextField]:
        """Every field with its words, those whose name begins with ``_`` left out."""
        return [
            ContextField(
                each.name,
                each.type if isinstance(each.type, str) else getattr(each.type, "__name__", str(each.type)),
                each.metadata.get("help", ""),
                bool(each.metadata.get("from_extra")),
            )
            for each in _fields_of(cls)
            if not each.name.startswith("_")
        ]


class View:
    """A page whose methods are named after those of HTTP; each gets ``request`` and ``datasette``."""

    async def head(self, request: Request, datasette: Any) -> Response:
        if not hasattr(self, "get"):
            return await self.method_not_allowed(request)
        response: Response = await self.get(request, datasette)
        response.body = ""
        return response

    async def method_not_allowed(self, request: Request) -> Response:
        return _not_allowed(request)

    async def options(self, request: Request, datasette: Any) -> Response:
        return Response.text("ok", headers={"allow": ", ".join(_allowed(self))})

    async def __call__(self, request: Request, datasette: Any) -> Response:
        handler = getattr(self, request.method.lower(), None) if request.method.lower() in _METHODS else None
        if handler is None:
            return await self.method_not_allowed(request)
        return await async_call_with_supported_arguments(  # type: ignore[no-any-return]
            handler, request=request, datasette=datasette
        )


class BaseView:
    """A page made once for an instance, which it keeps as ``ds``."""

    ds: Any = None
    has_json_alternate: ClassVar[bool] = True
    name: ClassVar[str | None] = None

    def __init__(self, datasette: Any) -> None:
        self.ds = datasette

    async def method_not_allowed(self, request: Request) -> Response:
        return _not_allowed(request)

    async def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response.text("ok")

    async def head(self, *args: Any, **kwargs: Any) -> Response:
        response = await self.get(*args, **kwargs)
        response.body = b""
        return response

    async def get(self, request: Request) -> Response:
        return await self.method_not_allowed(request)

    post = put = patch = delete = get

    async def dispatch_request(self, request: Request) -> Response:
        """Call the method that the request names."""
        handler = getattr(self, request.method.lower(), None) if request.method.lower() in _METHODS else None
        return await (handler or self.method_not_allowed)(request)

    async def render(self, templates: Any, request: Request, context: Any = None) -> Response:
        """An HTML page from the first of ``templates`` that exists."""
        return Response.html(
            await self.ds.render_template(templates, context or {}, request=request, view_name=self.name)
        )

    @classmethod
    def as_view(cls, *class_args: Any, **class_kwargs: Any) -> Callable[..., Any]:
        """A view function for a route."""

        async def view(request: Request, send: Any) -> Any:
            return await cls(*class_args, **class_kwargs).dispatch_request(request)

        view.__doc__ = cls.__doc__
        view.__name__ = cls.__name__
        view.view_class = cls  # type: ignore[attr-defined]
        return view


def _allowed(view: Any) -> list[str]:
    return [name.upper() for name in _METHODS if hasattr(view, name)]


def _not_allowed(request: Request) -> Response:
    if request.path.endswith(".json") or request.header(b"content-type") == "application/json":
        return Response.error("Method not allowed", 405)
    return Response.text("Method not allowed", status=405)


def _fields_of(cls: Any) -> tuple[Any, ...]:
    return fields(cls) if is_dataclass(cls) else ()
