"""The part of the plugin-facing instance about templates, messages, static files and URLs."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from vitrina.http.messages import add_message
from vitrina.http.urls import PrefixedUrlString
from vitrina.web.absolute import absolute_url
from vitrina.web.page import environment_for, render_text

if TYPE_CHECKING:
    from jinja2 import Environment

    from vitrina.http.request import Request
    from vitrina.http.urls import Urls
    from vitrina.web.site import Site


class RenderingMethods:
    """Thin delegation to the page renderer."""

    site: Site

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def urls(self) -> Urls:
        return self.site.urls

    async def render_template(
        self, templates: Any, context: Any = None, request: Request | None = None, view_name: str | None = None
    ) -> str:
        """Render a template (a name, a list of names, or a Template). Raises RuntimeError before start-up.

        ``context`` is a mapping or a dataclass, such as a ``Context``.
        """
        if not self.started:
            raise RuntimeError("render_template() called before await ds.invoke_startup()")
        if is_dataclass(context):
            context = {each.name: getattr(context, each.name) for each in fields(context)}
        return await render_text(self.site, templates, context, request, view_name)

    started: bool = False

    def get_jinja_environment(self, request: Request | None = None) -> Environment:
        """The template environment, as plugins change it for this request where one is given."""
        if request is None:
            return self.site.templates.environment
        return environment_for(self.site, request)

    def add_message(self, request: Request, message: str, type: int = INFO) -> None:
        """Show a message on the next page that this client sees."""
        add_message(request, message, type)

    def absolute_url(self, request: Request, path: str) -> str:
        """``path``, which may be relative to the page or absolute already, as this client reaches the server."""
        if path.startswith("/") and not path.startswith("//"):
            return absolute_url(self.site, request, path)
        return urljoin(absolute_url(self.site, request, request.full_path), path)

    def static(self, path: str, plugin: str | None = None, mount: str | None = None) -> PrefixedUrlString:
        """URL of a static file with the hash of its content. Raises FileNotFoundError and ValueError."""
        if plugin and mount:
            raise ValueError("Use either plugin= or mount=, not both")
        if path.startswith("/") or ".." in path.split("/"):
            raise ValueError("Static asset path cannot escape static root")
        return PrefixedUrlString(self.site.static_url(path, plugin=plugin, mount=mount, must_exist=True))
