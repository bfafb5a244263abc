"""What a server of read replicas adds to every answer: how old the data are, and a refusal when they are too old."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vitrina.errors import Unavailable
from vitrina.http.errors import error_response
from vitrina.http.header_policy import HeaderLines
from vitrina.http.request import Request, path_of
from vitrina.tilde import tilde_decode
from vitrina.web.error_page import error_page_renderer

if TYPE_CHECKING:
    from vitrina.http.types import ASGIApp, Message, Receive, Scope, Send
    from vitrina.replicate.reading import ReadReplica
    from vitrina.web.site import Site

#: of ``site.state``: the replicas that are read, by database name
READ_REPLICAS = "read_replicas"
_ALWAYS_SERVED = "/-/static"
# Seconds for which header lines are used again; added to the lag, which is therefore never told too small.
_LINES_GOOD_S = 0.05


class WithFreshness:
    """An ASGI application with ``vitrina-replica-lag`` (seconds) and ``vitrina-replica-as-of`` on its answers.

    Answers 503, also to health checks, while a replica is older than it may be.
    """

    def __init__(self, application: ASGIApp, site: Site) -> None:
        self._application = application
        self._site = site
        self._replicas: Mapping[str, ReadReplica] = site.state[READ_REPLICAS]
        self._render_error = error_page_renderer(site)
        # by the replicas concerned: header lines, and until when they are good enough
        self._lines: dict[tuple[ReadReplica, ...], tuple[float, HeaderLines]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        concerned = self._concerned(path_of(scope))
        lines = self._header_lines(concerned)

        async def send_with_lines(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*(message.get("headers") or ()), *lines]}
            await send(message)

        outdated = [replica for replica in concerned if _is_outdated(replica)]
        if outdated and not path_of(scope).startswith(_ALWAYS_SERVED):
            request = Request(scope, receive)
            response = await error_response(request, _too_old(outdated[0]), self._render_error)
            await (response.send_head if request.method == "HEAD" else response.send_whole)(send_with_lines)
            return
        await self._application(scope, receive, send_with_lines)

    def _concerned(self, path: str) -> tuple[ReadReplica, ...]:
        """The replica of the database that the path names, none of a file beside them, else all."""
        first = path.removeprefix(self._site.settings.base_url).lstrip("/").partition("/")[0]
        for name in (first, first.rpartition(".")[0]):
            database = tilde_decode(name)
            if database in self._replicas:
                return (self._replicas[database],)
            if database in self._site.databases and self._site.databases[database].path is not None:
                return ()
        return tuple(self._replicas.values())

    def _header_lines(self, replicas: tuple[ReadReplica, ...]) -> HeaderLines:
        if not replicas:
            return []
        now = time.monotonic()
        kept = self._lines.get(replicas)
        if kept is not None and now < kept[0]:
            return kept[1]
        lines: HeaderLines = []
        known = [lag for lag in (replica.lag_s for replica in replicas) if lag is not None]
        if known:
            lines.append((b"vitrina-replica-lag", f"{max(known) + _LINES_GOOD_S:.3f}".encode()))
        as_of = min(replica.as_of for replica in replicas)
        lines.append((b"vitrina-replica-as-of", as_of.isoformat(timespec="milliseconds").encode()))
        self._lines[replicas] = (now + _LINES_GOOD_S, lines)
        return lines


def data_as_of(site: Site, database: Any) -> str | None:
    """The moment, for people, of the data on a page of ``database``, or of all; None where nothing is replicated."""
    replicas: Mapping[str, ReadReplica] = site.state.get(READ_REPLICAS) or {}
    if not replicas:
        return None
    if isinstance(database, str) and database in site.databases and site.databases[database].path is not None:
        shown = [replicas[database]] if database in replicas else []
    else:
        shown = list(replicas.values())
    if not shown:
        return None
    return min(replica.as_of for replica in shown).strftime("%Y-%m-%d %H:%M:%S UTC")


def _is_outdated(replica: ReadReplica) -> bool:
    limit, lag = replica.options.max_lag_s, replica.lag_s
    return limit is not None and (lag is None or lag > limit)


def _too_old(replica: ReadReplica) -> Unavailable:
    return Unavailable(
        f"The copy of {replica.name} is older than {replica.options.max_lag_s:g} seconds",
        hint="It is answered from again as soon as it has caught up with the server that writes.",
        headers={"Retry-After": "2"},
    )
