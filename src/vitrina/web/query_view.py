"""A stored query as JSON shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vitrina.catalog.stored import StoredQuery
    from vitrina.execute.permissions import Access


def query_with_private(access: Access, query: StoredQuery) -> dict[str, Any]:
    """Everything stored about ``query``, and whether only some may see it."""
    return {**query.as_dict(), "private": access.private("view-query", query.database, query.name)}
