"""The Deacon's rules about lost towns that this one goes on for."""

import pytest

from gastown.actors.commands.adoption import ReportAdoption, ReportTownLost
from gastown.actors.commands.command import Owner
from gastown.actors.commands.deacon import RestoreTown, SettleEscalation
from gastown.actors.deacon import ROLE
from gastown.actors.effects import TakeOver
from gastown.events.adoption import AdoptionBegun, AdoptionEnded
from gastown.events.escalation import EscalationClosed, EscalationRaised
from gastown.events.ids import Entity

LOST = ReportTownLost(town="south", of="01JLOST", quiet=600.0)


@pytest.fixture
def town(spec):
    return spec(ROLE, Owner("deacon", "town"))


def ended(outcome, number=1, **said):
    return ReportAdoption(of="01JLOST", number=number, outcome=outcome, **said)


def begun(number=1):
    return ("adoption/01JLOST", AdoptionBegun(town="south", quiet=600.0, number=number))


def test_a_lost_town_is_taken_over_once_and_a_person_is_told(town):
    town.when(LOST).then(begun())
    taking = TakeOver(key="adopt:01JLOST:1", about=Entity("adoption", "01JLOST"), town="south", of="01JLOST", number=1)
    assert town.due() == {"adopt:01JLOST:1": taking}
    town.when(LOST).then()
    told = ended(
        "adopted", folder="/towns/south", epoch=2, remark="Some is lost.", hint="gt --town /towns/south status"
    )
    town.when(told).then(
        ("adoption/01JLOST", AdoptionEnded(number=1, outcome="adopted", folder="/towns/south", epoch=2)),
        (
            "escalation/adoption.01JLOST",
            EscalationRaised(
                about=Entity("adoption", "01JLOST"),
                severity="high",
                reason="nobody saw town south for 600 s (adopt.after): it goes on here, in /towns/south. Some is lost.",
                hint="gt --town /towns/south status",
            ),
        ),
    )
    assert town.due() == {}
    town.when(told).then()
    town.when(LOST).then()
    town.when(SettleEscalation(escalation="adoption.01JLOST", how="seen", by="overseer"))
    town.then(("escalation/adoption.01JLOST", EscalationClosed(how="seen")))


def test_one_that_was_there_again_is_spared_and_may_be_lost_later(town):
    town.when(LOST).when(ended("spared", reason="south is alive")).then_events(AdoptionEnded)
    assert town.due() == {}
    town.when(LOST).then(begun(2))
    assert list(town.due()) == ["adopt:01JLOST:2"]
    town.when(ended("failed", reason="of the attempt before")).then()


def test_what_failed_waits_for_a_person(town):
    town.when(LOST).when(ended("failed", reason="/towns/south is not empty", hint="gt adopt south DIR"))
    town.then_events(AdoptionEnded, EscalationRaised)
    assert "it could not be adopted: /towns/south is not empty" in town.decision[1].event.reason
    town.when(LOST).then()
    assert town.due() == {}


def test_one_town_at_a_time(town):
    town.when(LOST)
    other = ReportTownLost(town="north", of="01JOTHER", quiet=700.0)
    town.when(other).rejected("taken", "south is just being adopted")
    town.when(ended("spared")).when(other).then_events(AdoptionBegun)


def test_what_was_never_begun_does_not_end(town):
    town.when(ended("adopted")).then()


def test_a_restored_town_finishes_nothing_that_it_had_begun_before(town):
    town.when(LOST).when(RestoreTown(name="here", incarnation="01JNEW", of="01JOLD", position=3, at=1.0))
    assert town.due() == {}
    town.when(LOST).then(begun(2))
