"""The log in memory: the same promises but the durable ones. For tests, and for scenarios under a virtual clock."""

from bisect import bisect_right
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import NamedTuple

import anyio
from anyio.lowlevel import checkpoint

from gastown.bus.event_log import Append, WrongExpectedVersionError, encoded
from gastown.bus.sizes import LARGEST_MESSAGE
from gastown.events.codec import decode
from gastown.events.envelope import Recorded
from gastown.events.ids import Entity

LIMIT = LARGEST_MESSAGE - 4096  # as on the embedded server


class _Message(NamedTuple):
    entity: Entity
    first_id: str
    payload: bytes


class MemoryEventLog:
    """An EventLog. Messages are kept encoded, so that what is read has been through the codec as on a real one."""

    def __init__(self) -> None:
        self._messages: list[_Message] = []
        self._positions: dict[Entity, list[int]] = {}
        self._appended = anyio.Event()
        self._listeners: list[Callable[[], None]] = []

    def on_append(self, tell: Callable[[], None]) -> None:
        """Call `tell` whenever something was appended."""
        self._listeners.append(tell)

    @property
    def size(self) -> int:
        """As `last_position`, at once."""
        return len(self._messages)

    async def append(self, batch: Sequence[Append]) -> tuple[int, ...]:
        await checkpoint()
        payloads = encoded(batch, limit=LIMIT)
        found = [self._place(member) for member in batch]
        if all(found):
            return tuple(found)
        first = len(self._messages) + 1
        for position, (member, payload) in enumerate(zip(batch, payloads, strict=True), first):
            self._messages.append(_Message(member.entity, member.envelopes[0].id, payload))
            self._positions.setdefault(member.entity, []).append(position)
        self._appended.set()
        self._appended = anyio.Event()
        for tell in self._listeners:
            tell()
        return tuple(range(first, first + len(batch)))

    def _place(self, member: Append) -> int:
        """Where this very append lies already, 0 if it may be stored. Raises WrongExpectedVersionError."""
        positions = self._positions.get(member.entity, [])
        index = bisect_right(positions, member.expected)
        behind = positions[index] if index < len(positions) else 0
        if behind and self._messages[behind - 1].first_id == member.envelopes[0].id:
            return behind
        actual = positions[-1] if positions else 0
        if actual != member.expected:
            raise WrongExpectedVersionError(member.entity, member.expected, actual)
        return 0

    async def read(self, *, after: int = 0, until: int | None = None) -> AsyncGenerator[tuple[Recorded, ...]]:
        await checkpoint()
        end = len(self._messages)
        for position in range(after + 1, (end if until is None else min(until, end)) + 1):
            yield self._decode(position)

    async def follow(self, *, after: int = 0) -> AsyncGenerator[Sequence[tuple[Recorded, ...]]]:
        while True:
            appended = self._appended
            chunk = [self._decode(position) for position in range(after + 1, len(self._messages) + 1)]
            if chunk:
                after += len(chunk)
                yield chunk
                await checkpoint()
            else:
                await appended.wait()

    async def read_entity(self, entity: Entity, *, after: int = 0) -> tuple[Recorded, ...]:
        await checkpoint()
        positions = self._positions.get(entity, [])
        behind = positions[bisect_right(positions, after) :]
        return tuple(recorded for position in behind for recorded in self._decode(position))

    async def read_position(self, position: int) -> tuple[Recorded, ...]:
        await checkpoint()
        if not 0 < position <= len(self._messages):
            raise KeyError(position)
        return self._decode(position)

    async def last_position(self) -> int:
        await checkpoint()
        return len(self._messages)

    def _decode(self, position: int) -> tuple[Recorded, ...]:
        message = self._messages[position - 1]
        return decode(message.payload, position=position, entity=message.entity)
