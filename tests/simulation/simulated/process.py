"""One process of the town: everything it does to the world crosses its border, and there it can be held or cut off."""

from typing import Protocol

import anyio

from simulated.dice import Dice


class Points(Protocol):
    """Counts the crossings of all processes; at some of them, something befalls a process."""

    def reached(self, process: "Process", what: str) -> None: ...


class Process:
    """Killed, it does nothing to the world any more: its tasks stay where they are, for good, and run no clean-up."""

    def __init__(self, name: str, number: int, dice: Dice, points: Points) -> None:
        self.name = name
        self.number = number
        self.alive = True
        self.ended = anyio.Event()
        self._dice = dice
        self._points = points
        self._counts: dict[str, int] = {}
        self._thawed: anyio.Event | None = None

    def kill(self) -> None:
        self.alive = False
        self.ended.set()

    def freeze(self) -> None:
        self._thawed = self._thawed or anyio.Event()

    def thaw(self) -> None:
        if self._thawed is not None:
            self._thawed.set()
            self._thawed = None

    @property
    def frozen(self) -> bool:
        return self._thawed is not None

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
