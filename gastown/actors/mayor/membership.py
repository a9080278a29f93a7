"""Rules about the town's membership of a hub.

- It is a member of one hub at a time: joining another is leaving the one before. Its epoch stays its own.
- Once another town goes on in its place it is fenced: everything stops for good, and it joins no hub again. A fork of
  it is another town, and starts free.
"""

import msgspec

from gastown.actors.commands.membership import FenceTown, JoinHub, LeaveHub
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.actors.mayor.holds import lifted, placed
from gastown.actors.mayor.state import Mayor, Membership
from gastown.events import membership
from gastown.events.ids import Entity
from gastown.events.membership import MembershipEvent, TownFenced, TownJoined, TownLeft

TOWN = Entity(membership.KIND, membership.TOWN)

_FENCED = "gt branches lists what is only here; gt fork makes a town of its own of it"


def join_hub(state: Mayor, command: JoinHub) -> Decision:
    known = state.membership
    if "fenced" in state.holds.now:
        return Rejected("another town goes on in the place of this one: it joins no hub", _FENCED)
    if known == Membership(hub=command.hub, name=command.name, epoch=command.epoch):
        return ()
    joined = Change(TOWN, TownJoined(hub=command.hub, name=command.name, epoch=command.epoch))
    if known.hub and (known.hub, known.name) != (command.hub, command.name):
        return (Change(TOWN, TownLeft(reason=f"for {command.hub}")), joined)
    return (joined,)


def leave_hub(state: Mayor, command: LeaveHub) -> Decision:
    """Who is fenced may leave, and stays fenced."""
    left = (Change(TOWN, TownLeft(reason=command.reason)),) if state.membership.hub else ()
    freed = (lifted("", "fenced"),) if command.fork and "fenced" in state.holds.now else ()
    return (*left, *freed)


def fence_town(state: Mayor, command: FenceTown) -> Decision:
    if "fenced" in state.holds.now or not state.membership.hub or command.by <= state.membership.epoch:
        return ()
    epoch = state.membership.epoch
    known = f", which knows its log up to position {command.adopted_at}" if command.adopted_at else ""
    reason = f"the town of epoch {command.by} has taken the place of this one, of epoch {epoch}{known}"
    fenced = TownFenced(by=command.by, epoch=epoch, adopted_at=command.adopted_at)
    return (Change(TOWN, fenced), placed("", "fenced", reason, _FENCED))


def evolve_membership(state: Mayor, event: MembershipEvent) -> Mayor:
    match event:
        case TownJoined(hub=hub, name=name, epoch=epoch):
            return msgspec.structs.replace(state, membership=Membership(hub=hub, name=name, epoch=epoch))
        case TownLeft():
            return msgspec.structs.replace(state, membership=Membership(epoch=state.membership.epoch))
        case TownFenced():
            return state  # what it means is a hold
