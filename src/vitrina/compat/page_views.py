"""Built-in pages as classes, for plugins that put a page of theirs in front of one."""

from __future__ import annotations

from vitrina.compat.views import BaseView
from vitrina.http.request import Request
from vitrina.http.response import Response
from vitrina.web.database import database_page
from vitrina.web.home import home_page


class IndexView(BaseView):
    """The home page."""

    name = "index"

    async def get(self, request: Request) -> Response:
        return await home_page(self.ds.site, request)


class DatabaseView(BaseView):
    """The page of one database."""

    name = "database"

    async def get(self, request: Request) -> Response:
        return await database_page(self.ds.site, request)
