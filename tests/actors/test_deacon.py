"""The Deacon's rules."""

import pytest

from gastown.actors.commands.command import Owner
from gastown.actors.commands.deacon import CloseEscalation, InstallTown, RaiseEscalation, WantTown
from gastown.actors.deacon import ROLE
from gastown.events.escalation import EscalationClosed, EscalationRaised
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
