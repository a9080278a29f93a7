"""The stream that holds the log: its configuration, and making it where it is not there yet."""

from typing import Any

import msgspec

from gastown.bus.jetstream_api import STREAM_NOT_FOUND, SUBJECTS_OVERLAP, ApiError, call
from gastown.bus.nats_connection import NatsConnection
from gastown.bus.sizes import LARGEST_MESSAGE
from gastown.bus.subjects import log_subjects, stream_name
from gastown.errors import RefusedError


class _Info(msgspec.Struct, frozen=True):
    config: dict[str, Any]


def log_stream_config(town: str, incarnation: str, *, max_bytes: int = -1, replicas: int = 1) -> dict[str, Any]:
    """The configuration of the log. max_bytes: appends are refused beyond it (-1: no limit but the disk). replicas: at
    how many servers of a cluster it is kept.

    No message may leave the log (limits off, new ones refused when full, deleting denied), and no per-message expiry:
    that would delete in spite of the denials. No duplicate window is relied upon: the server checks the expected
    sequence before it looks for duplicates.
    """
    return {
        "name": stream_name(town, incarnation),
        "subjects": [log_subjects(town)],
        "storage": "file",
        "retention": "limits",
        "discard": "new",
        "max_consumers": -1,
        "max_msgs": -1,
        "max_bytes": max_bytes,
        "max_age": 0,
        "max_msgs_per_subject": -1,
        "max_msg_size": LARGEST_MESSAGE,
        "num_replicas": replicas,
        "allow_direct": True,
        "allow_atomic": True,
        "deny_delete": True,
        "deny_purge": True,
        "allow_rollup_hdrs": False,
        "metadata": {"gastown": "log", "incarnation": incarnation},
    }


async def ensure_log_stream(
    connection: NatsConnection, town: str, incarnation: str, *, max_bytes: int = -1, replicas: int = 1
) -> None:
    """Make the log's stream if it is not there, and set its byte limit if it is. Never deletes, never recreates.

    Raises RefusedError when the stream that is there could not keep a log's promises, UnreachableError.
    """
    wanted = log_stream_config(town, incarnation, max_bytes=max_bytes, replicas=replicas)
    try:
        found = msgspec.json.decode(await call(connection, f"STREAM.INFO.{wanted['name']}"), type=_Info).config
    except ApiError as error:
        if error.err_code != STREAM_NOT_FOUND:
            raise
        await _create(connection, town, wanted)
        return
    _check(found, wanted)
    if found["max_bytes"] != max_bytes:
        await call(connection, f"STREAM.UPDATE.{wanted['name']}", found | {"max_bytes": max_bytes})


async def _create(connection: NatsConnection, town: str, wanted: dict[str, Any]) -> None:
    try:
        await call(connection, f"STREAM.CREATE.{wanted['name']}", wanted)
    except ApiError as error:
        if error.err_code != SUBJECTS_OVERLAP:
            raise
        msg = f"another stream on {connection.address} already keeps the subjects {log_subjects(town)}"
        raise RefusedError(
            msg, "two towns of one name cannot share a server: install this one under another name"
        ) from error


_REPLICAS_AND_LIMITS = {"max_bytes", "num_replicas", "max_consumers", "metadata", "max_msg_size"}
"""What the owner of a server may set differently without harm to the log."""


def _check(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    differing = [
        key
        for key, value in wanted.items()
        if key not in _REPLICAS_AND_LIMITS and found.get(key, type(value)()) != value
    ]
    if differing:
        msg = f"the stream {wanted['name']} exists with other settings: {', '.join(differing)}"
        raise RefusedError(
            msg, f"`nats stream info {wanted['name']}` shows them; a log is never deleted by this program"
        )
