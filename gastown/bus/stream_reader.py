"""Reading a stream in order, fast, and never further ahead than the reader can hold.

An ephemeral pull consumer without acknowledgements, its requests sent by hand. Not a push consumer: the flow control of
one lets 32 MiB of unread messages pile up in the client, and nats-py reads neither any faster.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias

import anyio
import msgspec

from gastown.bus.jetstream_api import PREFIX, call
from gastown.bus.nats_connection import NatsConnection
from gastown.clock import new_id
from gastown.errors import UnreachableError

Message: TypeAlias = tuple[int, bytes, bytes]
"""Position, subject, payload."""

REQUEST = 1000  # messages asked for at a time, two requests ahead: more is no faster, fewer is slower (measured)
REQUEST_BYTES = 10 * 1024 * 1024  # above the largest message, or it would never be sent
HEARTBEAT_SECONDS = 30  # what a follower costs when nothing happens: one small message in that time
EXPIRY_SECONDS = 600
FORGET_SECONDS = 300  # after which the server drops a consumer that nobody asks: what a killed reader leaves behind
_NS = 1_000_000_000
_STATUS_LINE = b"NATS/1.0 "  # a message's own headers begin with b"NATS/1.0\r\n"
_ENDED_NORMALLY = ("408 ", "409 Batch Completed", "409 Message Size Exceeds MaxBytes")

_encode = msgspec.json.Encoder().encode


class ConsumerLostError(UnreachableError):
    """The consumer is gone, or not all that it sent arrived: read on with a new one."""


class _Created(msgspec.Struct, frozen=True):
    num_pending: int


class StreamReader:
    """One consumer. Made by `open_reader`; good until ConsumerLostError."""

    def __init__(self, connection: NatsConnection, stream: str) -> None:
        self.name = new_id()
        self.inbox = f"_INBOX.{self.name}"
        self.pending = 0  # messages that were there when the reader was opened
        self._connection = connection
        self._next = f"{PREFIX}CONSUMER.MSG.NEXT.{stream}.{self.name}"
        self._arrived: list[Message] = []
        self._event = anyio.Event()
        self._asked = 0  # messages asked for that have not arrived
        self._wanted: int | None = None  # messages not asked for yet; None: without end
        self._received = 0
        self._lost = ""

    def stop_after(self, messages: int) -> None:
        """Read no more than so many. To be called before the first `take`."""
        self._wanted = messages

    async def take(self) -> list[Message]:
        """What has arrived since the last call, at least one message. Raises UnreachableError (mostly ConsumerLost)."""
        while not self._arrived:
            if self._lost:
                raise ConsumerLostError(self._lost)
            await self._ask()
            await self._wait()
        taken, self._arrived = self._arrived, []
        await self._ask()
        return taken

    def receive(self, subject: bytes, reply: bytes, payload: bytes, headers: bytes | None) -> None:
        """Called by the connection for each message."""
        if headers is not None and headers.startswith(_STATUS_LINE):
            self._receive_status(headers.decode(errors="replace"))
            return
        # $JS.ACK[.<domain>.<account>].<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>
        fields = reply.split(b".")
        at = 5 if len(fields) == 9 else 7
        if int(fields[at + 1]) != self._received + 1:
            self.lose("a message of the consumer did not arrive")
        if self._lost:
            return
        self._received += 1
        self._asked -= 1
        if not self._arrived:
            self._event.set()
        self._arrived.append((int(fields[at]), subject, payload))

    def lose(self, why: str = "the connection broke") -> None:
        self._lost = self._lost or why
        self._event.set()

    def _receive_status(self, text: str) -> None:
        """A heartbeat, or the end of a request: what it did not bring is asked for again."""
        line, _, rest = text[len(_STATUS_LINE) :].partition("\r\n")
        left = next((row[22:] for row in rest.split("\r\n") if row.startswith("Nats-Pending-Messages:")), "")
        if line.startswith(_ENDED_NORMALLY) and left.strip().isdecimal():
            self._asked -= int(left)
            if self._wanted is not None:
                self._wanted += int(left)
        elif not line.startswith("100"):
            self.lose(f"the server ended the consumer: {line}")
        self._event.set()

    async def _ask(self) -> None:
        while self._asked <= REQUEST and self._wanted != 0 and not self._lost:
            batch = REQUEST if self._wanted is None else min(REQUEST, self._wanted)
            request = {
                "batch": batch,
                "max_bytes": REQUEST_BYTES,
                "expires": EXPIRY_SECONDS * _NS,
                "idle_heartbeat": HEARTBEAT_SECONDS * _NS,
            }
            await self._connection.publish(self._next, _encode(request), reply=self.inbox)
            self._asked += batch
            if self._wanted is not None:
                self._wanted -= batch

    async def _wait(self) -> None:
        if self._arrived or self._lost:
            return
        self._event = anyio.Event()
        with anyio.move_on_after(2 * HEARTBEAT_SECONDS + 5) as scope:
            await self._event.wait()
        if scope.cancelled_caught:
            self.lose("the consumer sent no heartbeat")


@asynccontextmanager
async def open_reader(
    connection: NatsConnection, stream: str, *, after: int, subject: str = ""
) -> AsyncGenerator[StreamReader]:
    """Read `stream` behind position `after`, all of it or one subject. Raises UnreachableError."""
    reader = StreamReader(connection, stream)
    config: dict[str, Any] = {
        "name": reader.name,
        "deliver_policy": "by_start_sequence",
        "opt_start_seq": after + 1,
        "ack_policy": "none",
        "mem_storage": True,
        "num_replicas": 1,
        "inactive_threshold": FORGET_SECONDS * _NS,
    }
    if subject:
        config["filter_subject"] = subject
    with connection.on_loss(reader.lose):
        async with connection.subscription(reader.inbox, reader.receive):
            request = {"stream_name": stream, "config": config}
            try:
                answer = await call(connection, f"CONSUMER.CREATE.{stream}.{reader.name}", request)
                reader.pending = msgspec.json.decode(answer, type=_Created).num_pending
                yield reader
            finally:
                with suppress(UnreachableError):
                    await connection.publish(f"{PREFIX}CONSUMER.DELETE.{stream}.{reader.name}", reply=reader.inbox)
