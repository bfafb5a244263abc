"""The column type of columns that hold ids of files."""

from __future__ import annotations

from typing import Any

from vitrina.files.names import is_file_id
from vitrina.http.urls import Urls
from vitrina.render.column_types import BuiltInColumnType


def file_column_type(urls: Urls) -> type[BuiltInColumnType]:
    """The class, whose links are below the ``base_url`` of this instance."""

    class FileColumnType(BuiltInColumnType):
        name = "file"
        description = "File"

        def html(self, value: Any) -> str | None:
            if not is_file_id(value):
                return None
            link = urls.path(f"/-/files/{value}")
            return f'<datasette-file file-id="{value}"><a href="{link}">{value}</a></datasette-file>'

    return FileColumnType
