"""Style sheets and scripts that the configuration and plugins add to pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from vitrina.web.contributions import Contribution, contributions_of

if TYPE_CHECKING:
    from vitrina.web.site import Site


async def css_urls(site: Site, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Further style sheets of a page as ``{url, sri?}``, each URL once.

    ``arguments`` are those of the hook ``extra_css_urls``.
    """
    hooked = await _hooked(site, "extra_css_urls", arguments)
    # The configuration comes last, so that its rules win.
    return _once(site, [*hooked, *_configured(site, "extra_css_urls")], ("sri",))


async def js_urls(site: Site, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Further scripts of a page as ``{url, sri?, module?}``, each URL once.

    ``arguments`` are those of the hook ``extra_js_urls``.
    """
    hooked = await _hooked(site, "extra_js_urls", arguments)
    return _once(site, [*hooked, *_configured(site, "extra_js_urls")], ("sri", "module"))


async def body_scripts(site: Site, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Scripts for the end of the body as ``{script, module}``.

    ``arguments`` are those of the hook ``extra_body_script``.
    """
    scripts = []
    for plugin, given in await site.hooks.gather_named("extra_body_script", **arguments):
        item = given if isinstance(given, Mapping) else {"script": given}
        if item.get("script"):
            contributions_of(arguments["request"]).assets.append(Contribution(plugin, "extra_body_script"))
            scripts.append({"script": Markup(item["script"]), "module": bool(item.get("module"))})
    return scripts


async def _hooked(site: Site, hook: str, arguments: Mapping[str, Any]) -> list[Any]:
    if not site.hooks.has(hook):
        return []
    found = [(plugin, item) for plugin, item in await site.hooks.lists_named(hook, **arguments) if item is not None]
    noted = contributions_of(arguments["request"]).assets
    noted += [
        Contribution(plugin, hook, (str(item["url"] if isinstance(item, Mapping) else item),)) for plugin, item in found
    ]
    return [item for _, item in found]


def _configured(site: Site, key: str) -> list[Any]:
    given = site.config.raw.get(key) or site.config.metadata.get(key) or []
    return list(given) if isinstance(given, (list, tuple)) else [given]


def _once(site: Site, items: Iterable[Any], keys: tuple[str, ...]) -> list[dict[str, Any]]:
    seen: dict[str, dict[str, Any]] = {}
    for item in items:
        if item is None:
            continue
        given = item if isinstance(item, Mapping) else {"url": item}
        url = given["url"]
        if url in seen:
            continue
        # A path of this server lives below its prefix.
        address = site.urls.path(url) if url.startswith("/") and not url.startswith("//") else url
        seen[url] = {"url": address, **{key: given[key] for key in keys if given.get(key)}}
    return list(seen.values())
