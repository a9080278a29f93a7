"""The Deacon: one per town, owns the town's desired state, the host's lease and the escalations.

- The desired state is a fact: every restarter obeys the last one.
- One host acts for the town: the last that arrived. Each has an epoch, one more than the one before; a host that was
  succeeded does not come again.
- A host that lets its lease run out loses nothing by it but is escalated, until it is heard again or succeeded.
- A restored or forked town says so in its log, and under which name it goes on.
- A matter is escalated once, however often it is reported; closed, it may be raised again.
"""

import msgspec
from immutables import Map
from msgspec.structs import asdict

from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.deacon import (
    CloseEscalation,
    ForkTown,
    GreetHost,
    InstallTown,
    RaiseEscalation,
    ReportHostHeard,
    ReportHostSilent,
    RestoreTown,
    WantTown,
)
from gastown.actors.effects import Effect
from gastown.actors.kernel.role import Change, Decision, Parked, Rejected
from gastown.events import escalation, host, town
from gastown.events.escalation import EscalationClosed, EscalationRaised
from gastown.events.host import HostArrived, HostReturned, HostSilent
from gastown.events.ids import Entity
from gastown.events.town import TownForked, TownInstalled, TownRestored, TownWanted

TOWN = Entity(town.KIND, "town")
HOST = Entity(host.KIND, "host")
HOST_SILENT = "host-silent"
"""The escalation."""


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds it. host "", epoch 0: nobody yet. silent: it has run out."""

    host: str = ""
    epoch: int = 0
    silent: bool = False


class Deacon(msgspec.Struct, frozen=True, kw_only=True):
    """hosts: every one that ever held the lease. raised: every escalation ever, True while it is open."""

    installed: bool = False
    wanted: str = ""
    lease: Lease = Lease()
    hosts: Map[str, int] = Map()
    raised: Map[str, bool] = Map()


class DeaconRole:
    name = "deacon"
    states = Deacon

    def initial(self, owner: Owner) -> Deacon:
        del owner  # there is one
        return Deacon()

    def decide(self, state: Deacon, command: Command) -> Decision:
        match command:
            case InstallTown(name=name, incarnation=incarnation):
                installed = TownInstalled(name=name, incarnation=incarnation)
                return () if state.installed else (Change(TOWN, installed),)
            case RestoreTown():
                return (Change(TOWN, TownRestored(**asdict(command))),)
            case ForkTown():
                return (Change(TOWN, TownForked(**asdict(command))),)
            case WantTown(state=wanted):
                return () if state.wanted == wanted else (Change(TOWN, TownWanted(state=wanted)),)
            case GreetHost():
                return _greet(state, command)
            case ReportHostSilent():
                return _fall_silent(state, command)
            case ReportHostHeard(host=name, epoch=epoch):
                if not state.lease.silent or not _holds(state, name, epoch):
                    return ()
                return (Change(HOST, HostReturned(host=name, epoch=epoch)), *_close(state, HOST_SILENT, "heard again"))
            case RaiseEscalation(escalation=key):
                return () if state.raised.get(key) else (_on(key, _raised(command)),)
            case CloseEscalation(escalation=key, how=how):
                return _close(state, key, how)
            case _:
                return Rejected(f"the Deacon cannot be told {type(command).__name__}", code="bug")

    def evolve(self, state: Deacon, change: Change) -> Deacon:
        replace = msgspec.structs.replace
        match change.event:
            case TownInstalled():
                return replace(state, installed=True)
            case TownRestored() | TownForked():
                return replace(state, wanted="", lease=Lease(epoch=state.lease.epoch))
            case TownWanted(state=wanted):
                return replace(state, wanted=wanted)
            case HostArrived(host=name, epoch=epoch):
                return replace(state, lease=Lease(host=name, epoch=epoch), hosts=state.hosts.set(name, epoch))
            case HostSilent():
                return replace(state, lease=replace(state.lease, silent=True))
            case HostReturned():
                return replace(state, lease=replace(state.lease, silent=False))
            case EscalationRaised():
                return replace(state, raised=state.raised.set(change.entity.id, True))
            case EscalationClosed():
                return replace(state, raised=state.raised.set(change.entity.id, False))
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


def _holds(state: Deacon, name: str, epoch: int) -> bool:
    return (state.lease.host, state.lease.epoch) == (name, epoch)


def _greet(state: Deacon, command: GreetHost) -> Decision:
    if command.host == state.lease.host:
        return ()
    if command.host in state.hosts:
        reason = f"host {command.host} was succeeded by {state.lease.host}, epoch {state.lease.epoch}"
        return Rejected(reason, "it is to end; the daemon starts another if one is needed", "taken")
    arrived = HostArrived(host=command.host, machine=command.machine, epoch=state.lease.epoch + 1)
    return (Change(HOST, arrived), *_close(state, HOST_SILENT, f"host {command.host} took over"))


def _fall_silent(state: Deacon, command: ReportHostSilent) -> Decision:
    if state.lease.silent or not _holds(state, command.host, command.epoch):
        return ()
    silent = HostSilent(host=command.host, epoch=command.epoch, seconds=command.seconds)
    if state.raised.get(HOST_SILENT):
        return (Change(HOST, silent),)
    raised = EscalationRaised(
        about=HOST,
        severity="high",
        reason=f"nothing was heard of the town's host for {command.seconds:g} s: no work begins, lands or ends",
        hint="it is started again by itself; if this stays, see logs/host.log and logs/daemon.log",
    )
    return Change(HOST, silent), _on(HOST_SILENT, raised)


def _close(state: Deacon, key: str, how: str) -> tuple[Change, ...]:
    return (_on(key, EscalationClosed(how=how)),) if state.raised.get(key) else ()


def _on(key: str, event: EscalationRaised | EscalationClosed) -> Change:
    return Change(Entity(escalation.KIND, key), event)


def _raised(command: RaiseEscalation) -> EscalationRaised:
    return EscalationRaised(about=command.about, severity=command.severity, reason=command.reason, hint=command.hint)


ROLE = DeaconRole()
