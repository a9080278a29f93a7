"""The envelope: who, when and why, around one fact."""

import msgspec

from gastown.events.fact import Fact
from gastown.events.ids import CommandId, Entity, EventId


class Envelope(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One event as its writer made it.

    time: seconds since the epoch, UTC. actor: who gave the command ("overseer", "polecat/<session>", "host" ...).
    command: the id of the command this event answers. cause: the id of the event that made the town send that
    command, or "" when a person or a worker sent it. correlation: the trace id of the request this belongs to.
    traceparent: W3C, the span in which the event was decided.
    """

    id: EventId
    time: float
    actor: str
    command: CommandId
    cause: EventId
    correlation: str
    traceparent: str
    data: Fact


class Recorded(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One event as the log holds it. Events of one message share the position and differ in the index."""

    position: int
    index: int
    entity: Entity
    envelope: Envelope
