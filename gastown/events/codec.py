"""Between facts and bytes. One message holds the events of one decision on one entity, as a JSON list.

Only the newest class of an event exists: what was written under an older schema is brought up to date as a raw
dictionary (`upcasts.py`) before it is decoded. What cannot be read is an event too (`unreadable.py`): one of them
stops what it is about, and nothing else.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Generic, TypeAlias, TypeVar, get_args

import msgspec

from gastown.events.account import AccountEvent
from gastown.events.adoption import AdoptionEvent
from gastown.events.agent import AgentEvent
from gastown.events.bead import BeadEvent
from gastown.events.budget import BudgetEvent
from gastown.events.convoy import ConvoyEvent
from gastown.events.envelope import Envelope, Recorded
from gastown.events.escalation import EscalationEvent
from gastown.events.fact import Fact
from gastown.events.handover import HandoverEvent
from gastown.events.hold import HoldEvent
from gastown.events.host import HostEvent
from gastown.events.hub_invitation import HubInvitationEvent
from gastown.events.hub_member import HubMemberEvent
from gastown.events.ids import Entity
from gastown.events.letter import LetterEvent
from gastown.events.mail import MailEvent
from gastown.events.membership import MembershipEvent
from gastown.events.place import PlaceEvent
from gastown.events.polecat import PolecatEvent
from gastown.events.policy import PolicyEvent
from gastown.events.rig import RigEvent
from gastown.events.session import SessionEvent
from gastown.events.settings import SettingsEvent
from gastown.events.submission import SubmissionEvent
from gastown.events.target import TargetEvent
from gastown.events.town import TownEvent
from gastown.events.unreadable import Unreadable
from gastown.events.upcasts import FORMER, SCHEMA, UPCASTS
from gastown.events.watch import WatchEvent
from gastown.not_json import NOT_JSON

Event: TypeAlias = (
    BeadEvent
    | ConvoyEvent
    | RigEvent
    | HoldEvent
    | AgentEvent
    | PolicyEvent
    | BudgetEvent
    | AccountEvent
    | SettingsEvent
    | MembershipEvent
    | PolecatEvent
    | SessionEvent
    | SubmissionEvent
    | TargetEvent
    | TownEvent
    | EscalationEvent
    | MailEvent
    | LetterEvent
    | HostEvent
    | PlaceEvent
    | HandoverEvent
    | WatchEvent
    | AdoptionEvent
    | HubInvitationEvent
    | HubMemberEvent
)


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

_LAST_MOMENT = 253_402_300_799.0
"""9999-12-31T23:59:59Z: no calendar has what a damaged event says beyond it."""

_KINDS: dict[type[Fact], str] = {cls: str(cls.__struct_config__.tag).partition(".")[0] for cls in get_args(Event)}
"""Which kind of entity each event is about: a tag begins with it."""

KINDS = frozenset(_KINDS.values())


@cache
def classes() -> dict[str, type[Fact]]:
    """Every event class there is, by its tag."""
    return {str(cls.__struct_config__.tag): cls for cls in get_args(Event)}


def tag_of(event: Fact) -> str:
    """The string that names its type in the log, also of one that cannot be read."""
    return event.name if isinstance(event, Unreadable) else str(event.__struct_config__.tag)


def schema_of(tag: str) -> int:
    """The schema number that events of this tag are written under."""
    return SCHEMA.get(tag, 1)


def encode(envelopes: Sequence[Envelope]) -> bytes:
    """One message. What could not be read is written as it was."""
    match envelopes:
        case [Envelope(data=Unreadable(whole=True, raw=raw))]:
            return raw
        case _:
            return _encode([_to_wire(envelope) for envelope in envelopes])


def _to_wire(envelope: Envelope) -> _Wire[msgspec.Raw]:
    fact = envelope.data
    schema, raw = (fact.schema, fact.raw) if isinstance(fact, Unreadable) else (schema_of(tag_of(fact)), _encode(fact))
    return _Wire(
        id=envelope.id,
        v=schema,
        ts=envelope.time,
        actor=envelope.actor,
        cmd=envelope.command,
        cause=envelope.cause,
        corr=envelope.correlation,
        tp=envelope.traceparent,
        data=msgspec.Raw(raw),
    )


def decode(payload: bytes, *, position: int, entity: Entity) -> tuple[Recorded, ...]:
    """The events of one message, at least one, whatever the payload is: see Unreadable."""
    recorded: list[Recorded] = []
    for index, (wire, data) in enumerate(_decode_newest(payload, entity.kind) or _decode_any(payload, entity.kind)):
        envelope = Envelope(
            id=wire.id,
            time=wire.ts if 0.0 <= wire.ts < _LAST_MOMENT else 0.0,
            actor=wire.actor,
            command=wire.cmd,
            cause=wire.cause,
            correlation=wire.corr,
            traceparent=wire.tp,
            data=data,
        )
        recorded.append(Recorded(position=position, index=index, entity=entity, envelope=envelope))
    return tuple(recorded)


def _decode_newest(payload: bytes, kind: str) -> list[tuple[_Wire[Any], Fact]]:
    """Of the newest schema, as nearly all messages are: decoded in one go, in half the time. [] if one is not."""
    try:
        wires = _newest(payload)
    except NOT_JSON:
        return []
    decoded: list[tuple[_Wire[Any], Fact]] = []
    for wire in wires:
        if wire.v != schema_of(tag_of(wire.data)) or _KINDS[type(wire.data)] != kind:
            return []
        decoded.append((wire, wire.data))
    return decoded


def _decode_any(payload: bytes, kind: str) -> list[tuple[_Wire[Any], Fact]]:
    why = "it holds no event"
    try:
        wires = _raw(payload)
        if wires:
            return [(wire, _data(wire, kind)) for wire in wires]
    except NOT_JSON as error:
        why = f"it is no message of this log: {error}"
    unreadable = Unreadable(name="", schema=0, raw=payload, why=why, whole=True)
    return [(_Wire(id="", ts=0.0, actor="", cmd="", data=None), unreadable)]


def _data(wire: _Wire[msgspec.Raw], kind: str) -> Fact:
    raw: dict[str, Any] = {}
    tag = ""
    try:
        raw = msgspec.json.decode(wire.data, type=dict[str, Any])
        tag = str(raw.get("type"))
        if tag in FORMER:
            raw = FORMER[tag](raw)
            tag = str(raw["type"])
        if tag in classes() and 0 < wire.v <= schema_of(tag):
            for upcast in UPCASTS.get(tag, ())[wire.v - 1 :]:
                raw = upcast(raw)
            fact = msgspec.convert(raw, classes()[tag])
            if _KINDS[type(fact)] == kind:
                return fact
            why, newer = f"an event {tag!r} is no {kind}'s", False
        else:
            why, newer = f"this version does not know events {tag!r} of schema {wire.v}", True
    except Exception as error:  # an upcast of what is no such event may fail in any way
        why, newer = f"an event {tag!r} of schema {wire.v} is not as it should be: {error}", False
    return Unreadable(name=tag, schema=wire.v, raw=bytes(wire.data), why=why, newer=newer)
