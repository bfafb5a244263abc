"""Writes with spans around them, for servers that OpenTelemetry watches."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from vitrina.engine.protocols import CatalogChanged
from vitrina.hooks import telemetry
from vitrina.hooks.span_words import REQUEST_SPAN_SCOPE_KEY

if TYPE_CHECKING:
    from vitrina.engine.sqlite.queued import Watch

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")

# The page that is made again writes again: nothing failed.
_EXPECTED = (CatalogChanged,)


class Submit(Protocol[T_co]):
    """Gives a write to the writer, watched or not."""

    def __call__(self, *, watch: Watch | None = None) -> Awaitable[T_co]: ...


def is_watched(request: Any) -> bool:
    """Whether the request has a span: all that a write costs where telemetry is not active."""
    return request is not None and REQUEST_SPAN_SCOPE_KEY in request.scope


async def observed(
    database: str,
    submit: Submit[T],
    about: Mapping[str, Any],
    *,
    block: bool = True,
    isolated: bool = False,
    transaction: bool = True,
    learned: Callable[[], Mapping[str, Any]] = dict,
) -> T:
    """What ``submit`` gives, with spans for the write's waiting and running; ``about`` is what it does.

    Call it only where telemetry is active. ``about`` has ``sql`` with ``params``, or ``callback``; ``learned`` gives
    attributes that are known when it is done.
    """
    with telemetry.query_spans().query_span(database, "write", **about) as span:
        watch = span.watch(isolated=isolated, transaction=transaction, block=block, expected=_EXPECTED)
        try:
            result = await submit(watch=watch)
        except _EXPECTED:
            raise
        except Exception as error:
            span.fail(error)
            raise
        for name, value in learned().items():
            span.set(name, value)
        return result
