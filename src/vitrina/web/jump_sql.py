"""What a plugin adds to the jump menu: SQL that selects items."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class JumpSQL:
    """Items of the jump menu as SQL.

    ``sql`` selects type, label, description, url, search_text and
    display_name; ``params`` are its parameters; ``database`` names the
    database it runs on, None the internal one.
    """

    sql: str
    params: Mapping[str, Any] | None = field(default=None)
    database: str | None = None

    @classmethod
    def menu_item(
        cls,
        *,
        label: str,
        url: str,
        description: str = "Menu item",
        search_text: str | None = None,
        display_name: str | None = None,
        item_type: str = "menu",
    ) -> JumpSQL:
        """One fixed item; it is found by its label, display name and description unless told otherwise."""
        if search_text is None:
            search_text = " ".join(text for text in (label, display_name, description) if text)
        return cls(
            "select :type as type, :label as label, :description as description, :url as url,"
            " :search_text as search_text, :display_name as display_name",
            {
                "type": item_type,
                "label": label,
                "description": description,
                "url": url,
                "search_text": search_text,
                "display_name": display_name,
            },
        )


def namespace_sql_params(sql: str, params: Mapping[str, Any], prefix: str) -> tuple[str, dict[str, Any]]:
    """``sql`` and its parameters with every name behind ``prefix_``, so that statements can be put together."""
    renamed = {f"{prefix}_{name}": value for name, value in params.items()}
    for name in sorted(params, key=len, reverse=True):
        sql = re.sub(rf":{re.escape(name)}\b", f":{prefix}_{name}", sql)
    return sql, renamed
