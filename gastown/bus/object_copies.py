"""The hub's copies of other towns' buckets, read from a town: long texts, and what is on its way.

By batches that are asked for, as the copies of logs are; whatever comes, its digest is computed anew.
"""

import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

import msgspec

from gastown.bus.direct_get import open_direct
from gastown.bus.jetstream_api import STREAM_NOT_FOUND, ApiError, call
from gastown.bus.luggage import MOST, LuggageLostError
from gastown.bus.nats_connection import NatsConnection
from gastown.bus.object_store import names_in
from gastown.bus.objects import Object, chunk_subject, meta_subject, stream_of, written
from gastown.bus.persistence import Persistence
from gastown.bus.texts import TextLostError
from gastown.errors import UnreachableError
from gastown.events.kept import Digest
from gastown.not_json import NOT_JSON

BATCH, BATCH_BYTES = 32, 4 * 1024 * 1024
"""Chunks asked for at a time."""
LARGEST_TEXT = 64 * 1024 * 1024
"""Bytes beyond which a text is not read: a town may have anything in its bucket."""

T = TypeVar("T")


class ObjectCopy:
    """Of one bucket. patience: seconds for which a call begins new attempts while the hub is away."""

    def __init__(self, connection: NatsConnection, prefix: str, bucket: str, patience: float) -> None:
        self._connection = connection
        self._prefix = prefix
        self._bucket = bucket
        self._patience = patience

    async def chunks(self, name: str, limit: int) -> AsyncGenerator[bytes]:
        """Raises KeyError, at the end too: it is not there, not whole, or larger than `limit` bytes; and
        LogUnavailableError."""
        known = await self.known(name)
        if known is None or known.size > limit:
            raise KeyError(name)
        hashed, left = hashlib.sha256(), known.size
        async with aclosing(self._stored(known)) as chunks:
            async for chunk in chunks:
                hashed.update(chunk)
                left -= len(chunk)
                if left < 0:
                    raise KeyError(name)
                yield chunk
        if left or written(hashed.digest()) != known.digest:
            raise KeyError(name)

    async def known(self, name: str) -> Object | None:
        """None: it is not there. Raises LogUnavailableError."""
        return await self._persistently(lambda: self._known(name))

    async def names(self) -> frozenset[str]:
        """Raises LogUnavailableError."""
        return await self._persistently(lambda: names_in(self._connection, self._bucket, self._prefix))

    async def _known(self, name: str) -> Object | None:
        try:
            await call(self._connection, f"STREAM.INFO.{stream_of(self._bucket)}", prefix=self._prefix)
        except ApiError as error:
            if error.err_code == STREAM_NOT_FOUND:
                return None
            raise
        async with open_direct(self._connection, self._prefix) as reader:
            asked = {"multi_last": [meta_subject(self._bucket, name)], "batch": 1}
            found, _ = await reader.get(stream_of(self._bucket), **asked)
        try:
            return msgspec.json.decode(found[0][2], type=Object) if found else None
        except NOT_JSON:
            return None

    async def _stored(self, known: Object) -> AsyncGenerator[bytes]:
        """As many chunks as there are to be, or fewer."""
        persistence, taken, after = Persistence(self._connection, self._patience), 0, 0
        query = {"next_by_subj": chunk_subject(self._bucket, known.nuid), "max_bytes": BATCH_BYTES}
        while taken < known.chunks:
            try:
                async with open_direct(self._connection, self._prefix) as reader:
                    many = min(BATCH, known.chunks - taken)
                    found, _ = await reader.get(stream_of(self._bucket), seq=after + 1, batch=many, **query)
            except UnreachableError as error:
                await persistence.again(error)
                continue
            if not found:
                return
            persistence.progress()
            taken, after = taken + len(found), found[-1][0]
            for _, _, chunk in found:
                yield chunk

    async def _persistently(self, operation: Callable[[], Awaitable[T]]) -> T:
        persistence = Persistence(self._connection, self._patience)
        while True:
            try:
                return await operation()
            except UnreachableError as error:
                await persistence.again(error)


class CopiedTexts:
    """A TextReader."""

    def __init__(self, bucket: ObjectCopy) -> None:
        self._bucket = bucket

    async def text(self, digest: Digest) -> str:
        try:
            async with aclosing(self._bucket.chunks(digest, LARGEST_TEXT)) as chunks:
                content = b"".join([chunk async for chunk in chunks])
        except KeyError as error:
            raise TextLostError(digest) from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise TextLostError(digest)
        return content.decode()

    async def holds(self, digest: Digest) -> bool:
        return await self._bucket.known(digest) is not None

    async def digests(self) -> frozenset[Digest]:
        return await self._bucket.names()


class CopiedLuggage:
    """A LuggageReader."""

    def __init__(self, bucket: ObjectCopy) -> None:
        self._bucket = bucket

    async def holds(self, name: str) -> bool:
        return await self._bucket.known(name) is not None

    async def fetch(self, name: str) -> AsyncGenerator[bytes]:
        try:
            async with aclosing(self._bucket.chunks(name, MOST)) as chunks:
                async for chunk in chunks:
                    yield chunk
        except KeyError as error:
            raise LuggageLostError(name) from error
