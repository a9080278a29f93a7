"""Long texts in a JetStream object store, laid out as every NATS client lays one out (`nats object ls` shows them).

By hand and not with nats-py's own: that one waits for flow control and heartbeats of a push consumer, and takes its
chunks' names from chance, where ours come from the clock that a simulation can own.
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from gastown.bus.event_log import LogFullError
from gastown.bus.jetstream_api import PATIENCE as ONE_CALL
from gastown.bus.jetstream_api import STREAM_NOT_FOUND, ApiError, call, checked, get_message
from gastown.bus.jetstream_writer import FULL
from gastown.bus.nats_connection import NatsConnection
from gastown.bus.persistence import Persistence
from gastown.bus.stream_reader import open_reader
from gastown.bus.texts import TextLostError, digest_of
from gastown.clock import new_id
from gastown.errors import UnreachableError
from gastown.events.kept import Digest

CHUNK = 128 * 1024
"""Bytes of a message: what the object stores of all clients use; a server of the user's own takes it by default."""
PATIENCE = 15.0  # seconds without progress until the server counts as gone

T = TypeVar("T")


class _Object(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one text. nuid: of its chunks; each attempt to keep it has one of its own."""

    name: str
    bucket: str
    nuid: str
    size: int
    chunks: int
    digest: str


class _State(msgspec.Struct, frozen=True):
    subjects: dict[str, int] = {}


class _Info(msgspec.Struct, frozen=True):
    state: _State
    total: int = 0


class JetStreamTexts:
    """A Texts. Its stream is made when the first text is kept."""

    def __init__(self, connection: NatsConnection, town: str, incarnation: str) -> None:
        self._connection = connection
        self._bucket = f"TX_{town}_{incarnation}"
        self._stream = f"OBJ_{self._bucket}"
        self._is_made = False

    async def keep(self, text: str) -> Digest:
        digest = digest_of(text)
        await self._persistently(lambda: self._keep(digest, text.encode()))
        return digest

    async def text(self, digest: Digest) -> str:
        content = await self._persistently(lambda: self._read(digest))
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            raise TextLostError(digest)
        return content.decode()

    async def digests(self) -> frozenset[Digest]:
        return await self._persistently(self._list)

    async def _persistently(self, operation: Callable[[], Awaitable[T]]) -> T:
        persistence = Persistence(self._connection, PATIENCE)
        while True:
            try:
                return await operation()
            except UnreachableError as error:
                _refuse_when_full(error)
                await persistence.again(error)

    async def _keep(self, digest: Digest, content: bytes) -> None:
        await self._make()
        if await self._known(digest) is not None:
            return
        nuid = new_id()
        chunks = [content[start : start + CHUNK] for start in range(0, len(content), CHUNK)]
        for chunk in chunks:
            await self._store(self._chunks(nuid), chunk)
        sha = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()
        known = _Object(
            name=digest,
            bucket=self._bucket,
            nuid=nuid,
            size=len(content),
            chunks=len(chunks),
            digest=f"SHA-256={sha}",
        )
        # Last: a text whose chunks are not all there is not there.
        await self._store(self._meta(digest), msgspec.json.encode(known), {"Nats-Rollup": "sub"})

    async def _store(self, subject: str, payload: bytes, headers: dict[str, str] | None = None) -> None:
        answer, _ = await self._connection.request(subject, payload, patience=ONE_CALL, headers=headers)
        checked(answer)

    async def _read(self, digest: Digest) -> bytes | None:
        known = await self._known(digest)
        if known is None:
            return None
        parts: list[bytes] = []
        async with open_reader(self._connection, self._stream, after=0, subject=self._chunks(known.nuid)) as reader:
            if reader.pending < known.chunks:
                return None
            while len(parts) < known.chunks:
                parts += [payload for _, _, payload in await reader.take()]
        return b"".join(parts)

    async def _known(self, digest: Digest) -> _Object | None:
        try:
            found = await get_message(self._connection, self._stream, {"last_by_subj": self._meta(digest)})
        except ApiError as error:
            if error.err_code == STREAM_NOT_FOUND:
                return None
            raise
        return None if found is None else msgspec.json.decode(found.data, type=_Object)

    async def _list(self) -> frozenset[Digest]:
        found: set[Digest] = set()
        while True:
            request = {"subjects_filter": self._meta(""), "offset": len(found)}
            try:
                answer = await call(self._connection, f"STREAM.INFO.{self._stream}", request)
            except ApiError as error:
                if error.err_code == STREAM_NOT_FOUND:
                    return frozenset()
                raise
            page = msgspec.json.decode(answer, type=_Info).state.subjects
            found |= {_digest_of_subject(subject) for subject in page}
            if not page or len(found) >= msgspec.json.decode(answer, type=_Info).total:
                return frozenset(found)

    async def _make(self) -> None:
        if not self._is_made:
            await call(self._connection, f"STREAM.CREATE.{self._stream}", self._config())
            self._is_made = True

    def _config(self) -> dict[str, Any]:
        """As the object stores of all clients are made. Making what is there already changes nothing."""
        return {
            "name": self._stream,
            "subjects": [f"$O.{self._bucket}.C.>", f"$O.{self._bucket}.M.>"],
            "storage": "file",
            "retention": "limits",
            "discard": "new",
            "allow_rollup_hdrs": True,
            "allow_direct": True,
            "num_replicas": 1,
        }

    def _chunks(self, nuid: str) -> str:
        return f"$O.{self._bucket}.C.{nuid}"

    def _meta(self, digest: Digest) -> str:
        name = base64.urlsafe_b64encode(digest.encode()).decode() if digest else ">"
        return f"$O.{self._bucket}.M.{name}"


def _digest_of_subject(subject: str) -> Digest:
    return base64.urlsafe_b64decode(subject.rpartition(".")[2]).decode()


def _refuse_when_full(error: UnreachableError) -> None:
    if isinstance(error, ApiError) and error.err_code in FULL:
        msg = f"the log's disk is full: {error.description}"
        raise LogFullError(msg, "make room on the disk; reading still works") from error
