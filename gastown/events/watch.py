"""Waiting for a bead of another town. Owner: the Mayor, of each of the two towns for its own part.

Entity `watch/<other town>.<bead>`, the bead by the name that it has abroad. Who waits asks; whose bead it is answers,
anew whenever the answer is another one; who asked writes down what it heard. `bead` is what the town that writes it
calls the bead. `behind`: what it waits for in other towns itself, in the end, by the names that beads have abroad.
"""

from typing import Literal, TypeAlias

from gastown.events.fact import Fact
from gastown.events.ids import BeadId

KIND = "watch"

Standing: TypeAlias = Literal[
    "unknown",  # there is no such bead
    "open",  # not done
    "landed",
    "closed",
]


class WatchAsked(Fact, tag="watch.asked", frozen=True, kw_only=True):
    """Something here waits for it."""

    bead: BeadId


class WatchAnswered(Fact, tag="watch.answered", frozen=True, kw_only=True):
    """number: of this answer, from 1: a later one counts."""

    bead: BeadId
    number: int
    standing: Standing
    behind: tuple[BeadId, ...] = ()


class WatchHeard(Fact, tag="watch.heard", frozen=True, kw_only=True):
    """The answer of this number has been taken in."""

    bead: BeadId
    number: int
    standing: Standing
    behind: tuple[BeadId, ...] = ()


class RingSeen(Fact, tag="watch.ring_seen", frozen=True, kw_only=True):
    """It waits, in the end, for `through`, a bead here that waits for it: none of them is ever done. "": no more."""

    bead: BeadId
    through: BeadId


WatchEvent: TypeAlias = WatchAsked | WatchAnswered | WatchHeard | RingSeen
