"""A log that stops writing before its disk is full, and gets its server going again after somebody else filled it.

A server that has met a full disk stores nothing more until it is restarted, also once there is room (measured).
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

from gastown.bus.event_log import Append, EventLog, LogFullError, LogStuckError
from gastown.bus.texts import Texts
from gastown.events.envelope import Recorded
from gastown.events.ids import Entity
from gastown.events.kept import Digest

RESERVE = 16 * 1024 * 1024
"""Bytes left free on the log's disk: room for the server's own files, the views and the workers' last words."""


class ReservingEventLog:
    """An EventLog around another. free: bytes left on the log's disk. restart: has the log's server restarted."""

    def __init__(self, log: EventLog, free: Callable[[], int], restart: Callable[[], Awaitable[None]]) -> None:
        self._log = log
        self._free = free
        self._restart = restart

    async def append(self, batch: Sequence[Append]) -> tuple[int, ...]:
        _demand_room(self._free)
        try:
            return await self._log.append(batch)
        except LogStuckError:
            await self._restart()  # there is room now: what it met before is over
            raise

    def read(self, *, after: int = 0, until: int | None = None) -> AsyncGenerator[tuple[Recorded, ...]]:
        return self._log.read(after=after, until=until)

    def follow(self, *, after: int = 0) -> AsyncGenerator[Sequence[tuple[Recorded, ...]]]:
        return self._log.follow(after=after)

    async def read_entity(self, entity: Entity, *, after: int = 0) -> tuple[Recorded, ...]:
        return await self._log.read_entity(entity, after=after)

    async def read_position(self, position: int) -> tuple[Recorded, ...]:
        return await self._log.read_position(position)

    async def last_position(self) -> int:
        return await self._log.last_position()


class ReservingTexts:
    """A Texts around another, on the log's disk."""

    def __init__(self, texts: Texts, free: Callable[[], int]) -> None:
        self._texts = texts
        self._free = free

    async def keep(self, text: str) -> Digest:
        _demand_room(self._free)
        return await self._texts.keep(text)

    async def text(self, digest: Digest) -> str:
        return await self._texts.text(digest)

    async def holds(self, digest: Digest) -> bool:
        return await self._texts.holds(digest)

    async def digests(self) -> frozenset[Digest]:
        return await self._texts.digests()


def _demand_room(free: Callable[[], int]) -> None:
    left = free()
    if left < RESERVE:
        msg = f"the disk of the log has {left // 1024 // 1024} MB left; {RESERVE // 1024 // 1024} MB are kept free"
        raise LogFullError(msg, "make room on it; nothing is lost, and all goes on by itself then")
