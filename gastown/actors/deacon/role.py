"""The Deacon as the kernel sees it: the desired state, the lease, the escalations."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import asdict

from gastown.actors.commands import mail as told
from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.deacon import (
    AckEscalation,
    AskPerson,
    CloseEscalation,
    ForkTown,
    GreetHost,
    InstallTown,
    RaiseEscalation,
    ReportHostHeard,
    ReportHostSilent,
    RestoreTown,
    SettleEscalation,
    WantTown,
)
from gastown.actors.commands.letters import HearLetter
from gastown.actors.deacon import asking, letters, mail
from gastown.actors.deacon.state import HOST, TOWN, Deacon, Lease
from gastown.actors.effects import Effect
from gastown.actors.kernel.role import Change, Decision, Parked, Rejected
from gastown.events import escalation
from gastown.events.escalation import EscalationAcked, EscalationClosed, EscalationRaised
from gastown.events.host import HostArrived, HostReturned, HostSilent
from gastown.events.ids import Entity
from gastown.events.letter import LetterRefused, LetterTaken
from gastown.events.mail import KIND as MAIL
from gastown.events.mail import MailDeadLettered, MailOffered, MailPassedOn, MailRead, MailSent, MailTold
from gastown.events.town import TownForked, TownInstalled, TownRestored, TownWanted

HOST_SILENT = "host-silent"
"""The escalation."""


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
                return _decide_other(state, command)

    def evolve(self, state: Deacon, change: Change) -> Deacon:
        replace = msgspec.structs.replace
        match change.event:
            case TownInstalled(name=name):
                return replace(state, installed=True, name=name)
            case TownRestored(name=name) | TownForked(name=name):
                return replace(state, name=name, wanted="", lease=Lease(epoch=state.lease.epoch))
            case TownWanted(state=wanted):
                return replace(state, wanted=wanted)
            case HostArrived(host=name, epoch=epoch):
                return replace(state, lease=Lease(host=name, epoch=epoch), hosts=state.hosts.set(name, epoch))
            case HostSilent():
                return replace(state, lease=replace(state.lease, silent=True))
            case HostReturned():
                return replace(state, lease=replace(state.lease, silent=False))
            case EscalationRaised() | EscalationAcked() | EscalationClosed():
                return asking.evolve(state, change.entity.id, change.event)
            case MailSent() | MailOffered() | MailTold() | MailRead() | MailPassedOn() | MailDeadLettered():
                return mail.evolve(state, change.entity.id, change.event)
            case LetterTaken() | LetterRefused():
                return letters.evolve(state, change.event)
            case _:
                return state

    def due(self, state: Deacon) -> tuple[Effect, ...]:
        return mail.due(state)

    def park(self, state: Deacon, parked: Parked) -> Deacon:
        """Every matter stands for itself; a letter whose story cannot be read is told to nobody."""
        gone = [entity.id for entity in parked.entities if entity.kind == MAIL and entity.id in state.mails]
        mails = state.mails
        for key in gone:
            mails = mails.delete(key)
        return msgspec.structs.replace(state, mails=mails)

    def is_over(self, state: Deacon) -> bool:
        del state
        return False


def _decide_other(state: Deacon, command: Command) -> Decision:
    rule = _RULES.get(type(command))
    if rule is None:
        return Rejected(f"the Deacon cannot be told {type(command).__name__}", code="bug")
    return rule(state, command)


_RULES: dict[type[Command], Callable[[Deacon, Any], Decision]] = {
    AskPerson: asking.ask_person,
    AckEscalation: asking.ack_escalation,
    SettleEscalation: asking.settle_escalation,
    told.SendMail: mail.send_mail,
    told.ReadMail: mail.read_mail,
    told.AttendMail: mail.attend_mail,
    told.ReportMailTold: mail.report_mail_told,
    told.ReportBeadDone: mail.report_bead_done,
    told.ReturnNudges: mail.return_nudges,
    told.ExpireMail: mail.expire_mail,
    HearLetter: mail.hear_letter,
}


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
