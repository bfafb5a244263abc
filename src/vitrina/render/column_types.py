"""Column types: what a column's values mean beyond their storage class, and how they are shown and checked."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from markupsafe import Markup, escape

from vitrina.catalog.affinity import SQLiteType
from vitrina.render.cells import is_url, url_html

_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")


class ColumnType:
    """One column type; plugins derive their own from it.

    ``name`` and ``description`` are shown to people; ``sqlite_types`` are the
    affinities it can be assigned to, None for any. ``config`` is the
    assignment's own configuration.
    """

    name: ClassVar[str] = ""
    description: ClassVar[str] = ""
    sqlite_types: ClassVar[tuple[SQLiteType, ...] | None] = None

    def __init__(self, config: dict[str, Any] | None = None) -> None:
        self.config = config

    async def render_cell(
        self, value: Any, column: str, table: str | None, database: str, datasette: Any, request: Any
    ) -> Any:
        """HTML for a cell (text is escaped unless it is Markup), or None to leave it to the next renderer."""
        return None

    async def validate(self, value: Any, datasette: Any) -> str | None:
        """None when ``value`` may be written, else what is wrong with it."""
        return None

    async def transform_value(self, value: Any, datasette: Any) -> Any:
        """What JSON output has in place of ``value``."""
        return value


class BuiltInColumnType(ColumnType):
    """A column type of our own, whose cells need no event loop."""

    sqlite_types = (SQLiteType.TEXT,)

    def html(self, value: Any) -> str | None:
        """The trusted HTML of a cell, or None."""
        return None

    async def render_cell(
        self, value: Any, column: str, table: str | None, database: str, datasette: Any, request: Any
    ) -> Any:
        html = self.html(value)
        return None if html is None else Markup(html)


class UrlColumnType(BuiltInColumnType):
    name = "url"
    description = "URL"

    def html(self, value: Any) -> str | None:
        if not isinstance(value, str) or not value.strip():
            return None
        stripped = value.strip()
        return url_html(stripped, 0) if is_url(stripped) else str(escape(stripped))

    async def validate(self, value: Any, datasette: Any) -> str | None:
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            return "URL must be a string"
        return None if _ADDRESS.fullmatch(value.strip()) else "Invalid URL"


class EmailColumnType(BuiltInColumnType):
    name = "email"
    description = "Email address"

    def html(self, value: Any) -> str | None:
        if not isinstance(value, str) or not value.strip():
            return None
        shown = escape(value.strip())
        return f'<a href="mailto:{shown}">{shown}</a>'

    async def validate(self, value: Any, datasette: Any) -> str | None:
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            return "Email must be a string"
        return None if _EMAIL.match(value.strip()) else "Invalid email address"


class JsonColumnType(BuiltInColumnType):
    name = "json"
    description = "JSON data"

    def html(self, value: Any) -> str | None:
        if not isinstance(value, str):
            return None
        try:
            text = json.dumps(json.loads(value), indent=2)
        except (ValueError, RecursionError):
            return None
        return f"<pre>{escape(text)}</pre>"

    async def validate(self, value: Any, datasette: Any) -> str | None:
        if value is None or value == "" or not isinstance(value, str):
            return None
        try:
            json.loads(value)
        except (ValueError, RecursionError):
            return "Invalid JSON"
        return None


class TextareaColumnType(BuiltInColumnType):
    name = "textarea"
    description = "Multiline text"


BUILT_IN: tuple[type[BuiltInColumnType], ...] = (UrlColumnType, EmailColumnType, JsonColumnType, TextareaColumnType)
