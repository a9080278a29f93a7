"""The Deacon's rules."""

import pytest

from gastown.actors.commands.command import Owner
from gastown.actors.commands.deacon import (
    AckEscalation,
    AskPerson,
    CloseEscalation,
    InstallTown,
    RaiseEscalation,
    SettleEscalation,
    WantTown,
)
from gastown.actors.commands.hosts import GreetHost, ReportHostHeard, ReportHostSilent
from gastown.actors.deacon import ROLE
from gastown.events.escalation import EscalationAcked, EscalationClosed, EscalationRaised
from gastown.events.host import HostArrived, HostReturned, HostSilent
from gastown.events.ids import Entity
from gastown.events.mail import MailSent
from gastown.events.town import TownInstalled, TownWanted

RAISE = RaiseEscalation(escalation="ap-1.1", about=Entity("bead", "ap-1"), severity="high", reason="3 failed runs")


@pytest.fixture
def town(spec):
    return spec(ROLE, Owner("deacon", "town"))


def test_the_desired_state_is_written_when_it_changes(town):
    town.when(WantTown(state="up")).then_events(TownWanted)
    town.when(WantTown(state="up")).then_events()
    town.when(WantTown(state="down")).then_events(TownWanted)


def test_a_town_is_installed_once(town):
    town.when(InstallTown(name="t", incarnation="i")).then_events(TownInstalled)
    town.when(InstallTown(name="t", incarnation="i")).then_events()


def test_a_matter_is_escalated_once_until_it_is_closed(town):
    town.when(RAISE).then_events(EscalationRaised)
    town.when(RAISE).then_events()
    town.when(CloseEscalation(escalation="ap-1.1", how="retried")).then_events(EscalationClosed)
    town.when(CloseEscalation(escalation="ap-1.1", how="retried")).then_events()
    town.when(RAISE).then_events(EscalationRaised)


def greeting(host):
    return GreetHost(host=host, machine="here")


def test_each_new_host_takes_over_under_the_next_epoch(town):
    town.when(greeting("a")).then(("host/host", HostArrived(host="a", machine="here", epoch=1)))
    town.when(greeting("a")).then_events()
    town.when(greeting("b")).then(("host/host", HostArrived(host="b", machine="here", epoch=2)))


def test_a_host_that_was_succeeded_does_not_come_again(town):
    town.when(greeting("a")).when(greeting("b")).when(greeting("c"))
    town.when(greeting("a")).rejected("taken", "succeeded by c, epoch 3")
    town.when(greeting("c")).then_events()


def test_a_host_that_falls_silent_is_escalated_until_it_is_heard_again(town):
    town.when(greeting("a"))
    silent = ReportHostSilent(host="a", epoch=1, seconds=15)
    town.when(silent).then_events(HostSilent, EscalationRaised)
    town.when(silent).then_events()
    town.when(ReportHostHeard(host="a", epoch=1)).then_events(HostReturned, EscalationClosed)
    town.when(ReportHostHeard(host="a", epoch=1)).then_events()
    town.when(silent).then_events(HostSilent, EscalationRaised)
    town.when(greeting("b")).then_events(HostArrived, EscalationClosed)


def test_that_no_host_ever_came_is_a_breach_too(town):
    town.when(ReportHostSilent(host="", epoch=0, seconds=15)).then_events(HostSilent, EscalationRaised)
    town.when(greeting("a")).then_events(HostArrived, EscalationClosed)


def test_what_is_said_of_an_earlier_host_changes_nothing(town):
    town.when(greeting("a")).when(greeting("b"))
    town.when(ReportHostSilent(host="a", epoch=1, seconds=15)).then_events()
    town.when(ReportHostSilent(host="b", epoch=2, seconds=15)).then_events(HostSilent, EscalationRaised)
    town.when(ReportHostHeard(host="a", epoch=1)).then_events()


def ask(asker="ap-1-1", kind="bead", key="ap-1", reply="bead/ap-1") -> AskPerson:
    return AskPerson(asker=asker, reply=reply, about=Entity(kind, key), severity="medium", reason="A or B?")


def test_whoever_asks_for_a_person_has_each_matter_under_a_number_of_its_own(town):
    town.when(ask()).then_events(EscalationRaised)
    hint = "gt escalation close asked.ap-1-1.1 --reason DECISION"
    assert (town.decision[0].entity.id, town.decision[0].event.hint) == ("asked.ap-1-1.1", hint)
    town.when(ask("overseer", "town", "town", "overseer"))
    assert town.decision[0].entity.id == "asked.overseer.1"
    town.when(SettleEscalation(escalation="asked.overseer.1", how="A", by="overseer")).then_events(EscalationClosed)
    for number in (2, 3, 4, 5):
        town.when(ask())
        assert town.decision[0].entity.id == f"asked.ap-1-1.{number}"
    town.when(ask()).rejected("refused", "asks for a person already, 5 times")
    settle = SettleEscalation(escalation="asked.ap-1-1.2", how="take A", by="overseer")
    town.when(settle).then_events(EscalationClosed, MailSent)
    answer = town.decision[1].event
    assert (answer.to, answer.sender, "take A" in answer.text) == ("bead/ap-1", "overseer", True)
    town.when(ask())
    assert town.decision[0].entity.id == "asked.ap-1-1.6"


def test_a_person_acknowledges_a_matter_once_and_settles_what_was_asked(town):
    town.when(ask()).when(RAISE)
    for key in ("asked.ap-1-1.1", "ap-1.1"):
        acked = AckEscalation(escalation=key, by="overseer")
        town.when(acked).then((f"escalation/{key}", EscalationAcked(by="overseer")))
        town.when(acked).then()
    settle = SettleEscalation(escalation="asked.ap-1-1.1", how="A", by="overseer")
    town.when(settle).then_events(EscalationClosed, MailSent)
    town.when(settle).then()
    town.when(SettleEscalation(escalation="ap-1.1", how="so", by="overseer")).rejected(
        "refused", "settled by what it is about"
    )
    town.when(SettleEscalation(escalation="none", how="so", by="overseer")).rejected("unknown", "no escalation 'none'")
    town.when(CloseEscalation(escalation="ap-1.1", how="retried")).when(RAISE).then_events(EscalationRaised)
    town.when(AckEscalation(escalation="ap-1.1", by="overseer")).then_events(EscalationAcked)
