"""What the kernel needs from outside the log."""

from typing import Protocol

from gastown.actors.effects import Effect


class Performer(Protocol):
    """Has effects done in the world. What comes of them arrives later, as orders."""

    async def perform(self, effect: Effect, *, cause: str, traceparent: str) -> None:
        """Hand the effect over; returns once it is accepted, repeats until then. Safe to call again with the same key.

        cause: the id of the event behind it. traceparent: that event's span.
        """
        ...


class Clock(Protocol):
    """Time and new ids; `gastown.clock` is one."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def new_id(self) -> str:
        """Never made before."""
        ...
