"""Whether the current code runs because of a request that this process made to itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_inside: ContextVar[bool] = ContextVar("vitrina_in_client", default=False)


def in_client() -> bool:
    """Whether the current code runs because of a request made through the in-process client."""
    return _inside.get()


@contextmanager
def inside() -> Iterator[None]:
    """Mark the block as running for a request from inside."""
    token = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(token)
