"""The one rule by which a hook's result becomes a value: value, callable, or awaitable."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any


async def await_me_maybe(value: Any) -> Any:
    """Call ``value`` if it is callable, await what came of it if it is awaitable, return the rest as it is."""
    if callable(value):
        value = value()
    if inspect.isawaitable(value):
        value = await value
    return value


def _accepted(fn: Callable[..., Any], available: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """What of ``available`` the function takes, by position where it cannot be named, else by name."""
    unnamed: list[Any] = []
    wanted: dict[str, Any] = {}
    parameters = inspect.signature(fn).parameters
    for name, parameter in parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if name in available and parameter.kind is parameter.POSITIONAL_ONLY:
            unnamed.append(available[name])
        elif name in available:
            wanted[name] = available[name]
        elif parameter.default is parameter.empty:
            missing = set(parameters) - set(available)
            raise TypeError(f"{fn!r} requires parameters {tuple(parameters)}, missing: {missing}")
    return unnamed, wanted


def call_with_supported_arguments(fn: Callable[..., Any], **available: Any) -> Any:
    """Call ``fn`` with those keyword arguments that its signature names.

    Raises TypeError where a required parameter is not among them.
    """
    unnamed, wanted = _accepted(fn, available)
    return fn(*unnamed, **wanted)


async def async_call_with_supported_arguments(fn: Callable[..., Any], **available: Any) -> Any:
    """As :func:`call_with_supported_arguments` for a coroutine function."""
    unnamed, wanted = _accepted(fn, available)
    return await fn(*unnamed, **wanted)
