"""Whole answers kept for as long as the databases they were made from are proved unchanged."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vitrina.access.actors import actor_key
from vitrina.engine import observed
from vitrina.errors import VitrinaError

if TYPE_CHECKING:
    from collections.abc import Hashable

    from vitrina.engine.sqlite.database import SqliteDatabase
    from vitrina.http.ports import Answer
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_REUSABLE = "reusable"
# scope key: the databases and the stored content when the request came; an answer made meanwhile may hold older ones
_BEGUN = "vitrina.begun"

#: bytes of all kept answers together, and of the largest one that is kept
MOST_BYTES = 64 * 1024 * 1024
LARGEST_BYTES = 2 * 1024 * 1024

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

#: a database and its generation before anything was read
Source = tuple["SqliteDatabase", int]


def reusable(request: Request) -> None:
    """Say that the answer is the same for as long as the databases that this request read do not change.

    Each is kept with the generation seen before the first read of it: a commit
    in between then makes the answer outdated, never wrongly fresh.
    """
    request.state[_REUSABLE] = True


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: Answer
    sources: tuple[Source, ...]
    snapshot: object
    size: int


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
        scope[_BEGUN] = (self._served, self._site.store.snapshot)
        answer = await self._find(scope, actor)
        if answer is None:
            observed.begin()
        return answer

    async def _find(self, scope: Any, actor: Any) -> Answer | None:
        if not self._kept or scope["method"] not in ("GET", "HEAD"):
            return None
        key = _key(scope, actor)
        kept = None if key is None else self._kept.get(key)
        if kept is None or not self._plain():
            return None
        if kept.snapshot is self._site.store.snapshot:
            for database, generation in kept.sources:
                if not await _unchanged(database, generation):
                    break
            else:
                self.hits += 1
                if key in self._kept:
                    self._kept.move_to_end(key)
                return kept.answer
        self._drop(key)
        return None

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
        served, snapshot = request.scope.get(_BEGUN, (None, None))
        if served is not self._served:
            return
        self._drop(key)
        self._kept[key] = _Kept(answer, observed.observed(), snapshot, size)
        self._bytes += size
        while self._bytes > self._most_bytes:
            self._drop(next(iter(self._kept)))

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


async def _unchanged(database: SqliteDatabase, generation: int) -> bool:
    if not database.is_mutable and database.path is not None:
        return database.generation == generation
    try:
        return await database.look() == generation
    except VitrinaError:
        # The page itself says what is wrong with the file.
        return False


def _sets_cookie(answer: Answer) -> bool:
    return any(name.lower() == b"set-cookie" for name, _ in answer.headers)


def _is_html(answer: Answer) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in answer.headers)


def _key(scope: Any, actor: Any) -> Hashable | None:
    """None for a request whose answer is for it alone: with a flash message, or an actor that cannot be compared."""
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
