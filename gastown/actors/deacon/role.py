"""The Deacon as the kernel sees it: the desired state, and each command and event to its rule."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import asdict

from gastown.actors.commands import hosts as about_hosts
from gastown.actors.commands import mail as told
from gastown.actors.commands.adoption import ReportAdoption, ReportTownLost
from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.deacon import (
    AckEscalation,
    AskPerson,
    CloseEscalation,
    ForkTown,
    InstallTown,
    RaiseEscalation,
    RestoreTown,
    SettleEscalation,
    WantTown,
)
from gastown.actors.commands.letters import HearLetter
from gastown.actors.deacon import adoptions, asking, hosts, letters, mail, matters
from gastown.actors.deacon.state import TOWN, Deacon
from gastown.actors.effects import Effect
from gastown.actors.kernel.role import Change, Decision, Parked, Rejected
from gastown.events import host
from gastown.events.adoption import AdoptionEvent
from gastown.events.escalation import EscalationAcked, EscalationClosed, EscalationRaised
from gastown.events.host import HostEvent
from gastown.events.letter import LetterRefused, LetterTaken
from gastown.events.mail import KIND as MAIL
from gastown.events.mail import MailDeadLettered, MailOffered, MailPassedOn, MailRead, MailSent, MailTold
from gastown.events.town import TownForked, TownInstalled, TownRestored, TownWanted


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
            case RaiseEscalation(escalation=key):
                return () if state.raised.get(key) else (matters.raised(key, _raised(command)),)
            case CloseEscalation(escalation=key, how=how):
                return matters.closed(state, key, how)
            case _:
                return _decide_other(state, command)

    def evolve(self, state: Deacon, change: Change) -> Deacon:
        replace = msgspec.structs.replace
        match change.event:
            case TownInstalled(name=name):
                return replace(state, installed=True, name=name)
            case TownRestored(name=name) | TownForked(name=name):
                return adoptions.moved(hosts.moved(replace(state, name=name, wanted="")))
            case TownWanted(state=wanted):
                return replace(state, wanted=wanted)
            case event if isinstance(event, HostEvent):
                return hosts.evolve(state, host.name_of(change.entity.id), event)
            case event if isinstance(event, AdoptionEvent):
                return adoptions.evolve(state, change.entity.id, event)
            case EscalationRaised() | EscalationAcked() | EscalationClosed():
                return asking.evolve(state, change.entity.id, change.event)
            case MailSent() | MailOffered() | MailTold() | MailRead() | MailPassedOn() | MailDeadLettered():
                return mail.evolve(state, change.entity.id, change.event)
            case LetterTaken() | LetterRefused():
                return letters.evolve(state, change.event)
            case _:
                return state

    def due(self, state: Deacon) -> tuple[Effect, ...]:
        return (*hosts.due(state), *mail.due(state), *adoptions.due(state))

    def park(self, state: Deacon, parked: Parked) -> Deacon:
        """Every matter stands for itself; a letter whose story cannot be read is told to nobody."""
        gone = [entity.id for entity in parked.entities if entity.kind == MAIL and entity.id in state.mails]
        mails = state.mails
        for key in gone:
            mails = mails.delete(key)
        return hosts.park(msgspec.structs.replace(state, mails=mails), parked)

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
    about_hosts.GreetHost: hosts.greet,
    about_hosts.ReportHostSilent: hosts.fall_silent,
    about_hosts.ReportHostHeard: hosts.be_heard,
    about_hosts.ReportHostLost: hosts.be_lost,
    about_hosts.ReportFarewell: hosts.bid_farewell,
    about_hosts.InviteHost: hosts.invite,
    about_hosts.AdmitHost: hosts.admit,
    about_hosts.DismissHost: hosts.dismiss,
    about_hosts.RevokeHost: hosts.revoke,
    ReportTownLost: adoptions.report_lost,
    ReportAdoption: adoptions.report_adoption,
}


def _raised(command: RaiseEscalation) -> EscalationRaised:
    return EscalationRaised(about=command.about, severity=command.severity, reason=command.reason, hint=command.hint)


ROLE = DeaconRole()
