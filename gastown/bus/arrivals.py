"""The port to what other towns have to say to this one: certain facts of their logs, read in the hub's copies."""

from typing import Protocol

import msgspec

from gastown.events.envelope import Recorded
from gastown.events.ids import Entity

HEARD = ("handover", "watch", "letter")
"""The kinds of entities that are facts between two towns: the id of one is `<the other town>.<what it is about>`."""


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """One message of another town's log that is about something between that town and this one.

    town: whose log holds it, as the hub knows it; what is written in the message has no say in that. stream: that log.
    position: in it. entity: as the sender's log names it, so that its id begins with this town's name. received: how
    often `next` has handed it out, this time included, since the arrivals were opened.
    """

    town: str
    stream: str
    position: int
    entity: Entity
    events: tuple[Recorded, ...]
    received: int = 1


class Arrivals(Protocol):
    """What arrives at one town, from all others. Each arrival is already in the hub's copy of its sender's log.

    Of one sender: every arrival, in the order of its log, and none before the one in front of it was taken. Senders
    take turns: whatever one of them sends, another's arrival waits for one of its own at most.
    """

    async def next(self) -> Arrival:
        """Wait for an arrival that was not taken yet. The same again, at its sender's turn, until it is.

        Waits out a lost connection, and a hub that is away: for ever, if need be.
        """
        ...

    async def taken(self, arrival: Arrival) -> None:
        """Do not hand it out again: what was decided on it is in this town's log.

        Who is killed, or loses its server, shortly after gets the last few again.
        """
        ...


def is_for(town: str, entity: Entity) -> bool:
    """Whether a fact about this entity, in another town's log, is for `town` to hear."""
    return entity.kind in HEARD and entity.id.startswith(f"{town}.")
