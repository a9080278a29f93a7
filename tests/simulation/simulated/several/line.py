"""The way between one machine and the hub: what goes up and what comes down it, and when it is cut."""

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Protocol

import anyio
import msgspec

from gastown.bus.arrivals import Arrival, Arrivals
from gastown.bus.event_log import LogReader, LogUnavailableError
from gastown.bus.hub_protocol import HubReply, Join, Question, Return
from gastown.bus.luggage import LuggageReader
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.bus.memory_hub import MemoryCopies, MemoryHub
from gastown.bus.subjects import stream_name
from gastown.bus.texts import TextReader
from gastown.errors import UnreachableError
from gastown.events.envelope import Recorded
from gastown.events.ids import Entity
from simulated.dice import Dice
from simulated.outside import Ways
from simulated.process import Process
from simulated.world import Switch, World

PATIENCE = 3.0
"""Seconds for an answer of the hub."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """Of a line. usual: seconds that something takes at most; slow: how likely it takes up to `late` seconds."""

    usual: float = 0.05
    slow: float = 0.0
    late: float = 40.0


class Hub(Protocol):
    on: Switch
    copies: MemoryHub
    over: set[str]

    async def answer(self, asker: str, question: Question) -> HubReply | None: ...
    def advance(self, stream: str, position: int) -> None: ...


class Line:
    """An Outside. up, down: the two directions. copied: up to where the hub has the log."""

    def __init__(self, hub: Hub, world: World, pace: Pace, dice: Dice) -> None:
        self.up, self.down = Switch(), Switch()
        self.copied = 0
        self.pace = pace
        self.hub = hub
        self.world = world
        self.stream = stream_name(world.name, world.incarnation)
        self._dice = dice
        self._news = anyio.Event()
        self.log.on_append(self._wake)

    @property
    def log(self) -> MemoryEventLog:
        return self.world.log

    @property
    def reaches(self) -> bool:
        """Whether what is sent comes to the hub."""
        return self.up.is_on and self.hub.on.is_on and self.world.is_up and self.world.at_home.is_on

    @property
    def hears(self) -> bool:
        return self.down.is_on and self.hub.on.is_on and self.world.is_up and self.world.at_home.is_on

    @property
    def is_open(self) -> bool:
        return self.reaches and self.hears

    def of(self, process: Process, incarnation: str) -> Ways:
        name = self.world.name
        return Ways(
            LineHub(self, process),
            LineCopies(self, process),
            LineArrivals(self, process, lambda hub: hub.arrivals(name, incarnation)),
        )

    async def carry(self, hub: Hub) -> None:
        """The log, to the hub's copy, until another town goes on in the place of this one."""
        while self.stream not in hub.over:
            if self.copied >= self.log.size:
                await self._news.wait()
                continue
            await self.until_it_reaches()
            size, copies = self.log.size, hub.copies
            until = size if self._dice.chance(0.7) else self.copied + 1 + self._dice.below(size - self.copied)
            await self.travel()
            if self.reaches and hub.copies is copies and self.stream not in hub.over:  # else it is sent again
                self.copied = until
                hub.advance(self.stream, until)

    def copies_are_lost(self) -> None:
        """The hub's: all is sent again."""
        self.copied = 0
        self._wake()

    async def until_copied(self, position: int) -> None:
        while self.copied < position:
            await self.hub.copies.changed.wait()

    async def until_it_reaches(self) -> None:
        while not self.reaches:
            for part in (self.up, self.hub.on, self.world.server, self.world.at_home):
                await part.wait_on()

    async def until_it_hears(self) -> None:
        while not self.hears:
            for part in (self.down, self.hub.on, self.world.server, self.world.at_home):
                await part.wait_on()

    async def travel(self) -> None:
        slow = self._dice.chance(self.pace.slow)
        await anyio.sleep(self._dice.between(1e-6, self.pace.late if slow else self.pace.usual))

    def _wake(self) -> None:
        self._news.set()
        self._news = anyio.Event()


class LineHub:
    """A Hub, as one process asks it."""

    def __init__(self, line: Line, process: Process) -> None:
        self._line = line
        self._process = process

    async def ask_at_door(self, urls: Sequence[str], authority: str, question: Join | Return) -> HubReply:
        del urls, authority, question
        raise UnreachableError("towns of a simulation are let in before they start")

    async def ask(self, question: Question) -> HubReply:
        line, process = self._line, self._process
        await process.cross("ask the hub")
        if not line.is_open:
            raise UnreachableError("the hub is not connected just now")
        replies: list[HubReply] = []
        answered = anyio.Event()

        async def there_and_back() -> None:
            await line.travel()
            reply = await line.hub.answer(line.world.name, question) if line.reaches else None
            await line.travel()
            if reply is not None and line.hears:
                replies.append(reply)
                answered.set()

        line.world.tasks.start_soon(there_and_back)
        with anyio.move_on_after(PATIENCE):
            await answered.wait()
        await process.cross("reply of the hub")
        if not replies:
            raise UnreachableError("the hub did not answer in time")
        return replies[0]


class LineCopies:
    """A Copies, as one process reads them."""

    def __init__(self, line: Line, process: Process) -> None:
        self._line = line
        self._process = process

    def log(self, town: str, incarnation: str) -> LogReader:
        return LineCopy(self._line, self._process, town, incarnation)

    def texts(self, town: str, incarnation: str) -> TextReader:
        return self._at_hub().texts(town, incarnation)

    def luggage(self, town: str, incarnation: str) -> LuggageReader:
        return LineLuggage(self._line, self._process, lambda: self._at_hub().luggage(town, incarnation))

    def _at_hub(self) -> MemoryCopies:
        """Whose cuts do not hold: no bead here has a long text."""
        world = self._line.world
        return self._line.hub.copies.copies(world.name, world.incarnation)


class LineCopy:
    """A LogReader."""

    def __init__(self, line: Line, process: Process, town: str, incarnation: str) -> None:
        self._line = line
        self._process = process
        self._town = town, incarnation

    async def read(self, *, after: int = 0, until: int | None = None) -> AsyncGenerator[tuple[Recorded, ...]]:
        async for message in (await self._reached()).read(after=after, until=until):
            yield message

    async def follow(self, *, after: int = 0) -> AsyncGenerator[Sequence[tuple[Recorded, ...]]]:
        async for chunk in (await self._reached()).follow(after=after):
            yield chunk

    async def read_entity(self, entity: Entity, *, after: int = 0) -> tuple[Recorded, ...]:
        return await (await self._reached()).read_entity(entity, after=after)

    async def read_position(self, position: int) -> tuple[Recorded, ...]:
        return await (await self._reached()).read_position(position)

    async def last_position(self) -> int:
        return await (await self._reached()).last_position()

    async def _reached(self) -> LogReader:
        await self._process.cross("read a copy")
        if not self._line.is_open:
            raise LogUnavailableError("the hub cannot be reached just now")
        await self._line.travel()
        world = self._line.world
        return self._line.hub.copies.copies(world.name, world.incarnation).log(*self._town)


class LineLuggage:
    """A LuggageReader. It comes whole, or not at all."""

    def __init__(self, line: Line, process: Process, at_hub: Callable[[], LuggageReader]) -> None:
        self._line = line
        self._process = process
        self._at_hub = at_hub

    async def holds(self, name: str) -> bool:
        return await (await self._reached()).holds(name)

    async def fetch(self, name: str) -> AsyncGenerator[bytes]:
        async for chunk in (await self._reached()).fetch(name):
            yield chunk

    async def _reached(self) -> LuggageReader:
        await self._process.cross("read luggage")
        if not self._line.is_open:
            raise LogUnavailableError("the hub cannot be reached just now")
        await self._line.travel()
        if not self._line.is_open:
            raise LogUnavailableError("the hub did not answer in time")
        return self._at_hub()


class LineArrivals:
    """An Arrivals. How far it has heard lies in its own town's server."""

    def __init__(self, line: Line, process: Process, opened: "Opened") -> None:
        self._line = line
        self._process = process
        self._opened = opened
        self._hub = line.hub.copies
        self._inner = opened(self._hub)

    async def next(self) -> Arrival:
        while True:
            await self._line.until_it_hears()
            arrival = await self._next()
            if arrival is None:
                continue
            await self._line.travel()
            await self._process.cross("arrival")
            if self._line.hears:
                return arrival

    async def _next(self) -> Arrival | None:
        """None: the hub that was asked is there no more."""
        if self._line.hub.copies is not self._hub:
            self._hub = self._line.hub.copies
            self._inner = self._opened(self._hub)
        found: list[Arrival] = []

        async def ask(scope: anyio.CancelScope) -> None:
            found.append(await self._inner.next())
            scope.cancel()

        async def watch(scope: anyio.CancelScope) -> None:
            while self._line.hub.copies is self._hub:
                await self._hub.changed.wait()
            scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, tasks.cancel_scope)
            tasks.start_soon(watch, tasks.cancel_scope)
        return found[0] if found else None

    async def taken(self, arrival: Arrival) -> None:
        await self._process.cross("taken:before")
        if not self._line.world.is_up:
            raise UnreachableError("the town's server is away")
        await self._inner.taken(arrival)
        await self._process.cross("taken:after")


class Opened(Protocol):
    def __call__(self, hub: MemoryHub) -> Arrivals: ...
