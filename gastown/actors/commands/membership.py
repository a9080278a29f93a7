"""What the Mayor is told of the town's membership of a hub."""

from typing import TypeAlias

from gastown.actors.commands.command import Command


class JoinHub(Command, tag="mayor.join_hub", frozen=True, kw_only=True):
    """The hub has accepted it as `name`. epoch: see TownJoined."""

    hub: str
    name: str
    epoch: int = 0


class LeaveHub(Command, tag="mayor.leave_hub", frozen=True, kw_only=True):
    """fork: this town is another one than that which was a member, and may have been fenced."""

    reason: str = ""
    fork: bool = False


class FenceTown(Command, tag="mayor.fence_town", frozen=True, kw_only=True):
    """The hub says that the town of epoch `by` has taken this one's place. adopted_at: see TownFenced."""

    by: int
    adopted_at: int = 0


MembershipCommand: TypeAlias = JoinHub | LeaveHub | FenceTown
