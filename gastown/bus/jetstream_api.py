"""Calls to the JetStream API of the server, as JSON; only what the log needs."""

from typing import Any

import msgspec

from gastown.bus.hub_protocol import HUB
from gastown.bus.nats_connection import NatsConnection
from gastown.errors import UnreachableError

PREFIX = "$JS.API."
HUB_PREFIX = f"$JS.{HUB}.API."
"""Of the hub's JetStream, as a town calls it."""
PATIENCE = 5.0  # seconds for one call

STREAM_NOT_FOUND = 10059
SUBJECTS_OVERLAP = 10065
NO_MESSAGE_FOUND = 10037


class _Error(msgspec.Struct, frozen=True):
    code: int = 0
    err_code: int = 0
    description: str = ""


class _Answer(msgspec.Struct, frozen=True):
    error: _Error | None = None


_decode_answer = msgspec.json.Decoder(_Answer).decode
_encode = msgspec.json.Encoder().encode


class ApiError(UnreachableError):
    """The server answered with an error. Tell them apart by `err_code`, never by the text."""

    def __init__(self, code: int, err_code: int, description: str) -> None:
        super().__init__(f"JetStream: {description} (code {code}, err_code {err_code})")
        self.err_code = err_code
        self.description = description


def checked(payload: bytes) -> bytes:
    """The payload, unless it is an error: raises ApiError."""
    error = _decode_answer(payload).error
    if error is not None:
        raise ApiError(error.code, error.err_code, error.description)
    return payload


async def call(
    connection: NatsConnection,
    method: str,
    request: dict[str, Any] | None = None,
    *,
    patience: float = PATIENCE,
    prefix: str = PREFIX,
) -> bytes:
    """Ask `$JS.API.<method>`. Raises ApiError, and what `NatsConnection.request` raises."""
    payload = _encode(request) if request else b""
    answer, _ = await connection.request(prefix + method, payload, patience=patience)
    return checked(answer)


class Stored(msgspec.Struct, frozen=True):
    """A message as the stream holds it."""

    seq: int
    subject: str
    data: bytes = b""


class _Got(msgspec.Struct, frozen=True):
    message: Stored


async def get_message(connection: NatsConnection, stream: str, query: dict[str, Any]) -> Stored | None:
    """One message: by `seq`, as `last_by_subj`, or as `next_by_subj` from a `seq` on. None when there is none.

    By the stream's leader, never by a replica that may lag: whoever asks decides on the answer.
    """
    try:
        answer = await call(connection, f"STREAM.MSG.GET.{stream}", query)
    except ApiError as error:
        if error.err_code == NO_MESSAGE_FOUND:
            return None
        raise
    return msgspec.json.decode(answer, type=_Got).message
