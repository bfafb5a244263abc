"""Whole answers kept for as long as the databases they were made from are proved unchanged."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vitrina.access.actors import actor_key
from vitrina.engine import observed
from vitrina.errors import VitrinaError
from vitrina.execute.permissions import is_skipping

if TYPE_CHECKING:
    from collections.abc import Hashable

    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.http.ports import Answer
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_REUSABLE = "reusable"
# scope key: the databases, the stored content, and the time before the answer was begun; one of them may be older
# than another one that is made meanwhile
_BEGUN = "vitrina.begun"
# scope key: the outdated answer that this request makes anew, by its key, and what is set when it is done
_MAKES = "vitrina.makes"

#: bytes of all kept answers together, and of the largest one that is kept
MOST_BYTES = 64 * 1024 * 1024
LARGEST_BYTES = 2 * 1024 * 1024

# How long a request waits for another one that makes the same answer anew, in seconds, and how often: what was begun
# before it came may be outdated by a commit since, what is begun after that may not.
_WAIT_S = 0.5
_WAITS = 2

# What an answer costs beside its body.
_OVERHEAD = 2048

# Hooks that may look at the request or the actor, or change what a page says, in ways nobody can foresee.
_PAGE_HOOKS = (
    "extra_body_script",
    "extra_css_urls",
    "extra_js_urls",
    "extra_template_vars",
    "filters_from_request",
    "jinja2_environment_from_request",
    "menu_links",
    "permission_resources_sql",
    "prepare_jinja2_environment",
    "register_column_types",
    "register_facet_classes",
    "register_output_renderer",
    "render_cell",
    "homepage_actions",
    "database_actions",
    "table_actions",
    "view_actions",
    "row_actions",
    "query_actions",
    "top_homepage",
    "top_database",
    "top_table",
    "top_row",
    "top_query",
    "top_stored_query",
    "prepare_connection",
)

#: a database, its generation before anything was read, and the tables that were read, None for anything
Source = tuple["SqliteDatabase", int, frozenset[str] | None]


def reusable(request: Request, *, by_tables: bool = False) -> None:
    """Say that the answer is the same for as long as the databases that this request read do not change.

    Each is kept with the generation seen before the first read of it: a commit
    in between then makes the answer outdated, never wrongly fresh. With
    ``by_tables`` the answer tells nothing but the schema and what was selected
    from tables, and holds for as long as none of these tables changes.
    """
    request.state[_REUSABLE] = by_tables


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: Answer
    sources: tuple[Source, ...]
    snapshot: object
    size: int
    begun: float


class AnswerCache:
    """Answers by who asked for what, dropped when a database changes and by age when there are too many.

    An answer is kept only where its handler called it reusable and no plugin
    that could see the request or the actor was involved.
    """

    def __init__(self, site: Site, *, most_bytes: int = MOST_BYTES) -> None:
        self._site = site
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._bytes = 0
        self._making: dict[Hashable, asyncio.Event] = {}
        self._served: dict[str, SqliteDatabase] = {}
        self._plugins = -1
        self._no_plugin_on_pages = False
        self.hits = 0

    async def find(self, scope: Any, actor: Any) -> Answer | None:
        """A kept answer that still holds: one look at each mutable database it was made from.

        Without one, what the request reads from now on is noted.
        """
        if self._served != self._site.databases:
            # Pages list the databases that there are.
            self._served = dict(self._site.databases)
            self._kept.clear()
            self._bytes = 0
        answer = await self._find(scope, actor)
        if answer is None:
            scope[_BEGUN] = (self._served, self._site.store.snapshot, time.monotonic())
            observed.begin()
        return answer

    async def _find(self, scope: Any, actor: Any) -> Answer | None:
        if not (self._kept or self._making) or scope["method"] not in ("GET", "HEAD"):
            return None
        key = _key(scope, actor)
        if key is None or not self._plain():
            return None
        came = time.monotonic()
        for _ in range(_WAITS):
            making = self._making.get(key)
            if making is None:
                kept = self._kept.get(key)
                if kept is None:
                    return None
                if await self._holds(kept):
                    return self._hit(key, kept)
                making = self._making.get(key)
            if making is None:
                # All others that ask for the same wait for this request: one computes, not all of them.
                self._drop(key)
                self._making[key] = making = asyncio.Event()
                scope[_MAKES] = (key, making)
                return None
            await self._wait(key, making)
            kept = self._kept.get(key)
            if kept is not None and kept.begun >= came:
                return self._hit(key, kept)
        return None

    async def _holds(self, kept: _Kept) -> bool:
        if kept.snapshot is not self._site.store.snapshot:
            return False
        for database, generation, tables in kept.sources:
            if not await _unchanged(database, generation, tables):
                return False
        return True

    def _hit(self, key: Hashable, kept: _Kept) -> Answer:
        self.hits += 1
        if key in self._kept:
            self._kept.move_to_end(key)
        return kept.answer

    async def _wait(self, key: Hashable, making: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(_WAIT_S):
                await making.wait()
        except TimeoutError:
            # Whatever takes it so long, a client that reads slowly perhaps, nobody else is to wait for that.
            self._end(key, making)

    def finish(self, scope: Any) -> None:
        """The request ended, with or without an answer that is kept; those that waited for it go on."""
        makes = scope.get(_MAKES)
        if makes is not None:
            self._end(*makes)

    def _end(self, key: Hashable, making: asyncio.Event) -> None:
        making.set()
        if self._making.get(key) is making:
            del self._making[key]

    def remember(self, request: Request, answer: Answer) -> None:
        """Keep an answer whose handler called it reusable."""
        size = len(answer.body) + _OVERHEAD
        if _REUSABLE not in request.state or size > LARGEST_BYTES or _sets_cookie(answer) or not self._plain():
            return
        key = _key(request.scope, request.scope.get("actor"))
        if key is None or any(_being_hashed(database) for database in self._site.databases.values()):
            return
        if self._site.templates.has_foreign and _is_html(answer):
            # Other people's templates may look at the request or the clock, and are edited while the server runs.
            return
        served, snapshot, begun = request.scope.get(_BEGUN, (None, None, 0.0))
        if served is not self._served:
            return
        self._drop(key)
        self._kept[key] = _Kept(answer, _sources(by_tables=request.state[_REUSABLE]), snapshot, size, begun)
        self._bytes += size
        while self._bytes > self._most_bytes:
            self._drop(next(iter(self._kept)))
        self.finish(request.scope)

    def _plain(self) -> bool:
        """Whether no plugin has a say in pages; asked anew only when plugins came or went."""
        hooks = self._site.hooks
        number = hooks.plugins_registered
        if number != self._plugins:
            self._plugins = number
            self._no_plugin_on_pages = not any(hooks.has(name) for name in _PAGE_HOOKS)
        return self._no_plugin_on_pages

    def _drop(self, key: Hashable) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._bytes -= kept.size


def _being_hashed(database: SqliteDatabase) -> bool:
    """Pages show the hash and the counts of an immutable file once they are known."""
    return not database.is_mutable and database.path is not None and database.hash is None


def _sources(*, by_tables: bool) -> tuple[Source, ...]:
    return tuple(
        [
            (database, seen.generation, seen.known_tables() if by_tables else None)
            for database, seen in observed.observed()
        ]
    )


async def _unchanged(database: SqliteDatabase, generation: int, tables: frozenset[str] | None) -> bool:
    if not database.is_mutable and database.path is not None:
        return database.generation == generation
    try:
        return await database.holds(generation, tables)
    except VitrinaError:
        # The page itself says what is wrong with the file.
        return False


def _sets_cookie(answer: Answer) -> bool:
    return any(name.lower() == b"set-cookie" for name, _ in answer.headers)


def _is_html(answer: Answer) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in answer.headers)


def _key(scope: Any, actor: Any) -> Hashable | None:
    """None for a request whose answer is for it alone.

    With a flash message, past the permission checks, or of an actor that cannot be compared.
    """
    if is_skipping():
        return None
    host = cookie = credentials = b""
    for name, value in scope["headers"]:
        if name == b"host":
            host = value
        elif name == b"cookie":
            if b"ds_messages=" in value:
                return None
            # Only that there was one: what it means is the actor.
            cookie = b"1"
        elif name == b"authorization":
            credentials = b"1"
    path = scope.get("raw_path") or scope["path"]
    who = actor_key(actor)
    return None if who is None else (path, scope["query_string"], host, scope.get("scheme"), cookie, credentials, who)
