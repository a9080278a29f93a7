"""What the Mayor's rules about other towns share: names of beads, whose a bead is, and what is written for whom."""

from gastown.actors.kernel.role import Change
from gastown.actors.mayor.phases import Away, Landed, Parked
from gastown.actors.mayor.phases import Closed as ClosedPhase
from gastown.actors.mayor.state import Bead, Mayor, is_done
from gastown.events import handover, watch
from gastown.events.handover import HandoverEvent
from gastown.events.ids import BeadId, Entity, TownName, abroad, at_home
from gastown.events.watch import Standing, WatchEvent


def name_abroad(state: Mayor, key: BeadId) -> BeadId:
    return abroad(state.membership.name, key)


def name_here(state: Mayor, name: BeadId) -> BeadId:
    return at_home(state.membership.name, name)


def on_handover(state: Mayor, town: TownName, key: BeadId, event: HandoverEvent) -> Change:
    return Change(Entity(handover.KIND, f"{town}.{name_abroad(state, key)}"), event)


def on_watch(state: Mayor, town: TownName, key: BeadId, event: WatchEvent) -> Change:
    return Change(Entity(watch.KIND, f"{town}.{name_abroad(state, key)}"), event)


def is_guest(key: BeadId) -> bool:
    """Born in another town."""
    return "." in key


def is_at_home(state: Mayor, key: BeadId) -> bool:
    """Whether this town alone decides about it. A guest that is done has been given back."""
    one = state.beads.get(key)
    return one is not None and not isinstance(one.phase, Away | Parked) and not (is_guest(key) and is_done(one))


def is_met(state: Mayor, need: BeadId) -> bool:
    """Whether this need is done, here or, as far as that is known here, in the town that it is in."""
    one, seen = state.beads.get(need), state.watches.get(need)
    return is_done(one) or (seen is not None and seen.standing in ("landed", "closed"))


def standing(one: Bead | None) -> Standing:
    match one.phase if one else None:
        case Landed():
            return "landed"
        case ClosedPhase():
            return "closed"
        case None:
            return "unknown"
        case _:
            return "open"
