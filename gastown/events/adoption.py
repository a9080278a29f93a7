"""A town of the same hub that is lost, and that this one goes on for by itself (`adopt.after`). Owner: the Deacon.

Entity `adoption/<incarnation of the lost town>`.
"""

from typing import Literal, TypeAlias

from gastown.events.fact import Fact
from gastown.events.ids import TownName

KIND = "adoption"

Outcome: TypeAlias = Literal[
    "adopted",  # it goes on here
    "spared",  # it was there again, or another town was first
    "failed",
]


class AdoptionBegun(Fact, tag="adoption.begun", frozen=True, kw_only=True):
    """Nobody saw it for `quiet` seconds, as its hub counts. number: of this attempt, from 1."""

    town: TownName
    quiet: float
    number: int


class AdoptionEnded(Fact, tag="adoption.ended", frozen=True, kw_only=True):
    """reason: why not, "" where it goes on here: in `folder`, for the `epoch`-th time that its name was taken over."""

    number: int
    outcome: Outcome
    reason: str = ""
    folder: str = ""
    epoch: int = 0


AdoptionEvent: TypeAlias = AdoptionBegun | AdoptionEnded
