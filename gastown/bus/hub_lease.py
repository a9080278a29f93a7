"""Who of a hub's machines is the one that decides: whoever holds the lease, which all of them keep together.

The lease is one message in a stream that the hub's servers replicate. It is taken and renewed by compare-and-set: its
server stores a new one only if none came since the one that the writer saw. Nobody's clock is compared with another's:
a holder stops some seconds after it sent what was last acknowledged, by its own clock; the others begin more seconds
after they saw that same message, by theirs. A holder that was frozen may act for a moment before it notices; what it
then appends to the registrar's log is refused there, which expects each entity where the writer knows it.
"""

import anyio
import msgspec

from gastown.bus.jetstream_api import STREAM_NOT_FOUND, ApiError, Stored, call, checked, get_message
from gastown.bus.nats_connection import NatsConnection
from gastown.clock import monotonic, new_id
from gastown.errors import UnreachableError
from gastown.loggers import get_logger

RENEW, HOLD, TAKE = 1.0, 5.0, 8.0
"""Seconds between renewals; that it holds behind the last one; that others wait. A change of the leader among the
servers, during which nothing is stored, takes up to five (measured)."""
_PATIENCE = 2.0  # seconds
_LOOK = 0.5  # seconds
_STREAM, _SUBJECT = "LEASE", "lease.hub"

_log = get_logger("gastown.hub")


class HubLease:
    """connection: to the account of the registrar's log. machine: whose lease it is to be, for people to read."""

    def __init__(self, connection: NatsConnection, machine: str, replicas: int) -> None:
        self._connection = connection
        self._me = f"{machine} {new_id()}".encode()
        self._replicas = replicas
        self._position = 0
        self._renewed = 0.0

    async def acquire(self) -> None:
        """Wait until it is ours, for as long as that takes."""
        seen, since = -1, 0.0
        while True:
            try:
                last = await self._last()
                if last.seq != seen:
                    seen, since = last.seq, monotonic()
                if (not last.data or monotonic() - since >= TAKE) and await self._write(self._me, last.seq):
                    return
            except UnreachableError as error:
                _log.info("the lease cannot be seen", reason=error.message)
            await anyio.sleep(_LOOK)

    async def hold(self) -> None:
        """Renew it; returns when it is no longer ours, or may not be."""
        while (left := self._renewed + HOLD - monotonic()) > 0:
            with anyio.move_on_after(left):
                try:
                    if not await self._write(self._me, self._position):
                        await self._find()
                except UnreachableError as error:
                    _log.info("the lease is not renewed", reason=error.message)
                await anyio.sleep(RENEW)
        _log.warning("the lease is lost")

    async def release(self) -> None:
        """Let another have it at once. Raises UnreachableError."""
        await self._write(b"", self._position)

    async def _find(self) -> None:
        """A renewal that seemed lost may have been stored. Somebody else's ends ours."""
        last = await self._last()
        if last.data == self._me:
            self._position = last.seq
        else:
            self._renewed = 0.0

    async def _write(self, text: bytes, expected: int) -> bool:
        """False: somebody wrote since. Raises UnreachableError: it is not known whether it was stored."""
        begun = monotonic()
        headers = {"Nats-Expected-Last-Subject-Sequence": str(expected)}
        answer, _ = await self._connection.request(_SUBJECT, text, patience=_PATIENCE, headers=headers)
        try:
            self._position = msgspec.json.decode(checked(answer), type=_Ack).seq
        except ApiError as error:
            if error.err_code != _WRONG_SEQUENCE:
                raise
            return False
        self._renewed = begun
        return True

    async def _last(self) -> Stored:
        """By whoever leads the stream; empty where there is none yet."""
        try:
            found = await get_message(self._connection, _STREAM, {"last_by_subj": _SUBJECT})
        except ApiError as error:
            if error.err_code != STREAM_NOT_FOUND:
                raise
            await call(self._connection, f"STREAM.CREATE.{_STREAM}", self._config())
            found = None
        return found or Stored(seq=0, subject=_SUBJECT)

    def _config(self) -> dict[str, object]:
        return {
            "name": _STREAM,
            "subjects": [_SUBJECT],
            "storage": "file",
            "discard": "old",
            "max_msgs_per_subject": 1,
            "num_replicas": self._replicas,
        }


class _Ack(msgspec.Struct, frozen=True):
    seq: int


_WRONG_SEQUENCE = 10071
