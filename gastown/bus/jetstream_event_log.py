"""The log on NATS JetStream."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import TypeVar

import msgspec

from gastown.bus.event_log import Append, LogBrokenError, encoded
from gastown.bus.jetstream_api import call, get_message
from gastown.bus.jetstream_writer import JetStreamWriter
from gastown.bus.nats_connection import NatsConnection
from gastown.bus.persistence import Persistence
from gastown.bus.stream_reader import Message, open_reader
from gastown.bus.subjects import entity_of, stream_name, subject_of
from gastown.errors import UnreachableError
from gastown.events.codec import decode
from gastown.events.envelope import Recorded
from gastown.events.ids import Entity
from gastown.loggers import get_logger

PATIENCE = 15.0  # seconds without progress until the server counts as gone; a restart takes a fraction of one
HEADER_ROOM = 4096  # bytes of a message that are not payload

T = TypeVar("T")
_log = get_logger("gastown.bus")


class _State(msgspec.Struct, frozen=True):
    last_seq: int


class _Info(msgspec.Struct, frozen=True):
    state: _State


class JetStreamEventLog:
    """An EventLog. Its stream is made by `streams.ensure_log_stream`.

    patience: seconds for which a call begins new attempts while its server is away, before LogUnavailableError. One
    attempt takes up to 10 s when the server is there but does not answer.
    """

    def __init__(self, connection: NatsConnection, town: str, incarnation: str, *, patience: float = PATIENCE) -> None:
        self._connection = connection
        self._town = town
        self._stream = stream_name(town, incarnation)
        self._patience = patience
        self._writer = JetStreamWriter(connection, town, self._stream, patience)

    async def append(self, batch: Sequence[Append]) -> tuple[int, ...]:
        payloads = encoded(batch, limit=self._connection.max_payload - HEADER_ROOM)
        return await self._writer.append(batch, payloads) if batch else ()

    async def read(self, *, after: int = 0, until: int | None = None) -> AsyncGenerator[tuple[Recorded, ...]]:
        last = await self.last_position()
        async with aclosing(self._chunks(after, last if until is None else min(until, last), self._patience)) as chunks:
            async for chunk in chunks:
                for events in chunk:
                    yield events

    def follow(self, *, after: int = 0) -> AsyncGenerator[Sequence[tuple[Recorded, ...]]]:
        return self._chunks(after, None, None)

    async def read_entity(self, entity: Entity, *, after: int = 0) -> tuple[Recorded, ...]:
        return await self._persistently(lambda: self._read_subject(subject_of(self._town, entity), after))

    async def read_position(self, position: int) -> tuple[Recorded, ...]:
        stored = None
        if position > 0:
            stored = await self._persistently(lambda: get_message(self._connection, self._stream, {"seq": position}))
        if stored is None:
            raise KeyError(position)
        return decode(stored.data, position=position, entity=entity_of(stored.subject.encode()))

    async def last_position(self) -> int:
        answer = await self._persistently(lambda: call(self._connection, f"STREAM.INFO.{self._stream}"))
        return msgspec.json.decode(answer, type=_Info).state.last_seq

    async def _persistently(self, operation: Callable[[], Awaitable[T]]) -> T:
        persistence = Persistence(self._connection, self._patience)
        while True:
            try:
                return await operation()
            except UnreachableError as error:
                await persistence.again(error)

    def read_raw(self, *, until: int) -> AsyncGenerator[list[Message]]:
        """The messages from the first to the one at `until`, as the server holds them, in chunks.

        Raises LogUnavailableError, LogBrokenError.
        """
        return self._messages(0, until, self._patience)

    async def _chunks(
        self, after: int, until: int | None, patience: float | None
    ) -> AsyncGenerator[list[tuple[Recorded, ...]]]:
        async with aclosing(self._messages(after, until, patience)) as chunks:
            async for chunk in chunks:
                yield [
                    decode(payload, position=position, entity=entity_of(subject))
                    for position, subject, payload in chunk
                ]

    async def _messages(self, after: int, until: int | None, patience: float | None) -> AsyncGenerator[list[Message]]:
        """The messages in (after, until] as they arrive, whatever happens to the connection meanwhile."""
        persistence = Persistence(self._connection, patience)
        while until is None or after < until:
            try:
                async with open_reader(self._connection, self._stream, after=after) as reader:
                    if until is not None:
                        reader.stop_after(until - after)
                    while until is None or after < until:
                        chunk = _gapless(await reader.take(), after)
                        after += len(chunk)
                        persistence.progress()
                        yield chunk
            except UnreachableError as error:
                _log.info("log.reading_interrupted", after=after, reason=error.message)
                await persistence.again(error)

    async def _read_subject(self, subject: str, after: int) -> tuple[Recorded, ...]:
        last = await get_message(self._connection, self._stream, {"last_by_subj": subject})
        found: list[Recorded] = []
        if last is None or last.seq <= after:
            return ()
        async with open_reader(self._connection, self._stream, after=after, subject=subject) as reader:
            while after < last.seq:
                for position, name, payload in await reader.take():
                    found += decode(payload, position=position, entity=entity_of(name))
                    after = position
        return tuple(found)


def _gapless(messages: list[Message], after: int) -> list[Message]:
    for expected, (position, _, _) in enumerate(messages, after + 1):
        if position != expected:
            msg = f"the log has no position {expected}: the next one is {position}"
            raise LogBrokenError(msg, "somebody removed messages from the log's stream; restore it from a copy")
    return messages
