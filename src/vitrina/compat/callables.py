"""What kind of a callable something is."""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple


class CallableStatus(NamedTuple):
    """Whether it can be called, and whether the call gives a coroutine."""

    is_callable: bool
    is_async_callable: bool


def check_callable(obj: Any) -> CallableStatus:
    """Look at a function, method, class or object with ``__call__``."""
    if not callable(obj):
        return CallableStatus(False, False)
    called = obj if inspect.isroutine(obj) or inspect.isclass(obj) else obj.__call__
    return CallableStatus(True, inspect.iscoroutinefunction(called))
