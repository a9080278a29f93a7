"""How events about rigs and holds change what the Mayor remembers."""

from typing import assert_never

import msgspec
from immutables import Map

from gastown.actors.mayor.evolve_abroad import coming_again
from gastown.actors.mayor.state import Hold, Holds, Mayor, Rig
from gastown.events import rig
from gastown.events.hold import HoldLifted, HoldPlaced
from gastown.events.ids import RigName
from gastown.events.rig import RigEvent


def evolve_rig(state: Mayor, key: RigName, event: RigEvent) -> Mayor:
    match event:
        case rig.RigAdded():
            one = Rig(config=event.config)
        case rig.RigChanged():
            one = msgspec.structs.replace(state.rigs[key], config=event.config)
        case rig.RigRemoved():
            known = state.rigs[key]
            one = msgspec.structs.replace(known, removed=True, holds=msgspec.structs.replace(known.holds, now=Map()))
        case rig.RigHeld() | rig.RigFreed():
            one = _evolve_held_rig(state.rigs[key], event)
            state = msgspec.structs.replace(state, hold_changes=state.hold_changes + 1)
        case rig.RigMoved(mark=mark, since=since, bare=bare):
            one = msgspec.structs.replace(state.rigs[key], mark=mark, since=since, bare=bare)
            state = coming_again(state, key) if bare else state
        case rig.LandingsFound():
            one = state.rigs[key]
        case _:
            assert_never(event)
    return msgspec.structs.replace(state, rigs=state.rigs.set(key, one))


def _evolve_held_rig(known: Rig, event: rig.RigHeld | rig.RigFreed) -> Rig:
    one = msgspec.structs.replace(known, holds=evolve_holds(known.holds, event))
    match event:
        case rig.RigHeld(number=number):
            return msgspec.structs.replace(one, queue_pause=number or known.queue_pause)
        case rig.RigFreed(cause="pause"):
            return msgspec.structs.replace(one, queue_resumed=known.queue_pause, broke=0)
        case rig.RigFreed():
            return one


def evolve_holds(holds: Holds, event: HoldPlaced | HoldLifted) -> Holds:
    cause = event.cause
    if isinstance(event, HoldLifted):
        now = holds.now.delete(cause) if cause in holds.now else holds.now
        return msgspec.structs.replace(holds, now=now)
    placed = holds.placed.get(cause, 0) + (cause not in holds.now)
    one = Hold(depth=event.depth, reason=event.reason, hint=event.hint)
    return Holds(now=holds.now.set(cause, one), placed=holds.placed.set(cause, placed))
