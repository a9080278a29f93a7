"""What the hub keeps in its server: a copy of each town's log, at the same positions, and of the buckets beside it.
Called by the hub's own process.

A copy is a mirror of one stream: its author is the town whose server it is fetched from, whatever a message in it calls
itself. A message for another town, stored in a copy, rings a bell, without its content (`hub_news.py` listens).
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from gastown.bus.jetstream_api import STREAM_NOT_FOUND, ApiError, call
from gastown.bus.luggage import FORGOTTEN, MOST
from gastown.bus.nats_connection import NatsConnection
from gastown.bus.objects import luggage_bucket, stream_of, texts_bucket
from gastown.bus.subjects import owner_of, stream_name
from gastown.errors import RefusedError, UsageError
from gastown.events.ids import NAME

_INCARNATION = re.compile(r"[A-Za-z0-9]{1,40}")
TOWN_PATIENCE = 1.0
"""Seconds that a town's server has to answer; one that is there does within a round trip of the network."""
_NANOSECONDS = 1_000_000_000
_FRACTION = re.compile(r"\.(\d{1,6})\d*")  # datetime reads six digits, the server writes nine


class CopyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """position: of the copy's last message, which was written at `last_at` (seconds since the epoch, 0: none is there).

    lag: messages it is known to lack. silent: seconds since anything, be it a heartbeat, came from the town's server,
    None when nothing ever did. size: bytes. limit: of that, 0: none.
    heard_from: up to where nobody is to hear what the log has to say.
    """

    town: str
    stream: str
    position: int
    last_at: float
    lag: int
    silent: float | None
    size: int
    limit: int = 0
    heard_from: int = 0


def bell_subjects(town: str, rest: str = ">") -> str:
    """Where it is said that a copy has a new message for another town: its subject, with `ev` become `bell`."""
    return f"bell.{town}.{rest}"


def copy_config(town: str, incarnation: str, *, heard_from: int = 0, max_bytes: int = -1) -> dict[str, Any]:
    """The configuration of the copy. max_bytes: it stands still when it would grow beyond that (-1: no limit)."""
    stream = stream_name(town, incarnation)
    source = {"api": f"$JS.{town}.API", "deliver": f"sync.hub.{town}"}
    return {
        "name": stream,
        "mirror": {"name": stream, "external": source},
        "storage": "file",
        "retention": "limits",
        "discard": "new",
        "max_consumers": -1,
        "max_msgs": -1,
        "max_bytes": max_bytes,
        "max_age": 0,
        "max_msgs_per_subject": -1,
        "max_msg_size": -1,
        "num_replicas": 1,
        "allow_direct": True,
        "deny_delete": True,
        "deny_purge": True,
        "republish": {
            "src": f"ev.{town}.*.*.>",  # what is for another town has its name in front of the rest of its own
            "dest": bell_subjects(town, "{{wildcard(1)}}.{{wildcard(2)}}.>"),
            "headers_only": True,
        },
        "metadata": {"gastown": "copy", "town": town, "heard_from": str(heard_from)},
    }


def bucket_copy_config(town: str, bucket: str, *, max_bytes: int = -1) -> dict[str, Any]:
    """The configuration of the copy of a bucket. Luggage goes when it is old, or there is too much of it.

    A roll-up is what clients write that replace an object; it is the town's own word, and reaches its own copy alone.
    """
    is_luggage = bucket.startswith("LG_")
    stream = stream_of(bucket)
    return {
        "name": stream,
        "mirror": {"name": stream, "external": {"api": f"$JS.{town}.API", "deliver": f"sync.hub.{town}"}},
        "storage": "file",
        "retention": "limits",
        "discard": "old" if is_luggage else "new",
        "max_bytes": MOST if is_luggage else max_bytes,
        "max_age": FORGOTTEN * _NANOSECONDS if is_luggage else 0,
        "num_replicas": 1,
        "allow_direct": True,
        "allow_rollup_hdrs": True,
        "deny_delete": True,
        "metadata": {"gastown": "bucket", "town": town},
    }


async def ensure_bucket_copies(
    connection: NatsConnection,
    town: str,
    incarnation: str,
    *,
    known: Mapping[str, CopyFacts] = {},
    max_bytes: int = -1,
    replicas: int = 1,
) -> None:
    """Have a copy of each bucket that the town has by now. known: the copies there are. max_bytes: of its long texts'.

    Raises UnreachableError: the town is not there just now.
    """
    for bucket in (texts_bucket(town, incarnation), luggage_bucket(town, incarnation)):
        stream = stream_of(bucket)
        wanted = bucket_copy_config(town, bucket, max_bytes=max_bytes) | {"num_replicas": replicas}
        if stream in known:
            if known[stream].limit != max(0, wanted["max_bytes"]):
                await call(connection, f"STREAM.UPDATE.{stream}", wanted)
            continue
        try:
            await call(connection, f"STREAM.INFO.{stream}", prefix=f"$JS.{town}.API.", patience=TOWN_PATIENCE)
        except ApiError as error:
            if error.err_code != STREAM_NOT_FOUND:
                raise
            continue  # it has none yet, and a copy that is made before asks again after 40 s
        await call(connection, f"STREAM.CREATE.{stream}", wanted)


async def ensure_copy(
    connection: NatsConnection,
    town: str,
    incarnation: str,
    *,
    heard_from: int = 0,
    max_bytes: int = -1,
    replicas: int = 1,
) -> str:
    """Have a copy of that town's log, and say its stream. Call it when the town's server is connected: a copy that is
    made before then asks nobody, and asks again after 40 s.

    heard_from: the position up to which the log is a copied past, that was heard from the town it goes on for.
    max_bytes: see `copy_config`; one that is there is held to it from now on.

    Raises UsageError, RefusedError (there is such a stream, and it is no copy), UnreachableError.
    """
    if not NAME.fullmatch(town) or not _INCARNATION.fullmatch(incarnation):
        raise UsageError(f"not a town's name and incarnation: {town!r}, {incarnation!r}")
    stream = stream_name(town, incarnation)
    wanted = copy_config(town, incarnation, heard_from=heard_from, max_bytes=max_bytes) | {"num_replicas": replicas}
    try:
        found = msgspec.json.decode(await call(connection, f"STREAM.INFO.{stream}"), type=_Info).config
    except ApiError as error:
        if error.err_code != STREAM_NOT_FOUND:
            raise
        await call(connection, f"STREAM.CREATE.{stream}", wanted)
        return stream
    if found.mirror is None or found.mirror.name != stream:
        msg = f"the stream {stream} at {connection.address} is not a copy of the log of {town}"
        raise RefusedError(msg, "whoever made it must take it away: the hub deletes no log")
    if found.max_bytes != max_bytes:
        await call(connection, f"STREAM.UPDATE.{stream}", wanted)
    return stream


async def let_another_lead(connection: NatsConnection, stream: str) -> None:
    """Of the servers that keep a copy together: whoever leads it next asks the town's server anew. Raises ApiError."""
    await call(connection, f"STREAM.LEADER.STEPDOWN.{stream}")


async def copy_facts(connection: NatsConnection) -> list[CopyFacts]:
    """Of every copy of a log there is. Raises UnreachableError."""
    return [facts for facts in await all_copy_facts(connection) if owner_of(facts.stream)]


async def all_copy_facts(connection: NatsConnection) -> list[CopyFacts]:
    """Of every copy there is, of a log or a bucket. Raises UnreachableError."""
    found: list[CopyFacts] = []
    while True:
        answer = await call(connection, "STREAM.LIST", {"offset": len(found)})
        page = msgspec.json.decode(answer, type=_Page)
        found += [_facts(info) for info in page.streams or ()]
        if not page.streams or len(found) >= page.total:
            return [facts for facts in found if facts.town]


async def copy_fact(connection: NatsConnection, stream: str) -> CopyFacts | None:
    """Of one, None where there is none. Raises UnreachableError."""
    try:
        info = msgspec.json.decode(await call(connection, f"STREAM.INFO.{stream}"), type=_Info)
    except ApiError as error:
        if error.err_code != STREAM_NOT_FOUND:
            raise
        return None
    return _facts(info) if info.config.mirror else None


async def copied_streams(connection: NatsConnection) -> list[str]:
    """The names of all copies. Raises UnreachableError."""
    found: list[str] = []
    while True:
        page = msgspec.json.decode(await call(connection, "STREAM.NAMES", {"offset": len(found)}), type=_Names)
        found += page.streams or ()
        if not page.streams or len(found) >= page.total:
            return [stream for stream in found if owner_of(stream)]


async def heard_from_of(connection: NatsConnection, stream: str, prefix: str) -> int:
    """Up to where nobody is to hear what that log has to say, asked from a town. Raises UnreachableError."""
    answer = await call(connection, f"STREAM.INFO.{stream}", prefix=prefix)
    return heard_from(msgspec.json.decode(answer, type=_Info).config.metadata)


class _State(msgspec.Struct, frozen=True):
    last_seq: int
    bytes: int
    last_ts: str


class _Source(msgspec.Struct, frozen=True):
    name: str = ""
    lag: int = 0
    active: int = -1


class _Config(msgspec.Struct, frozen=True):
    name: str
    mirror: _Source | None = None
    max_bytes: int = -1
    metadata: dict[str, str] = {}


class _Info(msgspec.Struct, frozen=True):
    config: _Config
    state: _State
    mirror: _Source | None = None


class _Page(msgspec.Struct, frozen=True):
    total: int
    streams: tuple[_Info, ...] | None = None


class _Names(msgspec.Struct, frozen=True):
    total: int
    streams: tuple[str, ...] | None = None


def _facts(info: _Info) -> CopyFacts:
    stream, source = info.config.name, info.mirror or _Source()
    return CopyFacts(
        town=owner_of(stream) or info.config.metadata.get("town", "") if info.config.mirror else "",
        stream=stream,
        position=info.state.last_seq,
        last_at=_seconds(info.state.last_ts) if info.state.last_seq else 0.0,
        lag=source.lag,
        silent=source.active / _NANOSECONDS if source.active >= 0 else None,
        size=info.state.bytes,
        limit=max(0, info.config.max_bytes),
        heard_from=heard_from(info.config.metadata),
    )


def heard_from(metadata: dict[str, str]) -> int:
    """As a copy's stream says it."""
    said = metadata.get("heard_from", "")
    return int(said) if said.isdecimal() else 0


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(_FRACTION.sub(lambda match: f".{match[1]:0<6}", moment)).timestamp()
