"""One call of a hook: whose result is whose, who is behind an error, and who keeps everything else waiting."""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import Any, TypeVar

import pluggy

from vitrina.hooks.blame import LONG, blame, blame_plugin, report_long_call
from vitrina.hooks.results import refusal_of

T = TypeVar("T")

#: a plugin's name and what it returned
Named = tuple[str, Any]


#: takes an error that is not passed on: the plugin, the hook, the error
Tolerate = Callable[[str, str, Exception], None]


def named_results(
    pm: pluggy.PluginManager, hook: str, arguments: Mapping[str, Any], tolerate: Tolerate | None = None
) -> list[Named]:
    """What each implementation returned that is not None, in pluggy's order; nothing is awaited.

    What one of them raises is passed on with a note that names plugin and
    hook, or given to ``tolerate``. Where a plugin wraps the hook, results have
    the names of all of its plugins.
    """
    caller: Any = getattr(pm.hook, hook)
    implementations = caller.get_hookimpls()
    if any(each.hookwrapper or each.wrapper for each in implementations):
        return _wrapped(pm, caller, arguments)
    first = caller.spec is not None and caller.spec.opts.get("firstresult")
    found: list[Named] = []
    for implementation in reversed(implementations):
        plugin = str(implementation.plugin_name)
        began = time.perf_counter()
        try:
            # One at a time through pluggy, so that those who watch its calls see them.
            results = caller._hookexec(hook, [implementation], arguments, False)
        except Exception as error:  # a plugin call: passed on as the plugin raised it
            blame_plugin(plugin, hook, error)
            if tolerate is None:
                raise
            tolerate(plugin, hook, error)
            continue
        _watch(plugin, hook, began)
        if results:
            found.append((plugin, results[0]))
            if first:
                break
    return found


def _wrapped(pm: pluggy.PluginManager, caller: Any, arguments: Mapping[str, Any]) -> list[Named]:
    names = ", ".join(sorted({str(each.plugin_name) for each in caller.get_hookimpls()}))
    began = time.perf_counter()
    try:
        results = caller(**arguments)
    except Exception as error:  # a plugin call: passed on as the plugin raised it
        blame(pm, caller.name, error)
        raise
    _watch(names, caller.name, began)
    if isinstance(results, list):
        return [(names, result) for result in results]
    return [] if results is None else [(names, results)]


async def settled(hook: str, plugin: str, value: Any) -> Any:
    """A result called and awaited by the contract's rule, and looked at.

    What that raises is passed on with a note that names plugin and hook.
    Raises PluginError for what the hook cannot use.
    """
    if callable(value) or inspect.isawaitable(value):
        try:
            value = await _awaited(hook, plugin, value)
        except Exception as error:  # a plugin call: passed on as the plugin raised it
            blame_plugin(plugin, hook, error)
            raise
    return checked(hook, plugin, value)


def checked(hook: str, plugin: str, value: Any) -> Any:
    """The value of a hook, if the hook can use it; None always stands for no value. Raises PluginError."""
    if hasattr(value, "__next__"):
        # Looked at here and used later.
        value = list(value)
    if value is not None:
        refused = refusal_of(hook, plugin, value)
        if refused is not None:
            if inspect.iscoroutine(value):
                value.close()
            raise refused
    return value


async def _awaited(hook: str, plugin: str, value: Any) -> Any:
    if callable(value):
        began = time.perf_counter()
        value = value()
        _watch(plugin, hook, began)
    if inspect.iscoroutine(value):
        return await watched(hook, plugin, value)
    if inspect.isawaitable(value):
        return await value
    return value


def watched(hook: str, plugin: str, awaited: Awaitable[T]) -> Awaitable[T]:
    """What a plugin does while it is awaited; a step of a coroutine that keeps the event loop is told in the log."""
    if not inspect.iscoroutine(awaited):
        return awaited
    return _Watched(awaited, lambda began: _watch(plugin, hook, began))


def _watch(plugin: str, hook: str, began: float) -> None:
    seconds = time.perf_counter() - began
    if seconds >= LONG:
        report_long_call(plugin, hook, seconds)


class _Watched:
    """A coroutine whose steps are measured: between two of them the loop is free."""

    __slots__ = ("_coroutine", "_ended")

    def __init__(self, coroutine: Any, ended: Callable[[float], None]) -> None:
        self._coroutine = coroutine
        self._ended = ended

    def __await__(self) -> Generator[Any, Any, Any]:
        step, given = self._coroutine.send, None
        while True:
            began = time.perf_counter()
            try:
                awaited = step(given)
            except StopIteration as done:
                return done.value
            finally:
                self._ended(began)
            try:
                given = yield awaited
                step = self._coroutine.send
            except BaseException as error:  # noqa: BLE001 - thrown into the coroutine, as await does
                step, given = self._coroutine.throw, error
