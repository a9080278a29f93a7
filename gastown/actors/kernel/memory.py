"""What the kernel keeps of one owner: its state, where its entities stand, and the thread of causes through each."""

from typing import Any

import msgspec

from gastown.actors.commands.command import Order, Owner
from gastown.actors.kernel.parking import Parking
from gastown.actors.kernel.role import Change, Parked, Role
from gastown.bus.event_log import Append
from gastown.bus.tracing import trace_id_of
from gastown.events.envelope import Envelope, Recorded
from gastown.events.ids import Entity, EventId
from gastown.events.unreadable import Unreadable


class Thread(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The last event of an entity, and its position: what it causes next carries these on."""

    position: int
    event: EventId
    traceparent: str


class OwnerMemory:
    """Folded from the log; thrown away and folded again whenever it may be wrong."""

    def __init__(self, role: Role[Any], owner: Owner) -> None:
        self.role = role
        self.owner = owner
        self.state: Any = role.initial(owner)
        self.threads: dict[Entity, Thread] = {}
        self.parked: dict[Entity, Unreadable] = {}

    def absorb(self, recorded: Recorded) -> None:
        """Take in one event of one of this owner's entities, in the order of the log.

        What stands behind an event that cannot be read is only noted: what it would do to the state is not known.
        """
        envelope = recorded.envelope
        if isinstance(envelope.data, Unreadable):
            self.parked.setdefault(recorded.entity, envelope.data)
            self.park(Parking(self.parked))  # at once: what follows may be about others that name it
        if recorded.entity not in self.parked:
            self.state = self.role.evolve(self.state, Change(recorded.entity, envelope.data))
        self.threads[recorded.entity] = Thread(recorded.position, envelope.id, envelope.traceparent)

    def version(self, entity: Entity) -> int:
        """The position of the entity's last message, 0 for none."""
        thread = self.threads.get(entity)
        return thread.position if thread else 0

    def park(self, parked: Parked) -> None:
        """Let go of what depends on these, other owners' too."""
        self.state = self.role.park(self.state, parked)

    @property
    def is_over(self) -> bool:
        """See Role.is_over. What is parked is not over: nobody knows."""
        return not self.parked and self.role.is_over(self.state)

    def trace_for(self, entity: Entity, order: Order, traceparent: str) -> str:
        """The span that new events of `entity` belong to.

        What comes from outside begins or continues its own request. What the town tells itself for one entity may
        decide about another (a landing makes room for the next bead): that one's story goes on in its own trace.
        """
        thread = self.threads.get(entity)
        if not order.cause or thread is None or trace_id_of(thread.traceparent) == trace_id_of(traceparent):
            return traceparent
        return thread.traceparent


def appends(memory: OwnerMemory, decision: tuple[Change, ...], stamp: "Stamp") -> tuple[Append, ...]:
    """One message an entity, in the order in which the decision first names them."""
    by_entity: dict[Entity, list[Envelope]] = {}
    for change in decision:
        by_entity.setdefault(change.entity, []).append(stamp.envelope(memory, change))
    return tuple(
        Append(entity=entity, expected=memory.version(entity), envelopes=tuple(envelopes))
        for entity, envelopes in by_entity.items()
    )


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """What all events of one decision share. ids: one for each change, never used before."""

    order: Order
    time: float
    traceparent: str
    ids: list[EventId]

    def envelope(self, memory: OwnerMemory, change: Change) -> Envelope:
        traceparent = memory.trace_for(change.entity, self.order, self.traceparent)
        return Envelope(
            id=self.ids.pop(),
            time=self.time,
            actor=self.order.actor,
            command=self.order.id,
            cause=self.order.cause,
            correlation=trace_id_of(traceparent),
            traceparent=traceparent,
            data=change.event,
        )
