"""What a role is: four pure functions over a state."""

from typing import Any, Protocol, TypeAlias, TypeVar

import msgspec

from gastown.actors.commands.command import Command, Owner
from gastown.actors.effects import Effect
from gastown.errors import Code
from gastown.events.fact import Fact
from gastown.events.ids import Entity


class Change(msgspec.Struct, frozen=True):
    """A fact about an entity."""

    entity: Entity
    event: Fact


class Rejected(msgspec.Struct, frozen=True):
    """A rule says no. Expected, testable by equality, shown to the user. hint: the next step."""

    reason: str
    hint: str = ""
    code: Code = "refused"


Decision: TypeAlias = tuple[Change, ...] | Rejected
"""No change at all is an acceptance: what was asked for is so already."""

S = TypeVar("S")


class Parked(Protocol):
    """Entities whose story this version cannot read to its end; see `kernel/parking.py`."""

    @property
    def entities(self) -> frozenset[Entity]: ...

    def covers(self, entity: Entity) -> bool:
        """Is it one of them, or does it depend on one?"""
        ...


class Role(Protocol[S]):
    """A role as the kernel sees it. states: the type of its states, one frozen struct or a union of tagged ones."""

    name: str
    states: Any

    def initial(self, owner: Owner) -> S:
        """The state before any event."""
        ...

    def decide(self, state: S, command: Command) -> Decision:
        """All the rules. Looks at nothing but its arguments."""
        ...

    def evolve(self, state: S, change: Change) -> S:
        """Total, no rules."""
        ...

    def due(self, state: S) -> tuple[Effect, ...]:
        """What this state waits for in the world."""
        ...

    def park(self, state: S, parked: Parked) -> S:
        """The state without what may no longer be believed: nothing waits for it, nothing is given to it."""
        ...

    def is_over(self, state: S) -> bool:
        """Nothing is due and nothing more is expected: the kernel may forget this owner, and reload it if need be."""
        ...
