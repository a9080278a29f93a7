"""Rules about the machines beside the town's own on which sessions may run.

- The Deacon says how it stands with each; what it said before is old news.
- A place at home is given first. Elsewhere it is the host with the most room, as long as that takes sessions.
- What lies on the town's own machine keeps its work there: an account with secrets or a folder of its own, and files
  that a rig has copied into its sandboxes.
- A host that cannot set a rig up, or whose program of an agent is not fit, is given no more of that until it comes
  anew; that says nothing about the rig or the agent at home.
- A session is with one host to its end. Once that is gone (lost, down, left, revoked) it is over, and its bead waits
  again.
"""

from collections import Counter
from collections.abc import Iterator

import msgspec

from gastown.actors.commands.command import Owner
from gastown.actors.commands.places import LoseSession, ReportPlace
from gastown.actors.effects import Message, Tell
from gastown.actors.kernel.role import Change, Decision
from gastown.actors.mayor.fitness import UNFIT
from gastown.actors.mayor.phases import Closed, Working
from gastown.actors.mayor.state import Bead, Mayor, Place, with_bead
from gastown.events import bead, place
from gastown.events.bead import BeadReturned
from gastown.events.ids import AccountName, AgentName, BeadId, Entity, HostName
from gastown.events.place import GONE, PlaceChanged

BROKE = ("setup_broke", "start_broke")
"""Outcomes that say something about the rig on the machine where it was set up, not about the bead."""


class Places:
    """Who still has room, in one decision."""

    def __init__(self, state: Mayor) -> None:
        self._state = state
        taken = Counter(_taken(state))
        self._free = {"": state.setting("max_polecats") - taken[""]}
        for name, known in state.places.items():
            if known.standing == "up":
                self._free[name] = known.slots - taken[name]

    @property
    def free(self) -> int:
        return sum(max(0, free) for free in self._free.values())

    def find(self, one: Bead, agent: AgentName, account: AccountName) -> HostName | None:
        """None: none that may have it has room."""
        fit = [name for name, free in self._free.items() if free > 0 and self._may_have(name, one, agent, account)]
        return min(fit, key=lambda name: (name != "", -self._free[name], name), default=None)

    def take(self, name: HostName) -> None:
        self._free[name] -= 1

    def _may_have(self, name: HostName, one: Bead, agent: AgentName, account: AccountName) -> bool:
        if not name:
            return True
        spec, unable = self._state.account(account).spec, self._state.places[name].unable
        at_home = self._state.rigs[one.rig].config.copy or (spec and (spec.secrets or spec.config_dir))
        return not at_home and not {f"rig/{one.rig}", f"agent/{agent}"} & unable


def slots(state: Mayor) -> int:
    """Sessions that there is a place for, taken or not."""
    outside = sum(known.slots for known in state.places.values() if known.standing == "up")
    return state.setting("max_polecats") + outside


def _taken(state: Mayor) -> Iterator[HostName]:
    """A place each. A bead that was closed while its worker runs keeps it until that has ended."""
    for key in {*state.active, *state.owing}:
        phase = state.beads[key].phase
        if isinstance(phase, Working | Closed) and phase.session:
            yield phase.host


def host_of(one: Bead) -> HostName:
    """With which the session at work on it is."""
    return one.phase.host if isinstance(one.phase, Working | Closed) else ""


def note_trouble(state: Mayor, one: Bead, event: BeadReturned) -> Mayor:
    """What its host has shown that it cannot do."""
    name = host_of(one)
    known = state.places.get(name)
    if known is None or not isinstance(one.phase, Working) or event.outcome not in (*BROKE, UNFIT):
        return state
    cannot = f"agent/{one.phase.agent}" if event.outcome == UNFIT else f"rig/{one.rig}"
    known = msgspec.structs.replace(known, unable=known.unable | {cannot})
    return msgspec.structs.replace(state, places=state.places.set(name, known))


def report_place(state: Mayor, command: ReportPlace) -> Decision:
    if command.number <= state.places.get(command.host, Place()).number:
        return ()
    changed = PlaceChanged(number=command.number, standing=command.standing, epoch=command.epoch, slots=command.slots)
    return (Change(Entity(place.KIND, command.host), changed),)


def evolve_place(state: Mayor, name: HostName, event: PlaceChanged) -> Mayor:
    before = state.places.get(name, Place())
    unable = before.unable if before.epoch == event.epoch else frozenset[str]()
    known = Place(number=event.number, standing=event.standing, slots=event.slots, epoch=event.epoch, unable=unable)
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


def lost(key: BeadId, one: Bead) -> Tell:
    """To the session at work on it."""
    phase = one.phase
    session = phase.session if isinstance(phase, Working | Closed) else ""
    lose = LoseSession(session=session, rig=one.rig, bead=key, reason=f"its machine is gone: host {host_of(one)}")
    message = Message(Owner("polecat", session), lose)
    return Tell(key=f"tell:lose:{session}", about=Entity(bead.KIND, key), messages=(message,))


def counted(state: Mayor) -> Iterator[HostName]:
    """Those that may have sessions, beside the one at home."""
    for name, known in state.places.items():
        if known.standing not in GONE:
            yield name
