"""Several towns and a hub to hold a suite to, in memory or on real servers."""

from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from gastown.bus.arrivals import Arrivals
from gastown.bus.copies import Copies
from gastown.bus.event_log import Append, EventLog
from gastown.bus.luggage import Luggage
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.bus.memory_hub import MemoryHub
from gastown.bus.memory_luggage import MemoryLuggage
from gastown.bus.memory_texts import MemoryTexts
from gastown.bus.texts import Texts
from gastown.events.ids import Entity

INCARNATION = "01JINCARNATION"


class Towns(Protocol):
    """Towns `a`, `b` and `c`, joined to one hub."""

    def log(self, town: str) -> EventLog: ...

    def copies(self, town: str) -> Copies: ...

    def texts(self, town: str) -> Texts: ...

    def luggage(self, town: str) -> Luggage: ...

    async def beside(self, town: str) -> None:
        """Return once the hub has what lies beside its log."""
        ...

    def arrivals(self, town: str) -> AbstractAsyncContextManager[Arrivals]: ...

    async def level(self, town: str) -> int:
        """Return once the hub's copy of its log is level with it; the position."""
        ...

    async def cut(self, town: str) -> None: ...

    async def heal(self, town: str) -> None: ...

    async def newcomer(self, town: str) -> None:
        """One more town joins."""
        ...


class MemoryTowns:
    """A Towns."""

    def __init__(self) -> None:
        self.hub = MemoryHub()
        self._logs: dict[str, MemoryEventLog] = {}
        self._texts: dict[str, MemoryTexts] = {}
        self._luggage: dict[str, MemoryLuggage] = {}
        for town in "abc":
            self._join(town)

    def _join(self, town: str) -> None:
        self._logs[town] = MemoryEventLog()
        self._texts[town], self._luggage[town] = MemoryTexts(), MemoryLuggage()
        beside = {"texts": self._texts[town], "luggage": self._luggage[town]}
        self.hub.join(town, INCARNATION, self._logs[town], **beside)

    def log(self, town: str) -> EventLog:
        return self._logs[town]

    def copies(self, town: str) -> Copies:
        return self.hub.copies(town, INCARNATION)

    def texts(self, town: str) -> Texts:
        return self._texts[town]

    def luggage(self, town: str) -> Luggage:
        return self._luggage[town]

    async def beside(self, town: str) -> None:
        pass

    @asynccontextmanager
    async def arrivals(self, town: str):
        yield self.hub.arrivals(town, INCARNATION)

    async def level(self, town: str) -> int:
        last = await self._logs[town].last_position()
        assert self.hub.position(town) == last
        return last

    async def cut(self, town: str) -> None:
        self.hub.cut(town)

    async def heal(self, town: str) -> None:
        self.hub.heal(town)

    async def newcomer(self, town: str) -> None:
        self._join(town)


async def tell(towns: Towns, town: str, kind: str, name: str, an_append, expected: int = 0) -> int:
    """Town `town` writes that down; the position."""
    append = an_append("x", expected)
    (position,) = await towns.log(town).append(
        [Append(entity=Entity(kind, name), expected=expected, envelopes=append.envelopes)]
    )
    return position
