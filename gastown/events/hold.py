"""Holds: what must not go on, and why. Of the town, entity `hold/town`; of a rig, on the rig itself. Owner: the Mayor.

Whether work may start is hers to decide, so all holds are hers, whoever asks for them: she tells each rig's Refinery
and the host. One hold a cause; each is lifted by what its cause says, and lifting one leaves the others.
"""

from collections.abc import Iterable
from typing import Literal, TypeAlias

from gastown.events.fact import Fact

KIND = "hold"
TOWN = "town"

Cause: TypeAlias = Literal[
    "estop",  # `gt estop`, until `gt thaw`
    "pause",  # `gt rig pause`, or something that a person has to mend; until `gt rig resume`
    "disk",  # too little room; lifted by itself once there is room
    "fenced",  # another town goes on in this one's place; lifted by nothing
    "moved",  # a restored town; lifted by itself once it is known what landed since its backup
]

Depth: TypeAlias = Literal[
    "intake",  # no session starts; what runs finishes and lands
    "pause",  # nor does anything new begin to be proven
    "stop",  # everything is frozen where it is; a push that is under way is the only thing that finishes
]
IS_HELD: dict[Depth, str] = {"intake": "takes no new work", "pause": "is paused", "stop": "is stopped"}

_ORDER: tuple[Depth, ...] = ("intake", "pause", "stop")

DEPTH_OF: dict[Cause, Depth] = {"disk": "intake", "pause": "pause", "moved": "pause", "estop": "stop", "fenced": "stop"}


def deepest(depths: Iterable[Depth]) -> Depth | None:
    """None where there is none."""
    found: Depth | None = None
    for depth in depths:
        if found is None or _ORDER.index(depth) > _ORDER.index(found):
            found = depth
    return found


class HoldPlaced(Fact, frozen=True, kw_only=True):
    """Of the town or a rig. Placed anew while it is in place, it has another reason. hint: what lifts it.

    number: which pause of the Refinery's queue this answers, 0 where something else is the reason.
    """

    cause: Cause
    depth: Depth
    reason: str
    hint: str = ""
    number: int = 0


class HoldLifted(Fact, frozen=True, kw_only=True):
    """Of the town or a rig."""

    cause: Cause


class TownHeld(HoldPlaced, tag="hold.placed", frozen=True, kw_only=True):
    """The whole town."""


class TownFreed(HoldLifted, tag="hold.lifted", frozen=True, kw_only=True):
    """The town; a rig may be held all the same."""


HoldEvent: TypeAlias = TownHeld | TownFreed
