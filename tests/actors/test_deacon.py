"""The Deacon's rules."""

import pytest

from gastown.actors.commands.command import Owner
from gastown.actors.commands.deacon import (
    CloseEscalation,
    GreetHost,
    InstallTown,
    RaiseEscalation,
    ReportHostHeard,
    ReportHostSilent,
    WantTown,
)
from gastown.actors.deacon import ROLE
from gastown.events.escalation import EscalationClosed, EscalationRaised
from gastown.events.host import HostArrived, HostReturned, HostSilent
from gastown.events.ids import Entity
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
