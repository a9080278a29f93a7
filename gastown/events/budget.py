"""Budgets: how much money may be spent on what. Entity id: the scope, made fit for a subject. Owner: the Mayor.

Scopes: "town", "day" (each day anew, UTC), "rig:NAME", "convoy:ID", "bead:ID".
"""

from typing import TypeAlias

from gastown.events.fact import Fact
from gastown.events.ids import Entity

KIND = "budget"

Scope: TypeAlias = str

TOWN, DAY = "town", "day"
KINDS_OF_SCOPE = ("rig", "convoy", "bead")
"""Of those that name something."""

SECONDS = 86_400
"""Of a day."""


def entity_of(scope: Scope) -> Entity:
    return Entity(KIND, scope.replace(":", ".", 1))


def scope_of(entity_id: str) -> Scope:
    return entity_id.replace(".", ":", 1)


class BudgetSet(Fact, tag="budget.set", frozen=True, kw_only=True):
    """amount: USD; 0: nothing that costs may begin. at: seconds since the epoch. again: it changes one that there was.

    A budget of the town or of a rig counts from when it was first set until it is dropped; those of a bead or a convoy
    count all that these ever cost, that of a day all of the day.
    """

    amount: float
    at: float
    again: bool = False


class BudgetDropped(Fact, tag="budget.dropped", frozen=True, kw_only=True):
    pass


class BudgetReached(Fact, tag="budget.reached", frozen=True, kw_only=True):
    """Something waits that only a person lets go on (or the next day). hint: how."""

    reason: str
    hint: str = ""


class BudgetFreed(Fact, tag="budget.freed", frozen=True, kw_only=True):
    """Nothing waits for it any more."""


class DayBegan(Fact, tag="budget.day_began", frozen=True, kw_only=True):
    """day: since the epoch, UTC. Only noted where it matters to a budget."""

    day: int


BudgetEvent: TypeAlias = BudgetSet | BudgetDropped | BudgetReached | BudgetFreed | DayBegan
