"""How far a town has heard what the others say: kept in its own server, one message that replaces the one before.

It belongs to one incarnation: a town that goes on elsewhere, from a copy of its log, does not know what the lost one
heard without writing it down, and hears everything again.
"""

import msgspec

from gastown.bus.jetstream_api import PATIENCE, STREAM_NOT_FOUND, ApiError, call, checked, get_message
from gastown.bus.nats_connection import NatsConnection

_decode = msgspec.json.Decoder(dict[str, int]).decode
_encode = msgspec.json.Encoder(order="sorted").encode


class Heard:
    """Positions by stream. Made by `open_heard`."""

    def __init__(self, connection: NatsConnection, subject: str, positions: dict[str, int]) -> None:
        self._connection = connection
        self._subject = subject
        self.positions = positions

    async def save(self) -> None:
        """Raises UnreachableError."""
        answer, _ = await self._connection.request(self._subject, _encode(self.positions), patience=PATIENCE)
        checked(answer)


async def open_heard(connection: NatsConnection, town: str, incarnation: str) -> Heard:
    """connection: of the town, to its own server. Raises UnreachableError."""
    stream, subject = f"HEARD_{town}_{incarnation}", f"heard.{town}.{incarnation}"
    try:
        await call(connection, f"STREAM.INFO.{stream}")
    except ApiError as error:
        if error.err_code != STREAM_NOT_FOUND:
            raise
        await call(connection, f"STREAM.CREATE.{stream}", _config(stream, subject))
    last = await get_message(connection, stream, {"last_by_subj": subject})
    return Heard(connection, subject, _decode(last.data) if last else {})


def _config(stream: str, subject: str) -> dict[str, object]:
    return {
        "name": stream,
        "subjects": [subject],
        "storage": "file",
        "retention": "limits",
        "discard": "old",
        "max_msgs": 1,
        "max_bytes": -1,
        "max_age": 0,
        "num_replicas": 1,
        "metadata": {"gastown": "heard"},
    }
