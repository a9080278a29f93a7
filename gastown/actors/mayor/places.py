"""Rules about the machines beside the town's own on which sessions may run.

- The Deacon says how it stands with each; what it said before is old news.
- A session is with one host to its end. Once that is gone (lost, left, revoked) it is over, and its bead waits again.
"""

from collections.abc import Iterator

import msgspec

from gastown.actors.commands.places import ReportPlace
from gastown.actors.kernel.role import Change, Decision
from gastown.actors.mayor.phases import Closed, Working
from gastown.actors.mayor.state import Mayor, Place, with_bead
from gastown.events import place
from gastown.events.ids import Entity, HostName
from gastown.events.place import GONE, PlaceChanged


def report_place(state: Mayor, command: ReportPlace) -> Decision:
    if command.number <= state.places.get(command.host, Place()).number:
        return ()
    changed = PlaceChanged(number=command.number, standing=command.standing, epoch=command.epoch, slots=command.slots)
    return (Change(Entity(place.KIND, command.host), changed),)


def evolve_place(state: Mayor, name: HostName, event: PlaceChanged) -> Mayor:
    known = Place(number=event.number, standing=event.standing, slots=event.slots)
    state = msgspec.structs.replace(state, places=state.places.set(name, known))
    return _without(state, name) if event.standing in GONE else state


def _without(state: Mayor, name: HostName) -> Mayor:
    """Every session with it is over, also where its host comes back before that is told."""
    for key in (*state.active, *state.owing):
        one = state.beads[key]
        if isinstance(one.phase, Working | Closed) and one.phase.session and one.phase.host == name:
            phase = msgspec.structs.replace(one.phase, cut_off=True)
            state = with_bead(state, key, msgspec.structs.replace(one, phase=phase))
    return state


def counted(state: Mayor) -> Iterator[HostName]:
    """Those that may have sessions, beside the one at home."""
    for name, known in state.places.items():
        if known.standing not in GONE:
            yield name
