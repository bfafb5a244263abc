"""Calls into hooks and databases that plugins make through functions of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from markupsafe import Markup

from vitrina.dialect.parameters import named_parameters
from vitrina.hooks.call import await_me_maybe


def make_slot_function(name: str, datasette: Any, request: Any, **kwargs: Any) -> Callable[[], Awaitable[Markup]]:
    """A function for templates that gives the HTML of every plugin's slot ``name``."""

    async def inner() -> Markup:
        hook = getattr(datasette.pm.hook, name)
        parts = []
        for result in hook(datasette=datasette, request=request, **kwargs):
            html = await await_me_maybe(result)
            if html is not None:
                parts.append(html)
        return Markup("").join(Markup(part) for part in parts)

    return inner


async def derive_named_parameters(db: Any, sql: str) -> list[str]:
    """The ``:name`` parameters of a statement, comments and literals ignored."""
    return named_parameters(sql)
