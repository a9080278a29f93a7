"""The effects of one owner that have been started: each due effect runs once, and none longer than it is due."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeAlias

import anyio
from anyio.abc import TaskGroup

from gastown.actors.effects import Effect

Start: TypeAlias = Callable[[Effect], Awaitable[None]]


class InFlight:
    """Keys stay after their effect was handed over, until the state no longer waits for it."""

    def __init__(self, tasks: TaskGroup, start: Start) -> None:
        self._tasks = tasks
        self._start = start
        self._scopes: dict[str, anyio.CancelScope] = {}

    def match(self, due: Iterable[Effect]) -> None:
        """Start what is due and not in flight; let go of what is no longer due."""
        wanted = {effect.key: effect for effect in due}
        for key in self._scopes.keys() - wanted.keys():
            self._scopes.pop(key).cancel()
        for key, effect in wanted.items():
            if key not in self._scopes:
                self._scopes[key] = anyio.CancelScope()
                self._tasks.start_soon(self._run, effect, self._scopes[key], name=key)

    def forget(self, keys: Iterable[str]) -> None:
        """Whoever had these may not have them any more: they start again with the next `match`."""
        for key in keys:
            if key in self._scopes:
                self._scopes.pop(key).cancel()

    async def _run(self, effect: Effect, scope: anyio.CancelScope) -> None:
        with scope:
            await self._start(effect)
