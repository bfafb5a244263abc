"""URLs of static files that carry a hash of their content, so that browsers may keep them for good."""

from __future__ import annotations

from collections.abc import Mapping

from vitrina.http.static import StaticFiles
from vitrina.http.urls import Urls


class StaticUrls:
    """Knows every folder of static files: the built-in one, mounts, and those of plugins.

    A hash is computed once per file and process.
    """

    def __init__(
        self, urls: Urls, built_in: StaticFiles, mounts: Mapping[str, StaticFiles], plugins: Mapping[str, StaticFiles]
    ) -> None:
        self._urls = urls
        self._built_in = built_in
        self._mounts = mounts
        self._plugins = plugins
        self._known: dict[tuple[str, str | None, str | None], str] = {}

    def __call__(
        self, path: str, plugin: str | None = None, mount: str | None = None, *, must_exist: bool = False
    ) -> str:
        """The URL of ``path`` below the built-in folder, a plugin's or a mount's; without hash where it is missing.

        Raises FileNotFoundError where it ``must_exist`` and is missing.
        """
        key = (path, plugin, mount)
        url = self._known.get(key)
        if url is None:
            url = self._known[key] = self._make(path, plugin, mount)
        if must_exist and "?_hash=" not in url:
            self._check(path, plugin, mount)
        return url

    def _check(self, path: str, plugin: str | None, mount: str | None) -> None:
        if plugin is not None:
            if plugin not in self._plugins:
                raise FileNotFoundError(f"No static assets found for plugin {plugin}")
            self._plugins[plugin].content_hash(path)
        elif mount is not None:
            if mount.strip("/") not in self._mounts:
                raise FileNotFoundError(f"No static mount found for {mount}")
            self._mounts[mount.strip("/")].content_hash(path)
        else:
            self._built_in.content_hash(path)

    def _make(self, path: str, plugin: str | None, mount: str | None) -> str:
        files: StaticFiles | None = self._built_in
        url = self._urls.static(path)
        if plugin is not None:
            files = self._plugins.get(plugin)
            url = self._urls.static_plugins(plugin, path)
        elif mount is not None:
            name = mount.strip("/")
            files = self._mounts.get(name)
            url = self._urls.path(f"/{name}/{path.lstrip('/')}")
        if files is None:
            return str(url)
        try:
            return f"{url}?_hash={files.content_hash(path)}"
        except OSError:
            return str(url)
