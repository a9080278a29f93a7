"""The Deacon: one per town, owns the town's desired state and the escalations.

- The desired state is a fact: every restarter obeys the last one.
- A matter is escalated once, however often it is reported; closed, it may be raised again.
"""

import msgspec
from immutables import Map

from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.deacon import CloseEscalation, InstallTown, RaiseEscalation, WantTown
from gastown.actors.effects import Effect
from gastown.actors.kernel.role import Change, Decision, Parked, Rejected
from gastown.events import escalation, town
from gastown.events.escalation import EscalationClosed, EscalationRaised
from gastown.events.ids import Entity
from gastown.events.town import TownInstalled, TownWanted

TOWN = Entity(town.KIND, "town")


class Deacon(msgspec.Struct, frozen=True, kw_only=True):
    """raised: every escalation ever, True while it is open."""

    installed: bool = False
    wanted: str = ""
    raised: Map[str, bool] = Map()


class DeaconRole:
    name = "deacon"

    def initial(self, owner: Owner) -> Deacon:
        del owner  # there is one
        return Deacon()

    def decide(self, state: Deacon, command: Command) -> Decision:
        match command:
            case InstallTown(name=name, incarnation=incarnation):
                installed = TownInstalled(name=name, incarnation=incarnation)
                return () if state.installed else (Change(TOWN, installed),)
            case WantTown(state=wanted):
                return () if state.wanted == wanted else (Change(TOWN, TownWanted(state=wanted)),)
            case RaiseEscalation(escalation=key):
                return () if state.raised.get(key) else (_on(key, _raised(command)),)
            case CloseEscalation(escalation=key, how=how):
                return (_on(key, EscalationClosed(how=how)),) if state.raised.get(key) else ()
            case _:
                return Rejected(f"the Deacon cannot be told {type(command).__name__}", code="bug")

    def evolve(self, state: Deacon, change: Change) -> Deacon:
        match change.event:
            case TownInstalled():
                return msgspec.structs.replace(state, installed=True)
            case TownWanted(state=wanted):
                return msgspec.structs.replace(state, wanted=wanted)
            case EscalationRaised():
                return msgspec.structs.replace(state, raised=state.raised.set(change.entity.id, True))
            case EscalationClosed():
                return msgspec.structs.replace(state, raised=state.raised.set(change.entity.id, False))
            case _:
                return state

    def due(self, state: Deacon) -> tuple[Effect, ...]:
        del state
        return ()

    def park(self, state: Deacon, parked: Parked) -> Deacon:
        del parked  # every matter stands for itself
        return state

    def is_over(self, state: Deacon) -> bool:
        del state
        return False


def _on(key: str, event: EscalationRaised | EscalationClosed) -> Change:
    return Change(Entity(escalation.KIND, key), event)


def _raised(command: RaiseEscalation) -> EscalationRaised:
    return EscalationRaised(about=command.about, severity=command.severity, reason=command.reason, hint=command.hint)


ROLE = DeaconRole()
