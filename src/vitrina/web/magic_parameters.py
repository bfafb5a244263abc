"""Values of a stored query's magic parameters for one request, those of plugins included."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from vitrina.errors import BadRequest
from vitrina.hooks.blame import blaming
from vitrina.hooks.call import await_me_maybe
from vitrina.plan.magic import MagicContext, MagicSource, builtin_sources, is_magic

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_HOOK = "register_magic_parameters"


async def magic_values(site: Site, request: Request, names: Iterable[str]) -> dict[str, Any]:
    """A value for each magic name among ``names``; None where nothing is registered for its prefix.

    Raises BadRequest where the request has no such actor key or cookie.
    """
    wanted = [name for name in names if is_magic(name)]
    if not wanted:
        return {}
    sources = await _sources(site, request)
    values: dict[str, Any] = {}
    for name in wanted:
        prefix, _, key = name[1:].partition("_")
        source = sources.get(prefix)
        try:
            value = None if source is None else source(key)
            values[name] = await await_me_maybe(value)
        except KeyError as error:
            raise BadRequest(str(error), hint=f"There is no value for :{name} in this request.") from error
    return values


async def _sources(site: Site, request: Request) -> dict[str, MagicSource]:
    context = MagicContext(
        actor=request.actor,
        headers=request.headers,
        cookies=request.cookies,
        now=datetime.datetime.now(datetime.UTC),
        random_hex=_random_hex,
    )
    sources = builtin_sources(context)
    if site.hooks.has(_HOOK):
        for plugin, (prefix, function) in await site.hooks.lists_named(_HOOK, datasette=site.facade):
            sources[prefix] = _of_plugin(plugin, function, request)
    return sources


def _of_plugin(plugin: str, function: Callable[[str, Any], Any], request: Request) -> MagicSource:
    async def value(key: str) -> Any:
        with blaming(plugin, _HOOK):
            return await await_me_maybe(function(key, request))

    return value


def _random_hex(length: int) -> str:
    return secrets.token_hex((length + 1) // 2)[:length]
