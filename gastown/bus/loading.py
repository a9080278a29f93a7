"""Filling a new log with the messages of another: in atomic batches, each flushed once, not message by message."""

from collections.abc import AsyncIterator
from typing import TypeAlias

import msgspec

from gastown.bus.event_log import LogUnavailableError
from gastown.bus.jetstream_api import PATIENCE, call, checked
from gastown.bus.nats_connection import NatsConnection
from gastown.bus.streams import ensure_log_stream
from gastown.bus.subjects import stream_name, subject_of
from gastown.clock import new_id
from gastown.errors import UnreachableError
from gastown.events.ids import Entity

Message: TypeAlias = tuple[Entity, bytes]

MOST, MOST_BYTES = 1_000, 4 * 1024 * 1024
"""Of a batch: messages, as the server takes them, and bytes of payload."""


class _Ack(msgspec.Struct, frozen=True):
    seq: int


class _State(msgspec.Struct, frozen=True):
    messages: int
    last_seq: int


class _Info(msgspec.Struct, frozen=True):
    state: _State


async def load(connection: NatsConnection, town: str, incarnation: str, messages: AsyncIterator[Message]) -> int:
    """Make the log's stream and fill it; the position of the last message. All is on disk when this returns.

    What fails half way leaves no stream. Raises RefusedError, LogUnavailableError.
    """
    await ensure_log_stream(connection, town, incarnation)
    stream = stream_name(town, incarnation)
    try:
        count = await _fill(connection, town, stream, messages)
        state = msgspec.json.decode(await call(connection, f"STREAM.INFO.{stream}"), type=_Info).state
        if (state.messages, state.last_seq) != (count, count):
            raise LogUnavailableError(f"the new log holds {state.messages} messages to {state.last_seq}, not {count}")
    except BaseException as error:
        await call(connection, f"STREAM.DELETE.{stream}")  # made a moment ago, by us, for this alone
        if isinstance(error, UnreachableError) and not isinstance(error, LogUnavailableError):
            raise LogUnavailableError(f"the new log was not taken: {error.message}", error.hint) from error
        raise
    return count


async def _fill(connection: NatsConnection, town: str, stream: str, messages: AsyncIterator[Message]) -> int:
    count, size, batch = 0, 0, list[Message]()
    async for message in messages:
        if batch and (len(batch) >= MOST or size + len(message[1]) > MOST_BYTES):
            count, size = await _store(connection, town, stream, batch, count), 0
            batch.clear()
        batch.append(message)
        size += len(message[1])
    return await _store(connection, town, stream, batch, count) if batch else count


async def _store(connection: NatsConnection, town: str, stream: str, batch: list[Message], count: int) -> int:
    """As one atomic batch behind the `count` messages there are. Returns how many there then are."""
    name, headers = new_id(), {"Nats-Expected-Stream": stream}
    for number, (entity, payload) in enumerate(batch[:-1], 1):
        place = {"Nats-Batch-Id": name, "Nats-Batch-Sequence": str(number)}
        await connection.publish(subject_of(town, entity), payload, headers=headers | place)
    last = {"Nats-Batch-Id": name, "Nats-Batch-Sequence": str(len(batch)), "Nats-Batch-Commit": "1"}
    entity, payload = batch[-1]
    more = last if len(batch) > 1 else {}
    answer, _ = await connection.request(
        subject_of(town, entity), payload, patience=4 * PATIENCE, headers=headers | more
    )
    position = msgspec.json.decode(checked(answer), type=_Ack).seq
    if position != count + len(batch):
        raise LogUnavailableError(f"the new log stands at {position}, not at {count + len(batch)}: who writes to it?")
    return position
