"""Stored queries through functions that take the instance as their first argument."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from vitrina.catalog.stored import QUERY_OPTIONS
from vitrina.facade.stored_queries import UNCHANGED as _UNCHANGED

QUERY_OPTION_FIELDS = QUERY_OPTIONS
#: the default of :func:`update_query`'s arguments: leave the field as it is
UNCHANGED = _UNCHANGED


def _method(name: str) -> Callable[..., Awaitable[Any]]:
    async def call(datasette: Any, *args: Any, **kwargs: Any) -> Any:
        return await getattr(datasette, name)(*args, **kwargs)

    call.__name__ = call.__qualname__ = name
    return call


add_query = _method("add_query")
update_query = _method("update_query")
get_query = _method("get_query")
remove_query = _method("remove_query")
list_queries = _method("list_queries")
count_queries = _method("count_queries")


async def save_queries_from_config(datasette: Any) -> None:
    """Read the configured queries again."""
    await datasette.site.store.refresh()
