"""Reading a stream without a consumer: by batches that are asked for and answered (NATS ADR-31).

What a town uses at its hub: a consumer would take the right to make one, and whoever makes one may have it deliver to
others. Several batches may be on their way at a time; each is answered under a subject of its own.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import anyio
import msgspec

from gastown.bus.nats_connection import NatsConnection, NoAnswerError, NobodyThereError
from gastown.errors import UnreachableError

Message: TypeAlias = tuple[int, bytes, bytes]
"""Position, subject, payload."""

PATIENCE = 5.0  # seconds without any part of an answer
_STATUS_LINE = b"NATS/1.0 "  # a message's own headers begin with b"NATS/1.0\r\n"
_SEQUENCE, _SUBJECT, _PENDING = b"\r\nNats-Sequence: ", b"\r\nNats-Subject: ", b"\r\nNats-Num-Pending: "

_encode = msgspec.json.Encoder().encode


class Batch:
    """One batch as it comes in."""

    def __init__(self) -> None:
        self._raw: list[tuple[bytes, bytes]] = []
        self._error: UnreachableError | None = None
        self._ended = False
        self._changed = anyio.Event()
        self._pending = 0

    def receive(self, payload: bytes, headers: bytes | None) -> None:
        """Called for each message of it, the one that ends it included."""
        if is_end(headers):
            self._end(headers or b"")
        else:
            self._raw.append((headers or b"", payload))
        self._changed.set()

    def fail(self, error: UnreachableError) -> None:
        self._error = self._error or error
        self._changed.set()

    async def whole(self) -> tuple[list[Message], int]:
        """The messages, and how many more there were that the question would have been answered with.

        Raises UnreachableError.
        """
        while not self._ended and self._error is None:
            with anyio.move_on_after(PATIENCE) as scope:
                await self._changed.wait()
            if scope.cancelled_caught:
                self._error = NoAnswerError(f"no batch of messages came within {PATIENCE:g} s")
            self._changed = anyio.Event()
        if self._error is not None:
            raise self._error
        return [_message(headers, payload) for headers, payload in self._raw], self._pending

    def _end(self, headers: bytes) -> None:
        status = headers[len(_STATUS_LINE) :].split(b"\r\n", 1)[0]
        if status.startswith((b"204", b"404")):  # all that was asked for, or nothing to be had
            self._ended = True
            self._pending = int(_header(headers, _PENDING) or b"0")
        elif status.startswith(b"503"):
            self.fail(NobodyThereError("nobody answers for the copies of logs"))
        else:
            self.fail(UnreachableError(f"the hub does not read: {status.decode(errors='replace')}"))


class DirectReader:
    """Made by `open_direct`."""

    def __init__(self, connection: NatsConnection, prefix: str) -> None:
        self.inbox = f"{connection.new_inbox()}."
        self._connection = connection
        self._prefix = prefix
        self._asked = 0
        self._batches: dict[bytes, Batch] = {}

    async def ask(self, stream: str, **query: Any) -> Batch:
        """Ask for `batch` messages from `seq` on, of all subjects or `next_by_subj`. Raises UnreachableError."""
        self._asked += 1
        token = str(self._asked)
        batch = self._batches[token.encode()] = Batch()
        await self._connection.publish(f"{self._prefix}DIRECT.GET.{stream}", _encode(query), reply=self.inbox + token)
        return batch

    async def get(self, stream: str, **query: Any) -> tuple[list[Message], int]:
        """As `ask`, and wait for the whole of it."""
        return await (await self.ask(stream, **query)).whole()

    def receive(self, subject: bytes, _: bytes, payload: bytes, headers: bytes | None) -> None:
        token = subject[len(self.inbox) :]
        batch = self._batches.get(token)
        if batch is not None:
            batch.receive(payload, headers)
            if is_end(headers):
                del self._batches[token]

    def lose(self) -> None:
        batches, self._batches = self._batches, {}
        for batch in batches.values():
            batch.fail(NoAnswerError("the connection broke"))


@asynccontextmanager
async def open_direct(connection: NatsConnection, prefix: str) -> AsyncGenerator[DirectReader]:
    """prefix: of the API of the JetStream that has the streams."""
    reader = DirectReader(connection, prefix)
    with connection.on_loss(reader.lose):
        async with connection.subscription(f"{reader.inbox}*", reader.receive):
            yield reader


def is_end(headers: bytes | None) -> bool:
    """Whether that is the server's own word. A message may have been written with such a line, too: it has a number."""
    return headers is not None and headers.startswith(_STATUS_LINE) and _SEQUENCE not in headers


def _message(headers: bytes, payload: bytes) -> Message:
    return int(_header(headers, _SEQUENCE) or b"0"), _header(headers, _SUBJECT), payload


def _header(headers: bytes, name: bytes) -> bytes:
    """The last of that name: a message's own headers stand before those of the server, and may say anything."""
    at = headers.rfind(name)
    if at < 0:
        return b""
    start = at + len(name)
    return headers[start : headers.find(b"\r\n", start)]
