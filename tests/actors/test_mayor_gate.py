"""The Mayor's rules about turns: asked for, let through or refused, and settled once."""

import pytest

from gastown.actors.commands import mayor as told
from gastown.actors.commands.gate import RequestTurn, SettleTurn
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.commands.polecat import PermitTurn, RefuseTurn
from gastown.actors.mayor import ROLE
from gastown.actors.mayor.phases import Slung
from gastown.events import agent, bead, gate, rig
from gastown.events.agent import AgentSpec
from gastown.events.gate import Settlement
from gastown.events.rig import RigConfig
from gastown.events.turn import Usage

CONFIG = RigConfig(origin="/o", target="main", landing="main", prefix="ap")
S = "ap-1-1"
ONE = Settlement(number=1, at=1000.0, usage=Usage(fresh=9, output=5, cost=0.25), model="large")


@pytest.fixture
def town(spec):
    """One bead at work in its first turn."""
    begun = spec(
        ROLE,
        MAYOR,
        [
            ("rig/app", rig.RigAdded(config=CONFIG)),
            ("agent/cc", agent.AgentAdded(spec=AgentSpec(name="cc", vendor="claude"))),
            ("bead/ap-1", bead.BeadCreated(title="one", rig="app")),
        ],
    )
    return begun.when(told.SlingBeads(beads=("ap-1",), convoy="cv-1"))


def wants(number=2, last=ONE) -> RequestTurn:
    return RequestTurn(bead="ap-1", session=S, number=number, last=last)


def back(outcome="no_commits", **fields) -> told.ReportAttempt:
    return told.ReportAttempt(bead="ap-1", session=S, outcome=outcome, reason="r", **fields)


def answer(town, number=2):
    ((message,),) = [one.messages for key, one in town.due().items() if key == f"tell:turn:{S}:{number}"]
    return message.command


def test_a_turn_is_let_through_and_the_one_before_settled_in_one_decision(town):
    assert not [key for key in town.due() if key.startswith("tell:turn")]  # the first needs no word
    town.when(wants()).then(
        ("bead/ap-1", gate.TurnSettled(session=S, number=1, at=1000.0, cost=0.25)),
        ("bead/ap-1", gate.TurnPermitted(session=S, number=2)),
    )
    assert answer(town) == PermitTurn(session=S, number=2)
    town.when(wants()).then()
    assert answer(town) == PermitTurn(session=S, number=2)


def test_a_turn_that_cost_nothing_is_settled_without_a_word(town):
    town.when(wants(last=Settlement(number=1, at=1000.0))).then_events(gate.TurnPermitted)


def test_a_session_that_is_no_longer_wanted_begins_no_turn(town):
    town.when(told.UnslingBead(bead="ap-1", reason="not now"))
    town.when(wants()).then_events(gate.TurnSettled, gate.TurnRefused)
    assert answer(town) == RefuseTurn(session=S, number=2, outcome="withdrawn", reason="not now")
    town.when(wants()).then()


def test_a_turn_that_failed_is_settled_once(town):
    town.when(SettleTurn(bead="ap-1", session=S, last=ONE)).then_events(gate.TurnSettled)
    town.when(SettleTurn(bead="ap-1", session=S, last=ONE)).then()
    town.when(back(turn=1, last=ONE)).then_events(bead.BeadReturned, bead.BeadAssigned)
    assert S not in town.state.turns


def test_what_was_not_settled_is_with_the_end(town):
    town.when(wants()).when(back(turn=2, last=Settlement(number=2, at=1001.0, usage=ONE.usage)))
    town.then_events(gate.TurnSettled, bead.BeadReturned, bead.BeadAssigned)
    assert list(town.state.turns) == ["ap-1-2"]
    town.when(wants(3)).then()  # nobody asks any more
    town.when(SettleTurn(bead="ap-1", session=S, last=ONE)).then()


def test_a_submission_settles_too(town):
    submitted = back("submitted", submission="app.ap-1-1", turn=1, last=ONE)
    town.when(submitted).then_events(gate.TurnSettled, bead.BeadSubmitted)
    assert not town.state.turns


def test_a_turn_that_the_refinery_outran_is_settled_late(town):
    landed = told.ReportLanded(bead="ap-1", session=S, submission="app.ap-1-1", commit="c", target_commit="t")
    town.when(landed)
    late = back("submitted", submission="app.ap-1-1", turn=1, last=ONE)
    town.when(late).then(("bead/ap-1", gate.TurnSettled(session=S, number=1, at=1000.0, cost=0.25, last=True)))
    town.when(late).then()


def test_a_bead_whose_turn_was_refused_waits_with_its_counts(town):
    town.given(("bead/ap-1", gate.TurnRefused(session=S, number=2, outcome="over_budget", reason="none left")))
    assert answer(town) == RefuseTurn(session=S, number=2, outcome="over_budget", reason="none left")
    event = town.when(back("over_budget", turn=1)).decision[0].event
    assert (event.outcome, event.charge) == ("over_budget", "none")
    town.given(("bead/ap-1", bead.BeadUnslung(reason="")), ("bead/ap-1", bead.BeadSlung(rig="app", convoy="cv-1")))
    assert isinstance(town.state.beads["ap-1"].phase, Slung)
