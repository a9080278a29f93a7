"""Up to where the log has been taken in without a gap: appends of several owners are acknowledged in any order."""

import anyio

from gastown.events.ids import EventId


class Absorbed:
    """position: every message up to it was taken in. event: the last one of the message there."""

    def __init__(self, position: int = 0, event: EventId = "") -> None:
        self.position = position
        self.event = event
        self._ahead: dict[int, EventId] = {}
        self._goal = 0
        self._reached = anyio.Event()

    def note(self, position: int, event: EventId) -> None:
        """An event was taken in; those of one message one after another."""
        if position == self.position:
            self.event = event
        elif position > self.position:
            self._ahead[position] = event
            while (event := self._ahead.pop(self.position + 1, "")) != "":
                self.position += 1
                self.event = event
            if self.position >= self._goal:
                self._reached.set()

    async def reached(self, position: int) -> None:
        """Return once there is no gap up to `position`. For one waiter."""
        while self.position < position:
            self._goal, self._reached = position, anyio.Event()
            await self._reached.wait()
