"""The floors of the log: nats-py as it comes, without anything of ours. The one place outside `bus` that knows NATS."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import nats
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, StorageType, StreamConfig

from gastown.bench.figure import NotMeasuredError
from gastown.clock import monotonic
from gastown.config import NatsLogin

READ_PATIENCE = 300.0  # seconds
_UNLIMITED = 1 << 40  # bytes that wait in the client: a drop would be a reading without an end


class BareNats:
    """Publishing to a stream, and reading one."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._jetstream = client.jetstream()

    async def make_stream(self, name: str, subject: str) -> None:
        config = StreamConfig(name=name, subjects=[subject], storage=StorageType.FILE)
        await self._jetstream.add_stream(config)

    async def publish(self, subject: str, payload: bytes) -> float:
        """Seconds until it was acknowledged."""
        begin = monotonic()
        await self._jetstream.publish(subject, payload)
        return monotonic() - begin

    async def answer(self, subject: str) -> None:
        """Answer requests on `subject` with what they hold, from now on."""

        async def respond(message: Any) -> None:
            await message.respond(message.data)

        await self._client.subscribe(subject, cb=respond)

    async def ask(self, subject: str, payload: bytes) -> float:
        """Seconds until it was answered."""
        begin = monotonic()
        await self._client.request(subject, payload, timeout=READ_PATIENCE)
        return monotonic() - begin

    async def read(self, stream: str) -> float:
        """Seconds to read all of `stream` by a push consumer and a plain subscription. Raises NotMeasuredError."""
        total = (await self._jetstream.stream_info(stream)).state.messages
        arrived, everything = 0, anyio.Event()

        async def receive(message: Any) -> None:
            nonlocal arrived
            if message.reply.startswith("$JS.ACK"):
                arrived += 1
                if arrived == total:
                    everything.set()
            elif message.reply:  # flow control: the server waits for this
                await message.respond(b"")

        inbox, begin = self._client.new_inbox(), monotonic()
        subscription = await self._client.subscribe(inbox, cb=receive, pending_bytes_limit=_UNLIMITED)
        consumer = await self._jetstream.add_consumer(stream, _push_to(inbox))
        with anyio.move_on_after(READ_PATIENCE):
            await everything.wait()
        seconds = monotonic() - begin
        await subscription.unsubscribe()
        await self._jetstream.delete_consumer(stream, consumer.name)
        if arrived != total:
            raise NotMeasuredError(f"a bare read of {stream} brought {arrived} of {total} messages")
        return seconds


def _push_to(inbox: str) -> ConsumerConfig:
    return ConsumerConfig(
        deliver_subject=inbox,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.NONE,
        flow_control=True,
        idle_heartbeat=5.0,
        mem_storage=True,
    )


@asynccontextmanager
async def bare_nats(
    login: NatsLogin, *, trust: ssl.SSLContext | None = None, inbox: str = "_INBOX"
) -> AsyncGenerator[BareNats]:
    """trust: by TLS. inbox: what the subjects of answers begin with. Raises NotMeasuredError: it cannot be reached."""
    given = {"user": login.user, "password": login.password, "inbox_prefix": inbox.encode()} | (
        {"tls": trust} if trust else {}
    )
    client: Any = await nats.connect(login.url, **given)  # pyright: ignore[reportUnknownMemberType,reportArgumentType]  partly untyped
    try:
        yield BareNats(client)
    finally:
        await client.close()
