"""A bucket in the town's own server: what is written there, and read by whoever is connected to it.

By hand and not with nats-py's own: that one waits for flow control and heartbeats of a push consumer, and takes its
chunks' names from chance, where ours come from the clock that a simulation can own.
"""

import hashlib
from collections.abc import AsyncIterable, Mapping
from typing import Any

import msgspec

from gastown.bus.event_log import LogFullError
from gastown.bus.jetstream_api import PATIENCE as ONE_CALL
from gastown.bus.jetstream_api import PREFIX, STREAM_NOT_FOUND, ApiError, call, checked, get_message
from gastown.bus.jetstream_writer import FULL
from gastown.bus.nats_connection import NatsConnection
from gastown.bus.objects import (
    CHUNK,
    Object,
    Page,
    bucket_config,
    chunk_subject,
    meta_subject,
    name_in,
    stream_of,
    written,
)
from gastown.bus.stream_reader import open_reader
from gastown.clock import new_id
from gastown.errors import UnreachableError


class ObjectStore:
    """Its stream is made when the first object is kept. Every method raises UnreachableError, and tries once.

    limits: of the stream, besides what every bucket has.
    """

    def __init__(self, connection: NatsConnection, bucket: str, limits: Mapping[str, Any] | None = None) -> None:
        self._connection = connection
        self._bucket = bucket
        self._stream = stream_of(bucket)
        self._limits = dict(limits or {})
        self._is_made = False

    async def keep(self, name: str, parts: AsyncIterable[bytes]) -> None:
        """What is there under that name already is the same thing, and stays."""
        await self._make()
        if await self.known(name) is not None:
            return
        nuid, hashed, size, chunks = new_id(), hashlib.sha256(), 0, 0
        async for part in parts:
            for start in range(0, len(part), CHUNK):
                chunk = part[start : start + CHUNK]
                await self._store(chunk_subject(self._bucket, nuid), chunk)
                hashed.update(chunk)
                size, chunks = size + len(chunk), chunks + 1
        kept = Object(
            name=name, bucket=self._bucket, nuid=nuid, size=size, chunks=chunks, digest=written(hashed.digest())
        )
        # Last: an object whose chunks are not all there is not there.
        await self._store(meta_subject(self._bucket, name), msgspec.json.encode(kept))

    async def _store(self, subject: str, payload: bytes) -> None:
        answer, _ = await self._connection.request(subject, payload, patience=ONE_CALL)
        checked(answer)

    async def known(self, name: str) -> Object | None:
        """None: it is not there."""
        try:
            found = await get_message(
                self._connection, self._stream, {"last_by_subj": meta_subject(self._bucket, name)}
            )
        except ApiError as error:
            if error.err_code == STREAM_NOT_FOUND:
                return None
            raise
        return None if found is None else msgspec.json.decode(found.data, type=Object)

    async def read(self, name: str) -> bytes | None:
        """None: it is not there, or not whole."""
        known = await self.known(name)
        if known is None:
            return None
        parts: list[bytes] = []
        chunks = chunk_subject(self._bucket, known.nuid)
        async with open_reader(self._connection, self._stream, after=0, subject=chunks) as reader:
            if reader.pending < known.chunks:
                return None
            while len(parts) < known.chunks:
                parts += [payload for _, _, payload in await reader.take()]
        return b"".join(parts)

    async def names(self) -> frozenset[str]:
        return await names_in(self._connection, self._bucket)

    async def _make(self) -> None:
        if not self._is_made:
            await call(self._connection, f"STREAM.CREATE.{self._stream}", bucket_config(self._bucket) | self._limits)
            self._is_made = True


async def names_in(connection: NatsConnection, bucket: str, prefix: str = PREFIX) -> frozenset[str]:
    """All that the bucket holds; nothing where there is none. Raises UnreachableError."""
    found: set[str] = set()
    while True:
        request = {"subjects_filter": meta_subject(bucket), "offset": len(found)}
        try:
            answer = await call(connection, f"STREAM.INFO.{stream_of(bucket)}", request, prefix=prefix)
        except ApiError as error:
            if error.err_code == STREAM_NOT_FOUND:
                return frozenset()
            raise
        page = msgspec.json.decode(answer, type=Page)
        found |= {name_in(subject) for subject in page.state.subjects}
        if not page.state.subjects or len(found) >= page.total:
            return frozenset(found)


def refuse_when_full(error: UnreachableError) -> None:
    """Raises LogFullError for what trying again does not mend."""
    if isinstance(error, ApiError) and error.err_code in FULL:
        msg = f"the log's disk is full: {error.description}"
        raise LogFullError(msg, "make room on the disk; reading still works") from error
