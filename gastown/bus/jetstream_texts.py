"""Long texts in a bucket of an object store, in the town's own server."""

import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeVar

from gastown.bus.nats_connection import NatsConnection
from gastown.bus.object_store import ObjectStore, refuse_when_full
from gastown.bus.objects import texts_bucket
from gastown.bus.persistence import Persistence
from gastown.bus.texts import TextLostError, digest_of
from gastown.errors import UnreachableError
from gastown.events.kept import Digest

PATIENCE = 15.0  # seconds without progress until the server counts as gone

T = TypeVar("T")


class JetStreamTexts:
    """A Texts."""

    def __init__(self, connection: NatsConnection, town: str, incarnation: str) -> None:
        self._connection = connection
        self._store = ObjectStore(connection, texts_bucket(town, incarnation))

    async def keep(self, text: str) -> Digest:
        digest = digest_of(text)
        await self._persistently(lambda: self._store.keep(digest, _as_one(text.encode())))
        return digest

    async def text(self, digest: Digest) -> str:
        content = await self._persistently(lambda: self._store.read(digest))
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            raise TextLostError(digest)
        return content.decode()

    async def holds(self, digest: Digest) -> bool:
        return await self._persistently(lambda: self._store.known(digest)) is not None

    async def digests(self) -> frozenset[Digest]:
        return await self._persistently(self._store.names)

    async def _persistently(self, operation: Callable[[], Awaitable[T]]) -> T:
        persistence = Persistence(self._connection, PATIENCE)
        while True:
            try:
                return await operation()
            except UnreachableError as error:
                refuse_when_full(error)
                await persistence.again(error)


async def _as_one(content: bytes) -> AsyncGenerator[bytes]:
    yield content
