"""Appending to the log's stream: one message, or an atomic batch, with the expected position of each entity."""

from collections.abc import Awaitable, Sequence
from typing import TypeVar

import anyio
import msgspec

from gastown.bus.event_log import Append, LogFullError, LogStuckError, WrongExpectedVersionError
from gastown.bus.jetstream_api import PATIENCE, ApiError, Stored, checked, get_message
from gastown.bus.nats_connection import NatsConnection, NoAnswerError
from gastown.bus.persistence import Persistence
from gastown.bus.subjects import subject_of
from gastown.clock import new_id
from gastown.errors import UnreachableError
from gastown.events.codec import decode
from gastown.events.ids import Entity

T = TypeVar("T")

FULL = {10077, 10047, 10023, 10002}  # store failed (its limit), storage, memory or account limit reached
BATCHES_IN_FLIGHT = 32  # the server takes 50 a stream


class _Ack(msgspec.Struct, frozen=True):
    seq: int


class JetStreamWriter:
    """The one place that writes to the log.

    No acknowledgement means unknown, never failed. And because the server checks the expected sequence before it
    looks for duplicates, even a refusal may answer the repetition of what was stored: so after anything but an
    acknowledgement the own event id is looked for, at the one place where it can be.
    """

    def __init__(self, connection: NatsConnection, town: str, stream: str, patience: float) -> None:
        self._connection = connection
        self._town = town
        self._stream = stream
        self._patience = patience
        self._batches = anyio.Semaphore(BATCHES_IN_FLIGHT)

    async def append(self, batch: Sequence[Append], payloads: Sequence[bytes]) -> tuple[int, ...]:
        """As `EventLog.append`. A cancelled append is stored or it is not; the connection is none the worse."""
        persistence = Persistence(self._connection, self._patience)
        while True:
            try:
                return await self._send(batch, payloads)
            except UnreachableError as error:
                refusal = error
            try:
                if found := await self._find(batch):
                    return found
                refusal = _meaning(refusal)
            except UnreachableError as error:
                refusal = error
            await persistence.again(refusal)

    async def _send(self, batch: Sequence[Append], payloads: Sequence[bytes]) -> tuple[int, ...]:
        """Shielded: what has been sent may be stored, so its answer is worth the wait, which is bounded."""
        if len(batch) == 1:
            return (await _shielded(self._request(batch[0], payloads[0], {})),)
        async with self._batches:
            return await _shielded(self._send_batch(batch, payloads))

    async def _send_batch(self, batch: Sequence[Append], payloads: Sequence[bytes]) -> tuple[int, ...]:
        name = new_id()
        for number, (member, payload) in enumerate(zip(batch[:-1], payloads[:-1], strict=True), 1):
            headers = self._headers(member) | {"Nats-Batch-Id": name, "Nats-Batch-Sequence": str(number)}
            await self._connection.publish(subject_of(self._town, member.entity), payload, headers=headers)
        commit = {"Nats-Batch-Id": name, "Nats-Batch-Sequence": str(len(batch)), "Nats-Batch-Commit": "1"}
        last = await self._request(batch[-1], payloads[-1], commit)
        return tuple(range(last - len(batch) + 1, last + 1))

    async def _request(self, member: Append, payload: bytes, more: dict[str, str]) -> int:
        subject = subject_of(self._town, member.entity)
        headers = self._headers(member) | more
        answer, _ = await self._connection.request(subject, payload, patience=PATIENCE, headers=headers)
        return msgspec.json.decode(checked(answer), type=_Ack).seq

    def _headers(self, member: Append) -> dict[str, str]:
        return {
            "Nats-Expected-Stream": self._stream,
            "Nats-Expected-Last-Subject-Sequence": str(member.expected),
        }

    async def _find(self, batch: Sequence[Append]) -> tuple[int, ...]:
        """Where the batch already lies, () if it does not. Raises WrongExpectedVersionError.

        A member can lie at one place only: as the first message behind the expected one.
        """
        positions: list[int] = []
        for member in batch:
            subject = subject_of(self._town, member.entity)
            query = {"next_by_subj": subject, "seq": member.expected + 1}
            behind = await get_message(self._connection, self._stream, query)
            if behind is not None and _first_id(behind, member.entity) == member.envelopes[0].id:
                positions.append(behind.seq)
                continue
            last = await get_message(self._connection, self._stream, {"last_by_subj": subject})
            actual = last.seq if last else 0
            if actual != member.expected:
                raise WrongExpectedVersionError(member.entity, member.expected, actual)
        return tuple(positions) if len(positions) == len(batch) else ()


def _meaning(refusal: UnreachableError) -> UnreachableError:
    """What it means that an append was not acknowledged and is not there, although the server answers reads.

    Raises LogFullError.
    """
    if isinstance(refusal, ApiError) and refusal.err_code in FULL:
        msg = f"the log is full: {refusal.description}"
        raise LogFullError(msg, "make room on the disk, or raise the log's limit; reading still works")
    if isinstance(refusal, NoAnswerError):
        return LogStuckError(
            "the log's server answers, but stores nothing: its disk is full, or was",
            "make room on the disk, then restart the server: `gt down`, `gt up`; reading still works",
        )
    return refusal


async def _shielded(work: Awaitable[T]) -> T:
    with anyio.CancelScope(shield=True):
        return await work
    raise AssertionError  # nobody cancels this scope


def _first_id(message: Stored, entity: Entity) -> str:
    return decode(message.data, position=message.seq, entity=entity)[0].envelope.id
