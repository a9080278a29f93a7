"""Whether the town is a member of a hub, by which it and other towns know each other. Owner: the Mayor."""

from typing import TypeAlias

from gastown.events.fact import Fact

KIND = "membership"
TOWN = "town"


class TownJoined(Fact, tag="membership.joined", frozen=True, kw_only=True):
    """name: by which the others know it. epoch: how often the town of this name was replaced by one that went on
    with its log."""

    hub: str
    name: str
    epoch: int = 0


class TownLeft(Fact, tag="membership.left", frozen=True, kw_only=True):
    """It is a member no more."""

    reason: str = ""


class TownFenced(Fact, tag="membership.fenced", frozen=True, kw_only=True):
    """Another town, of epoch `by`, goes on in the place of this one, of `epoch`: nothing is done here any more.

    adopted_at: the position up to which that one has this one's log.
    """

    by: int
    epoch: int
    adopted_at: int = 0


MembershipEvent: TypeAlias = TownJoined | TownLeft | TownFenced
