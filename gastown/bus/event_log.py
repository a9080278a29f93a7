"""The port to the town's log: append with an expected version, read in order, follow."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

import msgspec

from gastown.bus.sizes import checked
from gastown.errors import GastownError, UnreachableError
from gastown.events.codec import encode
from gastown.events.envelope import Envelope, Recorded
from gastown.events.ids import Entity


class WrongExpectedVersionError(GastownError):
    """The entity's last event is not where the writer thought. `actual`: the position of its last message."""

    def __init__(self, entity: Entity, expected: int, actual: int) -> None:
        super().__init__(f"{entity} is at position {actual}, not at {expected}")
        self.entity = entity
        self.actual = actual


class LogFullError(GastownError):
    """The log's disk or its byte limit is full: writes are refused, reads go on."""


class LogUnavailableError(UnreachableError):
    """The log's server does not answer. Whether a pending append was stored is not known."""


class LogStuckError(LogUnavailableError):
    """The log's server answers reads but acknowledges nothing: its disk is full, or was. It must be restarted.

    After a failed write the server stores nothing more until then, whatever room there is (measured, 2.15).
    """


class LogBrokenError(GastownError):
    """A position is missing from the log: somebody removed messages. Nothing may be built on what is left."""


class Append(msgspec.Struct, frozen=True, kw_only=True):
    """The events of one decision on one entity. expected: the position of the entity's last message, 0 for none."""

    entity: Entity
    expected: int
    envelopes: tuple[Envelope, ...]


def encoded(batch: Sequence[Append], *, limit: int) -> list[bytes]:
    """The payload of each member. limit: bytes. Raises MessageTooLargeError, and ValueError for a malformed batch."""
    if len({member.entity for member in batch}) < len(batch) or not all(member.envelopes for member in batch):
        msg = "a batch has one member for each entity, and each has events"
        raise ValueError(msg)
    return [checked(encode(member.envelopes), f"the events for {member.entity}", limit) for member in batch]


class LogReader(Protocol):
    """Reading a town's append-only log, or a copy of it. Positions begin at 1 and have no gaps; one message takes one.

    A copy holds what its log held a moment ago, at the same positions.
    """

    def read(self, *, after: int = 0, until: int | None = None) -> AsyncGenerator[tuple[Recorded, ...]]:
        """The messages at positions in (after, until], in order; until None: up to the last one at the call.

        One item is the events of one message. Ends after the last. Raises LogUnavailableError, LogBrokenError.
        """
        ...

    def follow(self, *, after: int = 0) -> AsyncGenerator[Sequence[tuple[Recorded, ...]]]:
        """The messages after `after`, then those to come, for ever; in order, without gap or repetition.

        Yields chunks (never empty) of whatever is at hand, so that a reader can work in batches. Survives restarts
        of the server. Close with `aclosing`. Raises LogBrokenError.
        """
        ...

    async def read_entity(self, entity: Entity, *, after: int = 0) -> tuple[Recorded, ...]:
        """All events of one entity after a position. Empty when there is none."""
        ...

    async def read_position(self, position: int) -> tuple[Recorded, ...]:
        """The events of the message at `position`. Raises KeyError when there is none."""
        ...

    async def last_position(self) -> int:
        """The position of the newest message, 0 in an empty log."""
        ...


class EventLog(LogReader, Protocol):
    """One town's append-only log."""

    async def append(self, batch: Sequence[Append]) -> tuple[int, ...]:
        """Store all of `batch` (entities distinct) or nothing, durably. Returns the position of each member.

        A lost acknowledgement is resolved by looking for the own event id before anything else is concluded.
        Raises WrongExpectedVersionError, LogFullError, MessageTooLargeError, LogUnavailableError.
        """
        ...
