"""The Polecat's rules about an agent whose context was compacted: it is told again what matters."""

import pytest

from gastown.actors.commands import polecat as told
from gastown.actors.commands.command import Owner
from gastown.actors.effects import TakeTurn, TellNow
from gastown.actors.polecat import ROLE
from gastown.events import session as facts
from gastown.events import turn
from gastown.events.agent import AgentSpec

S = "ap-1-1"


@pytest.fixture
def running(spec):
    agent = AgentSpec(name="cc", vendor="claude")
    about = {"rig": "app", "bead": "ap-1", "number": 1, "polecat": "nux", "agent": agent, "title": "t", "priority": 1}
    started = told.ReportAgentStarted(session=S, pid=1, started=2, worktree="/w", branch="gt/x", base="b")
    return spec(ROLE, Owner("polecat", S)).when(told.OpenSession(session=S, **about)).when(started)


def compacted(number=1) -> told.ReportCompacted:
    return told.ReportCompacted(session=S, number=number, before=170_000)


def over(number=1, **fields) -> told.ReportTurn:
    return told.ReportTurn(session=S, number=number, at=1000.0, end="done", **fields)


def of_kind(session, kind):
    return [effect for effect in session.due().values() if isinstance(effect, kind)]


def refused(key="prime-1") -> told.ReportTold:
    return told.ReportTold(session=S, messages=(key,), refused="it cannot steer")


def test_it_is_told_again_within_the_turn(running):
    running.when(compacted()).then_events(turn.ContextCompacted, turn.MessageQueued)
    (now,) = of_kind(running, TellNow)
    assert (now.key, now.prime) == (f"say:{S}:prime-1", True)
    running.when(told.ReportTold(session=S, messages=("prime-1",))).then_events(turn.MessagesTaken)
    assert not of_kind(running, TellNow)
    running.when(over()).when(told.PermitTurn(session=S, number=2))
    (take,) = of_kind(running, TakeTurn)
    assert not take.prime


def test_who_cannot_be_told_within_the_turn_is_told_with_the_next(running):
    running.when(compacted()).when(refused()).then_events(turn.MessageDeferred)
    assert not of_kind(running, TellNow)
    running.when(over()).then_events(turn.TurnEnded, turn.TurnRequested)
    running.when(told.PermitTurn(session=S, number=2))
    (take,) = of_kind(running, TakeTurn)
    assert (take.prime, take.messages) == (True, ("prime-1",))
    assert "no commit of yours" in take.text
    assert running.state.reminders == 1
    running.when(told.ReportTold(session=S, messages=("prime-1",))).then_events(turn.MessagesTaken)
    running.when(over(2)).when(told.PermitTurn(session=S, number=3))
    assert not of_kind(running, TakeTurn)[0].prime


def test_with_a_message_it_goes_before_the_message(running):
    running.when(compacted()).when(refused())
    running.when(told.TellAgent(session=S, message="m1", text="look at the tests", sender="overseer")).when(over())
    running.when(told.PermitTurn(session=S, number=2))
    (take,) = of_kind(running, TakeTurn)
    assert (take.prime, take.messages) == (True, ("prime-1", "m1"))
    assert take.text == "Message m1 from overseer:\nlook at the tests"


def test_work_that_is_done_is_handed_in_all_the_same(running):
    running.when(compacted()).when(refused()).when(over(ahead=1)).then_events(turn.TurnEnded, facts.EndOrdered)


def test_compacted_twice_before_it_was_told_it_is_told_once(running):
    running.when(compacted()).when(compacted(2)).then_events(turn.ContextCompacted)
    running.when(compacted(2)).then()
    running.when(told.ReportTold(session=S, messages=("prime-1",))).when(compacted(3))
    assert [now.message for now in of_kind(running, TellNow)] == ["prime-3"]


def test_a_session_that_is_to_end_is_told_nothing_again(running):
    running.when(told.StopSession(session=S, rig="app", bead="ap-1", reason="unslung"))
    running.when(compacted()).then_events(turn.ContextCompacted)
