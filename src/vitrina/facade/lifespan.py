"""Start-up and shutdown of one instance: hooks in the contract's order, background tasks, closing."""

from __future__ import annotations

import asyncio
import datetime
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Any

# Operators filter by this name, which the ecosystem knows.
log = logging.getLogger("datasette.background_tasks")

# Seconds that cancelled background tasks get to end by themselves.
GRACE = 5.0

TaskFunction = Callable[[Any], Awaitable[Any]]


class BackgroundTask:
    """One long-running task of a plugin.

    ``state`` is registered, running, completed, crashed or cancelled;
    ``exception`` what it crashed with; ``started_at`` UTC as text;
    ``function`` the path of the function's name.
    """

    def __init__(self, name: str, func: TaskFunction) -> None:
        self.name = name
        self.func = func
        self.function = _path_of(func)
        self.state = "registered"
        self.task: asyncio.Task[Any] | None = None
        self.exception: BaseException | None = None
        self.started_at: str | None = None

    def cancel(self) -> None:
        """Ask the task to stop; one that was not started yet never starts."""
        if self.task is not None:
            self.task.cancel()
        elif self.state == "registered":
            self.state = "cancelled"


class BackgroundTaskSupervisor:
    """Starts, watches and ends the background tasks of one instance."""

    def __init__(self, datasette: Any) -> None:
        self._datasette = datasette
        self._tasks: list[BackgroundTask] = []
        self.launched = False

    def tasks(self) -> list[BackgroundTask]:
        """Every task that was ever registered, in order."""
        return list(self._tasks)

    def add(self, function: TaskFunction, name: str | None = None) -> BackgroundTask:
        """Register ``function(datasette)``; it starts at once where the others already run."""
        wanted = str(name or getattr(function, "__qualname__", type(function).__name__))
        taken = {task.name for task in self._tasks}
        unique, number = wanted, 2
        while unique in taken:
            unique, number = f"{wanted}-{number}", number + 1
        task = BackgroundTask(unique, function)
        self._tasks.append(task)
        if self.launched:
            self._start(task)
        return task

    async def launch_all(self) -> None:
        """As :meth:`launch`."""
        await self.launch()

    async def cancel_all(self, grace: float = GRACE) -> None:
        """As :meth:`stop`, waiting ``grace`` seconds."""
        await self.stop(grace)

    async def launch(self) -> None:
        """Start every registered task; further calls do nothing."""
        if self.launched:
            return
        self.launched = True
        for task in self._tasks:
            if task.state == "registered":
                self._start(task)

    def _start(self, task: BackgroundTask) -> None:
        task.state = "running"
        task.started_at = datetime.datetime.now(datetime.UTC).isoformat()
        task.task = asyncio.get_running_loop().create_task(self._run(task), name=task.name)

    async def _run(self, task: BackgroundTask) -> None:
        try:
            result = task.func(self._datasette)
            if inspect.isawaitable(result):
                await result
            task.state = "completed"
        except asyncio.CancelledError:
            task.state = "cancelled"
            raise
        except Exception as exc:  # the task supervisor: a crash of a task is its own affair
            task.state = "crashed"
            task.exception = exc
            log.exception("Background task %r crashed", task.name)

    async def stop(self, grace: float = GRACE) -> None:
        """Cancel what still runs and wait a few seconds for it."""
        running = [task.task for task in self._tasks if task.task is not None and not task.task.done()]
        for task in self._tasks:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=grace)


def _path_of(function: Any) -> str:
    name = getattr(function, "__qualname__", None)
    return f"{function.__module__}.{name}" if name and hasattr(function, "__module__") else repr(function)
