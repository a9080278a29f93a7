"""One process of the town: everything it does to the world crosses its border, and there it can be held or cut off."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

import anyio

from simulated.dice import Dice


class Points(Protocol):
    """Counts the crossings of all processes; at some of them, something befalls a process."""

    def reached(self, process: "Process", what: str) -> None: ...


class Process:
    """Killed, it does nothing to the world any more: its tasks stay where they are, for good, and run no clean-up.

    skew: seconds by which its machine's clock is ahead.
    """

    def __init__(self, name: str, number: int, dice: Dice, points: Points, skew: float = 0.0) -> None:
        self.name = name
        self.number = number
        self.skew = skew
        self.alive = True
        self.ended = anyio.Event()
        self._dice = dice
        self._points = points
        self._counts: dict[str, int] = {}
        self._thawed: anyio.Event | None = None
        self._frozen_at = 0.0

    def kill(self) -> None:
        self.alive = False
        self.ended.set()

    def freeze(self) -> None:
        if self._thawed is None:
            self._thawed = anyio.Event()
            self._frozen_at = anyio.current_time()

    def thaw(self) -> None:
        if self._thawed is not None:
            self._thawed.set()
            self._thawed = None

    @property
    def frozen(self) -> bool:
        return self._thawed is not None

    @property
    def time(self) -> float:
        """As it sees it: what it still does up to its next crossing, it did before it was frozen."""
        return (self._frozen_at if self.frozen else anyio.current_time()) + self.skew

    async def cross(self, what: str) -> None:
        """A moment passes, as long as chance has it; who is dead or frozen by then does not come through."""
        self._points.reached(self, what)
        await self.held()
        await anyio.sleep(self._moment(what))
        await self.held()

    async def held(self) -> None:
        while not self.alive or self._thawed is not None:
            if not self.alive:
                await anyio.sleep_forever()
            elif self._thawed is not None:
                await self._thawed.wait()

    def touches(self, what: str) -> bool:
        """For what cannot wait: whether it still reaches the world. Called before and after."""
        if self.alive:
            self._points.reached(self, what)
        return self.alive

    def _moment(self, what: str) -> float:
        """Mostly very short, now and then long enough for everybody else to overtake."""
        count = self._counts[what] = self._counts.get(what, 0) + 1
        dice = self._dice.of(what, count)
        kind = dice.unit()
        longest = 0.002 if kind < 0.8 else 0.05 if kind < 0.98 else 2.0
        return dice.between(1e-6, longest)


_acting: ContextVar[Process | None] = ContextVar("acting", default=None)


@contextmanager
def acting(process: Process | None) -> Iterator[None]:
    """What is done, and begun, here is done by this process; None: by none of the town's."""
    token = _acting.set(process)
    try:
        yield
    finally:
        _acting.reset(token)


def time_as_seen() -> float:
    """By the process that asks."""
    process = _acting.get()
    return anyio.current_time() if process is None else process.time
