"""What the Mayor is told of beads that go to other towns, come from them, or wait for beads there."""

from typing import TypeAlias

from gastown.actors.commands.command import Command
from gastown.events.handover import HandoverEvent, Parcel
from gastown.events.ids import BeadId, TownName
from gastown.events.watch import WatchEvent


class HearHandover(Command, tag="mayor.hear_handover", frozen=True, kw_only=True):
    """`town` has written this about `bead` for us, at `position` of its log, which is of this incarnation. bead: by the
    name that it has abroad.

    Each town is heard in the order of its log; anything may be heard again, also all of it from the beginning.
    """

    town: TownName
    bead: BeadId
    position: int
    fact: HandoverEvent
    incarnation: str = ""


class HearWatch(Command, tag="mayor.hear_watch", frozen=True, kw_only=True):
    """As HearHandover."""

    town: TownName
    bead: BeadId
    position: int
    fact: WatchEvent


class OfferBead(Command, tag="mayor.offer_bead", frozen=True, kw_only=True):
    """The parcel that was asked for is packed. epoch: of the offer. at: now, seconds since the epoch."""

    bead: BeadId
    town: TownName
    epoch: int
    at: float
    parcel: Parcel


class ExpireOffer(Command, tag="mayor.expire_offer", frozen=True, kw_only=True):
    """The time that the other town had to answer is over."""

    bead: BeadId
    epoch: int


class RecallBead(Command, tag="mayor.recall_bead", frozen=True, kw_only=True):
    """It is not to go to another town after all."""

    bead: BeadId
    reason: str = ""


class ReportCommits(Command, tag="mayor.report_commits", frozen=True, kw_only=True):
    """The commits that came along with a bead, under this epoch, are here. missed: why they never will be, "" if they
    are."""

    bead: BeadId
    epoch: int
    missed: str = ""


AbroadCommand: TypeAlias = HearHandover | HearWatch | OfferBead | ExpireOffer | RecallBead | ReportCommits
