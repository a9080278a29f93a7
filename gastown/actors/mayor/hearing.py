"""What other towns say of beads, each to its rule. It is heard at least once, and in the order of each town's log."""

from gastown.actors.commands.abroad import HearHandover
from gastown.actors.kernel.role import Decision, Rejected
from gastown.actors.mayor.abroad import name_here
from gastown.actors.mayor.beads import describe
from gastown.actors.mayor.guests import hear_offer, hear_transfer
from gastown.actors.mayor.handovers import hear_answer
from gastown.actors.mayor.phases import Parked
from gastown.actors.mayor.state import Mayor
from gastown.events.handover import BeadHandedOver, HandoverOffered, HandoverRecalled
from gastown.events.unreadable import NEWER


def hear_handover(state: Mayor, command: HearHandover) -> Decision:
    """What is said of a parked bead is not lost: it has to be said again."""
    key = name_here(state, command.bead)
    one = state.beads.get(key)
    if one is not None and isinstance(one.phase, Parked):
        return Rejected(describe(key, one), NEWER)
    match command.fact:
        case HandoverOffered() as fact:
            return hear_offer(state, command, fact)
        case BeadHandedOver() as fact:
            return hear_transfer(state, command, fact)
        case HandoverRecalled():
            return ()  # what was accepted is held by nothing
        case fact:
            return hear_answer(state, command, fact)
