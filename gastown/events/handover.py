"""Handing a bead over to another town. Owner: the Mayor, of each of the two towns for its own part.

Entity `handover/<other town>.<bead>`, the bead by the name that it has abroad: what one town writes there the other
hears, in this order. Both parts together tell one story:

    at the home            at the other
    HandoverOffered   ->
                      <-   OfferAccepted, or OfferRefused
    BeadHandedOver    ->   the bead is received (bead.received): its home is there from here on
                      <-   HandoverReported, HandoverEnded

An offer that came to nothing ends in HandoverRecalled; only an offer can be recalled. Each offer of a bead, to
whomever, has a higher epoch than all before: what is said of an older one is known as such wherever it is heard.
`bead` is what the town that writes it calls the bead.
"""

from typing import Literal, TypeAlias

import msgspec

from gastown.events.fact import Fact
from gastown.events.ids import AgentName, BeadId, Commit, RigName, TownName
from gastown.events.kept import Text
from gastown.events.session import Earlier

KIND = "handover"

End: TypeAlias = Literal["landed", "closed"]

How: TypeAlias = Literal[
    "person",
    "expired",  # nobody answered in time
    "refused",
]


class Tried(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An attempt at it that came to nothing."""

    session: str
    outcome: str
    reason: str
    tail: str = ""


class Parcel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that goes along with a bead. Long texts lie beside the log of the town that gives it away.

    earlier: commits of an attempt. luggage: under which name the town that gives it away has them in its luggage; "":
    only whoever has the rig's origin may find them.
    tried: the last attempts at it, oldest first.
    """

    title: str
    description: Text = ""
    acceptance: Text = ""
    notes: Text = ""
    priority: int = 2
    issue_type: str = "task"
    earlier: Earlier | None = None
    tried: tuple[Tried, ...] = ()
    luggage: str = ""


class HandoverOffered(Fact, tag="handover.offered", frozen=True, kw_only=True):
    """Will you work on it? rig: there. agent: whose program is to, "" for the one that works there.

    until: when it is taken back, seconds since the epoch, by the clock of whoever offers it.
    """

    bead: BeadId
    epoch: int
    rig: RigName
    agent: AgentName = ""
    until: float
    parcel: Parcel


class HandoverRecalled(Fact, tag="handover.recalled", frozen=True, kw_only=True):
    """The offer is over, and the bead stays."""

    bead: BeadId
    epoch: int
    how: How
    reason: str


class BeadHandedOver(Fact, tag="handover.handed_over", frozen=True, kw_only=True):
    """The transfer: its home is the other town from here on, which begins once it hears this."""

    bead: BeadId
    epoch: int
    rig: RigName
    agent: AgentName = ""
    parcel: Parcel


class OfferAccepted(Fact, tag="handover.accepted", frozen=True, kw_only=True):
    """A reservation: nothing happens before it is handed over."""

    bead: BeadId
    epoch: int


class OfferRefused(Fact, tag="handover.refused", frozen=True, kw_only=True):
    bead: BeadId
    epoch: int
    reason: str


class HandoverReported(Fact, tag="handover.reported", frozen=True, kw_only=True):
    """How it stands with a bead that is here. number: of this report, from 1. stuck: why only a person can go on with
    it here, "" when it moves again."""

    bead: BeadId
    epoch: int
    number: int
    stuck: str


class HandoverEnded(Fact, tag="handover.ended", frozen=True, kw_only=True):
    """It is done. commit, target_commit: see BeadLanded; "" for one that was closed without code.

    last: the highest epoch that it ever had, as it may have gone on from here. where, rig: the town, and its rig, whose
    target has it.
    """

    bead: BeadId
    epoch: int
    last: int
    outcome: End
    reason: str = ""
    commit: Commit = ""
    target_commit: Commit = ""
    where: TownName = ""
    rig: RigName = ""


HandoverEvent: TypeAlias = (
    HandoverOffered
    | HandoverRecalled
    | BeadHandedOver
    | OfferAccepted
    | OfferRefused
    | HandoverReported
    | HandoverEnded
)
