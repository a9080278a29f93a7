"""Between facts and bytes. One message holds the events of one decision on one entity, as a JSON list.

Only the newest class of an event exists: what was written under an older schema is brought up to date as a raw
dictionary (`upcasts.py`) before it is decoded.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Generic, TypeAlias, TypeVar, get_args

import msgspec

from gastown.events.agent import AgentEvent
from gastown.events.bead import BeadEvent
from gastown.events.convoy import ConvoyEvent
from gastown.events.envelope import Envelope, Recorded
from gastown.events.escalation import EscalationEvent
from gastown.events.fact import Fact
from gastown.events.ids import Entity
from gastown.events.polecat import PolecatEvent
from gastown.events.rig import RigEvent
from gastown.events.session import SessionEvent
from gastown.events.settings import SettingsEvent
from gastown.events.submission import SubmissionEvent
from gastown.events.target import TargetEvent
from gastown.events.town import TownEvent
from gastown.events.upcasts import SCHEMA, UPCASTS

Event: TypeAlias = (
    BeadEvent
    | ConvoyEvent
    | RigEvent
    | AgentEvent
    | SettingsEvent
    | PolecatEvent
    | SessionEvent
    | SubmissionEvent
    | TargetEvent
    | TownEvent
    | EscalationEvent
)


class UnknownEventError(Exception):
    """The log holds an event of a type or schema that this version does not know."""


Data = TypeVar("Data")


class _Wire(msgspec.Struct, Generic[Data], frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An envelope on the wire: short keys, because every event pays for them. v: schema; the data holds its tag."""

    id: str
    v: int = 1
    ts: float
    actor: str
    cmd: str
    cause: str = ""
    corr: str = ""
    tp: str = ""
    data: Data


_newest = msgspec.json.Decoder(list[_Wire[Event]]).decode
_raw = msgspec.json.Decoder(list[_Wire[msgspec.Raw]]).decode
_encode = msgspec.json.Encoder().encode


@cache
def classes() -> dict[str, type[Fact]]:
    """Every event class there is, by its tag."""
    return {str(cls.__struct_config__.tag): cls for cls in get_args(Event)}


def tag_of(event: Fact) -> str:
    return str(event.__struct_config__.tag)


def schema_of(tag: str) -> int:
    """The schema number that events of this tag are written under."""
    return SCHEMA.get(tag, 1)


def encode(envelopes: Sequence[Envelope]) -> bytes:
    """One message."""
    return _encode([_to_wire(envelope) for envelope in envelopes])


def _to_wire(envelope: Envelope) -> _Wire[msgspec.Raw]:
    tag = tag_of(envelope.data)
    return _Wire(
        id=envelope.id,
        v=schema_of(tag),
        ts=envelope.time,
        actor=envelope.actor,
        cmd=envelope.command,
        cause=envelope.cause,
        corr=envelope.correlation,
        tp=envelope.traceparent,
        data=msgspec.Raw(_encode(envelope.data)),
    )


def decode(payload: bytes, *, position: int, entity: Entity) -> tuple[Recorded, ...]:
    """The events of one message. Raises UnknownEventError."""
    recorded: list[Recorded] = []
    for index, (wire, data) in enumerate(_decode_newest(payload) or _decode_any(payload)):
        envelope = Envelope(
            id=wire.id,
            time=wire.ts,
            actor=wire.actor,
            command=wire.cmd,
            cause=wire.cause,
            correlation=wire.corr,
            traceparent=wire.tp,
            data=data,
        )
        recorded.append(Recorded(position=position, index=index, entity=entity, envelope=envelope))
    return tuple(recorded)


def _decode_newest(payload: bytes) -> list[tuple[_Wire[Any], Fact]]:
    """Of the newest schema, as nearly all messages are: decoded in one go, in half the time. [] if one is not."""
    try:
        wires = _newest(payload)
    except msgspec.ValidationError:
        return []
    decoded: list[tuple[_Wire[Any], Fact]] = []
    for wire in wires:
        if wire.v != schema_of(tag_of(wire.data)):
            return []
        decoded.append((wire, wire.data))
    return decoded


def _decode_any(payload: bytes) -> list[tuple[_Wire[Any], Fact]]:
    return [(wire, _data(wire)) for wire in _raw(payload)]


def _data(wire: _Wire[msgspec.Raw]) -> Fact:
    raw: dict[str, Any] = msgspec.json.decode(wire.data)
    tag = str(raw.get("type"))
    if tag not in classes() or wire.v > schema_of(tag):
        msg = f"the log holds an event {tag!r} of schema {wire.v}; this version of Gas Town is older than that"
        raise UnknownEventError(msg)
    for upcast in UPCASTS.get(tag, ())[wire.v - 1 :]:
        raw = upcast(raw)
    return msgspec.convert(raw, classes()[tag])
