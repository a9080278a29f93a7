"""The copies of other towns' logs at the hub, read from a town by batches."""

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

import anyio
import msgspec

from gastown.bus.copies import NoCopyError
from gastown.bus.direct_get import Batch, DirectReader, Message, open_direct
from gastown.bus.event_log import LogBrokenError, LogReader
from gastown.bus.jetstream_api import HUB_PREFIX, STREAM_NOT_FOUND, ApiError, call
from gastown.bus.nats_connection import NatsConnection
from gastown.bus.object_copies import CopiedLuggage, CopiedTexts, ObjectCopy
from gastown.bus.objects import luggage_bucket, texts_bucket
from gastown.bus.persistence import Persistence
from gastown.bus.subjects import entity_of, stream_name, subject_of
from gastown.errors import UnreachableError
from gastown.events.codec import decode
from gastown.events.envelope import Recorded
from gastown.events.ids import Entity

PATIENCE = 5.0  # seconds without progress until the hub counts as away
BATCH = 1000  # messages asked for at a time, two such questions ahead: more is no faster
BATCH_BYTES = 4 * 1024 * 1024
IDLE_SECONDS = 1.0  # between questions of a follower when nothing comes

T = TypeVar("T")


class _State(msgspec.Struct, frozen=True):
    last_seq: int


class _Info(msgspec.Struct, frozen=True):
    state: _State


class JetStreamCopies:
    """A Copies. connection: of the town that reads, to its own server. prefix: of the API of the hub's JetStream.

    patience: seconds for which a call begins new attempts while the hub is away, before LogUnavailableError.
    """

    def __init__(self, connection: NatsConnection, *, prefix: str = HUB_PREFIX, patience: float = PATIENCE) -> None:
        self._connection = connection
        self._prefix = prefix
        self._patience = patience

    def log(self, town: str, incarnation: str) -> LogReader:
        return JetStreamCopy(self._connection, self._prefix, town, stream_name(town, incarnation), self._patience)

    def texts(self, town: str, incarnation: str) -> CopiedTexts:
        return CopiedTexts(self._bucket(texts_bucket(town, incarnation)))

    def luggage(self, town: str, incarnation: str) -> CopiedLuggage:
        return CopiedLuggage(self._bucket(luggage_bucket(town, incarnation)))

    def _bucket(self, bucket: str) -> ObjectCopy:
        return ObjectCopy(self._connection, self._prefix, bucket, self._patience)


class JetStreamCopy:
    """A LogReader. Made by JetStreamCopies."""

    def __init__(self, connection: NatsConnection, prefix: str, town: str, stream: str, patience: float) -> None:
        self._connection = connection
        self._prefix = prefix
        self._town = town
        self._stream = stream
        self._patience = patience

    async def read(self, *, after: int = 0, until: int | None = None) -> AsyncGenerator[tuple[Recorded, ...]]:
        last = await self.last_position()
        async with aclosing(self._chunks(after, last if until is None else min(until, last))) as chunks:
            async for chunk in chunks:
                for events in chunk:
                    yield events

    async def follow(self, *, after: int = 0) -> AsyncGenerator[Sequence[tuple[Recorded, ...]]]:
        persistence = Persistence(self._connection, None)
        while True:
            try:
                async with aclosing(self._chunks(after, await self.last_position())) as chunks:
                    async for chunk in chunks:
                        after += len(chunk)
                        persistence.progress()
                        yield chunk
                await anyio.sleep(IDLE_SECONDS)
            except UnreachableError as error:
                await persistence.again(error)

    async def read_entity(self, entity: Entity, *, after: int = 0) -> tuple[Recorded, ...]:
        await self.last_position()  # which says when there is no copy at all
        return await self._persistently(lambda: self._read_subject(subject_of(self._town, entity), after))

    async def read_position(self, position: int) -> tuple[Recorded, ...]:
        if not 0 < position <= await self.last_position():
            raise KeyError(position)
        async with aclosing(self._chunks(position - 1, position)) as chunks:
            return (await anext(chunks))[0]

    async def last_position(self) -> int:
        return await self._persistently(self._last)

    async def _last(self) -> int:
        try:
            answer = await call(self._connection, f"STREAM.INFO.{self._stream}", prefix=self._prefix)
        except ApiError as error:
            if error.err_code == STREAM_NOT_FOUND:
                raise NoCopyError(self._town) from error
            raise
        return msgspec.json.decode(answer, type=_Info).state.last_seq

    async def _chunks(self, after: int, until: int) -> AsyncGenerator[list[tuple[Recorded, ...]]]:
        """The messages in (after, until], which are there."""
        persistence = Persistence(self._connection, self._patience)
        while after < until:
            try:
                async with (
                    open_direct(self._connection, self._prefix) as reader,
                    aclosing(self._batches(reader, after, until)) as batches,
                ):
                    async for messages in batches:
                        after = messages[-1][0]
                        persistence.progress()
                        yield [_decoded(message) for message in messages]
            except UnreachableError as error:
                await persistence.again(error)

    async def _batches(self, reader: DirectReader, after: int, until: int) -> AsyncGenerator[list[Message]]:
        asked, coming = after, deque[tuple[int, Batch]]()
        while after < until:
            while asked < until and len(coming) < 2:
                count = min(BATCH, until - asked)
                coming.append((count, await self._ask(reader, asked + 1, count)))
                asked += count
            count, batch = coming.popleft()
            messages, _ = await batch.whole()
            if not messages:
                raise UnreachableError("the hub's copy does not bring what it has")
            yield _gapless(messages, after)
            after = messages[-1][0]
            if len(messages) < count:  # cut short by its bytes: what was asked for behind it comes too early
                coming.clear()
                asked = after

    async def _ask(self, reader: DirectReader, position: int, count: int) -> Batch:
        return await reader.ask(self._stream, seq=position, batch=count, max_bytes=BATCH_BYTES)

    async def _read_subject(self, subject: str, after: int) -> tuple[Recorded, ...]:
        found: list[Recorded] = []
        query: dict[str, Any] = {"next_by_subj": subject, "batch": BATCH, "max_bytes": BATCH_BYTES}
        async with open_direct(self._connection, self._prefix) as reader:
            left = 1
            while left:
                messages, left = await reader.get(self._stream, seq=after + 1, **query)
                for message in messages:
                    found += _decoded(message)
                    after = message[0]
        return tuple(found)

    async def _persistently(self, operation: Callable[[], Awaitable[T]]) -> T:
        persistence = Persistence(self._connection, self._patience)
        while True:
            try:
                return await operation()
            except UnreachableError as error:
                await persistence.again(error)


def _decoded(message: Message) -> tuple[Recorded, ...]:
    position, subject, payload = message
    return decode(payload, position=position, entity=entity_of(subject))


def _gapless(messages: list[Message], after: int) -> list[Message]:
    for expected, (position, _, _) in enumerate(messages, after + 1):
        if position != expected:
            msg = f"the copy has no position {expected}: the next one is {position}"
            raise LogBrokenError(msg, "the hub's copy is incomplete; the town itself still has its log")
    return messages
