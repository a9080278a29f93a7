"""The log as a process sees it: acknowledgements get lost, the server is away, the disk is full."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from gastown.bus.event_log import Append, LogFullError, LogUnavailableError
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.events.envelope import Recorded
from gastown.events.ids import Entity
from simulated.dice import Dice
from simulated.process import Process
from simulated.wire import Weather


class Server(Protocol):
    weather: Weather
    full: bool

    @property
    def is_up(self) -> bool: ...


class ProcessLog:
    """An EventLog: the one behind it outlives every process."""

    def __init__(self, process: Process, inner: MemoryEventLog, server: Server, dice: Dice) -> None:
        self._process = process
        self._inner = inner
        self._server = server
        self._dice = dice

    async def append(self, batch: Sequence[Append]) -> tuple[int, ...]:
        kind = batch[0].envelopes[0].data.__class__.__name__
        await self._reached(f"append {kind}:before")
        if self._server.full:
            raise LogFullError("the log's disk is full")
        if self._dice.chance(self._server.weather.lost / 2):
            raise LogUnavailableError("the log did not answer; nothing was stored")
        positions = await self._inner.append(batch)
        await self._process.cross(f"append {kind}:after")
        if not self._server.is_up or self._dice.chance(self._server.weather.lost / 2):
            raise LogUnavailableError("the acknowledgement was lost")
        return positions

    async def read(self, *, after: int = 0, until: int | None = None) -> AsyncGenerator[tuple[Recorded, ...]]:
        await self._reached("read")
        async for message in self._inner.read(after=after, until=until):
            yield message

    async def follow(self, *, after: int = 0) -> AsyncGenerator[Sequence[tuple[Recorded, ...]]]:
        async for chunk in self._inner.follow(after=after):
            await self._process.cross("follow")
            yield chunk

    async def read_entity(self, entity: Entity, *, after: int = 0) -> tuple[Recorded, ...]:
        await self._reached("read entity")
        return await self._inner.read_entity(entity, after=after)

    async def read_position(self, position: int) -> tuple[Recorded, ...]:
        await self._reached("read position")
        return await self._inner.read_position(position)

    async def last_position(self) -> int:
        await self._reached("last position")
        return await self._inner.last_position()

    async def _reached(self, what: str) -> None:
        await self._process.cross(what)
        if not self._server.is_up:
            raise LogUnavailableError("the log's server is away")
