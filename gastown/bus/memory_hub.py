"""A hub in memory: several towns' logs, their copies, and what the towns hear of each other. No time passes in it.

For specs, scenarios and simulations. A copy is level with its log as long as the town's link is up and nobody holds it
back; what happens to links and copies is said by the methods of MemoryHub, at once and by nobody else.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import anyio
import msgspec
from anyio.lowlevel import checkpoint

from gastown.bus.arrivals import Arrival, is_for
from gastown.bus.copies import NoCopyError
from gastown.bus.event_log import LogReader, LogUnavailableError
from gastown.bus.luggage import LuggageReader
from gastown.bus.memory_beside import Beside, MemoryLuggageCopy, MemoryTextsCopy
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.bus.memory_luggage import MemoryLuggage
from gastown.bus.memory_texts import MemoryTexts
from gastown.bus.subjects import stream_name
from gastown.bus.texts import TextReader
from gastown.events.envelope import Recorded
from gastown.events.ids import Entity


class _Copied:
    """A log and how much of it the hub has. heard_from: what others hear of it lies behind this position. lacks: what
    comes to lie beside the log is not copied."""

    def __init__(self, town: str, log: MemoryEventLog, heard_from: int, beside: Beside) -> None:
        self.town = town
        self.log = log
        self.lacks = False
        self._own, self._copy = beside, Beside(MemoryTexts(), MemoryLuggage())
        self.heard_from = heard_from
        self.linked = True
        self.limit: int | None = None
        self._position = 0

    @property
    def position(self) -> int:
        """Moves on when it is looked at, so that nothing has to run for it to do so."""
        if self.linked:
            level = self.log.size if self.limit is None else min(self.log.size, self.limit)
            self._position = max(self._position, level)
        return self._position

    @property
    def beside(self) -> Beside:
        """The copy, which moves on as the position does."""
        if self.linked and not self.lacks:
            self._copy.texts.kept |= self._own.texts.kept
            self._copy.luggage.pieces |= self._own.luggage.pieces
        return self._copy


class MemoryHub:
    """The hub and everybody's links to it."""

    def __init__(self) -> None:
        self._copied: dict[str, _Copied] = {}
        self._streams: dict[str, str] = {}  # the newest of each town
        self._taken: dict[tuple[str, str], int] = {}  # by hearer's stream, sender's stream
        self.changed = anyio.Event()

    def join(
        self,
        town: str,
        incarnation: str,
        log: MemoryEventLog,
        *,
        heard_from: int = 0,
        texts: MemoryTexts | None = None,
        luggage: MemoryLuggage | None = None,
    ) -> None:
        """Copy this log from now on. heard_from: a copied past up to this position, which nobody is to hear again.

        A town that joins under a new incarnation goes on in the place of the old one, whose link is cut for good.
        """
        stream = stream_name(town, incarnation)
        if town in self._streams and self._streams[town] != stream:
            self.cut(town)
        self._streams[town] = stream
        if stream not in self._copied:
            self._copied[stream] = _Copied(
                town, log, heard_from, Beside(texts or MemoryTexts(), luggage or MemoryLuggage())
            )
            log.on_append(self.wake)
        self.wake()

    def cut(self, town: str) -> None:
        """Its link: its copy stands still, and it neither reads copies nor hears anything."""
        self._set_link(town, up=False)

    def heal(self, town: str) -> None:
        self._set_link(town, up=True)

    def hold(self, town: str, limit: int | None) -> None:
        """Let the copy of its log go no further than `limit`, although the link is up; None: as far as the log."""
        copied = self._copied[self._streams[town]]
        _ = copied.position
        copied.limit = limit
        self.wake()

    def hold_back(self, town: str, *, lacks: bool) -> None:
        """Let what comes to lie beside its log from now on not be copied, although the log is; False: no longer."""
        copied = self._copied[self._streams[town]]
        _ = copied.beside
        copied.lacks = lacks

    def position(self, town: str) -> int:
        """Of the last message of the copy of its log."""
        return self._copied[self._streams[town]].position

    def is_linked(self, stream: str) -> bool:
        return stream in self._copied and self._copied[stream].linked

    def copies(self, town: str, incarnation: str) -> "MemoryCopies":
        """As this town sees them."""
        return MemoryCopies(self, stream_name(town, incarnation))

    def arrivals(self, town: str, incarnation: str) -> "MemoryArrivals":
        """Of this town. What it took stays taken when they are opened again."""
        return MemoryArrivals(self, town, stream_name(town, incarnation))

    def copied(self, stream: str) -> _Copied | None:
        return self._copied.get(stream)

    def others(self, town: str) -> list[str]:
        """The streams of all towns but this one, also those that others went on in the place of."""
        return [stream for stream, copied in self._copied.items() if copied.town != town]

    def taken(self, hearer: str, sender: str) -> int:
        """How far the log of stream `sender` was heard by the town of stream `hearer`."""
        return self._taken.get((hearer, sender), self._copied[sender].heard_from)

    def take(self, hearer: str, sender: str, position: int) -> None:
        self._taken[hearer, sender] = max(position, self.taken(hearer, sender))

    def wake(self) -> None:
        self.changed.set()
        self.changed = anyio.Event()

    def _set_link(self, town: str, *, up: bool) -> None:
        copied = self._copied[self._streams[town]]
        _ = copied.position, copied.beside  # what had been copied until now is
        copied.linked = up
        self.wake()


class MemoryCopies:
    """A Copies, as the town of stream `reader` has them."""

    def __init__(self, hub: MemoryHub, reader: str) -> None:
        self._hub = hub
        self._reader = reader

    def log(self, town: str, incarnation: str) -> LogReader:
        return _MemoryCopy(self._hub, self._reader, town, stream_name(town, incarnation))

    def texts(self, town: str, incarnation: str) -> TextReader:
        return MemoryTextsCopy(lambda: self._beside(stream_name(town, incarnation)))

    def luggage(self, town: str, incarnation: str) -> LuggageReader:
        return MemoryLuggageCopy(lambda: self._beside(stream_name(town, incarnation)))

    async def _beside(self, stream: str) -> Beside:
        await checkpoint()
        if not self._hub.is_linked(self._reader):
            raise LogUnavailableError("the hub cannot be reached just now")
        copied = self._hub.copied(stream)
        return copied.beside if copied is not None else Beside(MemoryTexts(), MemoryLuggage())


class _MemoryCopy:
    """A LogReader."""

    def __init__(self, hub: MemoryHub, reader: str, town: str, stream: str) -> None:
        self._hub = hub
        self._reader = reader
        self._town = town
        self._stream = stream

    async def read(self, *, after: int = 0, until: int | None = None) -> AsyncGenerator[tuple[Recorded, ...]]:
        copied, last = await self._reached()
        end = last if until is None else min(until, last)
        async with aclosing(copied.log.read(after=after, until=end)) as messages:
            async for events in messages:
                yield events

    async def follow(self, *, after: int = 0) -> AsyncGenerator[Sequence[tuple[Recorded, ...]]]:
        while True:
            changed = self._hub.changed
            chunk: list[tuple[Recorded, ...]] = []
            if self._hub.is_linked(self._reader):
                chunk = [events async for events in self.read(after=after)]
            if chunk:
                after += len(chunk)
                yield chunk
            else:
                await changed.wait()

    async def read_entity(self, entity: Entity, *, after: int = 0) -> tuple[Recorded, ...]:
        copied, last = await self._reached()
        found = await copied.log.read_entity(entity, after=after)
        return tuple(recorded for recorded in found if recorded.position <= last)

    async def read_position(self, position: int) -> tuple[Recorded, ...]:
        copied, last = await self._reached()
        if position > last:
            raise KeyError(position)
        return await copied.log.read_position(position)

    async def last_position(self) -> int:
        return (await self._reached())[1]

    async def _reached(self) -> tuple[_Copied, int]:
        await checkpoint()
        if not self._hub.is_linked(self._reader):
            raise LogUnavailableError("the hub cannot be reached just now")
        copied = self._hub.copied(self._stream)
        if copied is None:
            raise NoCopyError(self._town)
        return copied, copied.position


class MemoryArrivals:
    """An Arrivals."""

    def __init__(self, hub: MemoryHub, town: str, stream: str) -> None:
        self._hub = hub
        self._town = town
        self._stream = stream
        self._turn = ""  # whose arrival was handed out last
        self._heads: dict[str, Arrival] = {}
        self._searched: dict[str, int] = {}  # up to where a log holds nothing for this town that was not taken

    async def next(self) -> Arrival:
        await checkpoint()
        while True:
            changed = self._hub.changed
            if self._hub.is_linked(self._stream):
                for sender in self._senders():
                    arrival = await self._head(sender)
                    if arrival is not None:
                        self._turn = sender
                        return arrival
            await changed.wait()

    async def taken(self, arrival: Arrival) -> None:
        await checkpoint()
        self._hub.take(self._stream, arrival.stream, arrival.position)

    def _senders(self) -> list[str]:
        """In the order of their turns."""
        others = self._hub.others(self._town)
        at = others.index(self._turn) + 1 if self._turn in others else 0
        return others[at:] + others[:at]

    async def _head(self, sender: str) -> Arrival | None:
        """The first arrival from there that was not taken, counted as handed out."""
        taken = self._hub.taken(self._stream, sender)
        head = self._heads.get(sender)
        if head is None or head.position <= taken:
            head = await self._find(sender, max(taken, self._searched.get(sender, 0)))
            if head is None:
                return None
        self._heads[sender] = handed_out = msgspec.structs.replace(head, received=head.received + 1)
        return handed_out

    async def _find(self, sender: str, after: int) -> Arrival | None:
        copied = self._hub.copied(sender)
        if copied is None:
            return None
        async with aclosing(copied.log.read(after=after, until=copied.position)) as messages:
            async for events in messages:
                position, entity = events[0].position, events[0].entity
                if is_for(self._town, entity):
                    return Arrival(
                        town=copied.town, stream=sender, position=position, entity=entity, events=events, received=0
                    )
                self._searched[sender] = position
        return None
