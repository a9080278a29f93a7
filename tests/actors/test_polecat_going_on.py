"""The Polecat's rules about an agent that is gone before its time: what goes on, with what words, and what ends."""

import pytest

from gastown.actors.commands import polecat as told
from gastown.actors.commands.command import Owner
from gastown.actors.effects import EndSession, Resume, RunSession, TakeTurn, TellNow
from gastown.actors.polecat import ROLE
from gastown.actors.polecat.going_on import RESUMES
from gastown.events import session as facts
from gastown.events import turn
from gastown.events.agent import AgentSpec
from gastown.events.resuming import AgentLost, SessionResumed
from gastown.events.turn import Failure, Usage

S = "ap-1-1"
OPEN = told.OpenSession(
    session=S,
    rig="app",
    bead="ap-1",
    number=1,
    polecat="nux",
    agent=AgentSpec(name="cc", vendor="claude"),
    title="t",
    priority=1,
)
STARTED = told.ReportAgentStarted(session=S, pid=1, started=2, worktree="/w", branch="gt/x", base="b")
OPENED = told.ReportConversation(session=S, conversation="c-1", model="large")
DIED = "the host that ran it died"


@pytest.fixture
def running(spec):
    return spec(ROLE, Owner("polecat", S)).when(OPEN).when(STARTED).when(OPENED)


def lost(run=0, **fields) -> told.ReportAgentLost:
    return told.ReportAgentLost(session=S, run=run, at=1000.0, reason=DIED, **fields)


def may(number) -> told.PermitTurn:
    return told.PermitTurn(session=S, number=number)


def resumed(run=1, how="resume") -> told.ReportAgentResumed:
    return told.ReportAgentResumed(session=S, run=run, how=how, pid=7, started=8)


def over(number=1, *, end="done", **fields) -> told.ReportTurn:
    return told.ReportTurn(session=S, number=number, at=1000.0, end=end, **fields)


def message(key="m1", *, urgent=False) -> told.TellAgent:
    return told.TellAgent(session=S, message=key, text="look at the tests", sender="overseer", urgent=urgent)


def due(session, kind):
    return [effect for effect in session.due().values() if isinstance(effect, kind)]


def test_its_turn_is_over_and_it_goes_on_with_the_next_once_that_may_be(running):
    running.when(lost(changed=("a.py",)))
    running.then_events(turn.TurnEnded, AgentLost, turn.TurnRequested)
    cut = running.decision[0].event
    assert (cut.number, cut.end, cut.usage, cut.at, cut.model) == (1, "interrupted", None, 1000.0, "large")
    assert due(running, RunSession) == []
    running.when(may(2)).then_events(turn.TurnOrdered)
    (run,) = due(running, RunSession)
    assert (run.key, run.run, run.started, run.conversation) == (f"run:{S}:1", 1, True, "c-1")
    assert run.resume is not None
    assert run.resume.turn == 2
    assert f"You were interrupted: {DIED}" in run.resume.text
    assert "no commit of yours, uncommitted changes in a.py" in run.resume.text


def test_it_is_told_by_its_first_words_and_not_as_a_turn_of_its_own(running):
    running.when(lost()).when(may(2))
    assert due(running, TakeTurn) == []
    running.when(resumed()).then_events(SessionResumed)
    running.when(resumed()).then()
    (run,) = due(running, RunSession)
    assert run.resume is None
    (taken,) = due(running, TakeTurn)
    assert taken.number == 2
    running.when(over(2, ahead=1, usage=Usage(fresh=1))).then_events(turn.TurnEnded, facts.EndOrdered)


def test_that_a_run_is_gone_is_heard_once(running):
    running.when(lost()).when(lost()).then()
    running.when(may(2)).when(resumed()).when(lost()).then()
    running.when(resumed(run=2)).then()


def test_a_run_that_is_gone_before_it_was_heard_of_is_followed_by_another(running):
    running.when(lost()).when(may(2)).when(lost(run=1))
    running.then_events(turn.TurnEnded, AgentLost, turn.TurnRequested)
    assert running.decision[0].event.number == 2
    running.when(may(3))
    (run,) = due(running, RunSession)
    assert (run.key, run.resume.turn) == (f"run:{S}:2", 3)


def test_a_session_is_resumed_so_many_times_and_then_ends_as_it_did_before(running):
    for run in range(RESUMES):
        assert due(running, RunSession)[0].may_be_resumed
        running.when(lost(run=run)).when(may(run + 2)).when(resumed(run=run + 1))
    (last,) = due(running, RunSession)
    assert not last.may_be_resumed
    crash = Failure(kind="crash", message="it ended (SIGSEGV) before its turn had")
    running.when(over(RESUMES + 1, end="interrupted", failure=crash)).then_events(turn.TurnEnded, facts.EndOrdered)
    assert due(running, EndSession)[0].outcome == "failed"


def test_a_program_that_crashes_in_its_turn_goes_on_too_and_what_it_told_is_kept(running):
    crash = Failure(kind="crash", message="it ended (SIGSEGV) before its turn had")
    running.when(over(end="interrupted", failure=crash, usage=Usage(fresh=9), ahead=2))
    running.then_events(turn.TurnEnded, AgentLost, turn.TurnRequested)
    assert running.decision[0].event.usage == Usage(fresh=9)
    running.when(lost()).then()
    running.when(may(2))
    assert "SIGSEGV" in due(running, RunSession)[0].resume.text
    assert "2 commits of yours" in due(running, RunSession)[0].resume.text


def test_a_crash_that_is_no_end_of_its_program_ends_the_session_as_before(running):
    running.when(over(end="failed", failure=Failure(kind="crash", message="Internal error")))
    running.then_events(turn.TurnEnded, facts.EndOrdered)


def test_gone_between_two_turns_nothing_is_cut_off_and_the_next_one_tells_both(running):
    running.when(over()).when(lost()).then_events(AgentLost, turn.TurnRequested)
    running.when(may(2))
    assert due(running, RunSession)[0].resume.turn == 2
    assert "You were interrupted" in due(running, RunSession)[0].resume.text


def test_messages_that_it_may_not_have_are_told_again_and_others_are_not(running):
    running.when(message("m1")).when(message("m2")).when(over(ahead=1)).when(may(2))
    running.when(told.ReportTold(session=S, messages=("m1",)))
    running.when(message("m3", urgent=True)).when(lost())
    assert due(running, TellNow) == []
    running.when(may(3))
    resume = due(running, RunSession)[0].resume
    assert resume.messages == ("m2", "m3")
    assert "Message m2 from overseer" in resume.text
    running.when(resumed()).when(told.ReportTold(session=S, messages=("m2", "m3"))).then_events(turn.MessagesTaken)
    running.when(over(3, ahead=1)).then_events(turn.TurnEnded, facts.EndOrdered)


def test_what_is_told_again_says_the_same_with_the_same_id_and_each_run_is_told_its_own(running):
    running.when(message("m1", urgent=True))
    (now,) = due(running, TellNow)
    assert (now.run, now.text) == (0, "Message m1 from overseer:\nlook at the tests")
    running.when(lost()).when(may(2))
    assert now.text in due(running, RunSession)[0].resume.text
    running.when(resumed()).when(message("m2", urgent=True))
    assert [(one.message, one.run) for one in due(running, TellNow)] == [("m2", 1)]


def test_an_agent_that_waits_to_go_on_and_may_not_ends_and_so_does_one_that_is_stopped(running):
    running.when(lost())
    refused = told.RefuseTurn(session=S, number=2, outcome="over_budget", reason="no money")
    running.when(refused).then_events(facts.EndOrdered)
    (run,) = due(running, RunSession)
    assert (run.key, run.started, run.resume) == (f"run:{S}:1", True, None)
    assert due(running, EndSession)[0].outcome == "over_budget"


def test_stopped_while_it_is_to_go_on_it_does_not(running):
    running.when(lost()).when(may(2)).when(told.StopSession(session=S, rig="app", bead="ap-1", reason="unslung"))
    assert due(running, RunSession)[0].resume is None
    running.when(resumed())
    running.when(lost(run=1)).then_events(turn.TurnEnded, AgentLost)
    assert due(running, EndSession)[0].outcome == "withdrawn"


def test_what_was_to_end_when_it_was_gone_ends_as_it_was_to(running):
    running.when(told.DeclareDone(session=S, status="completed", ahead=1)).when(lost())
    running.then_events(turn.TurnEnded, AgentLost)
    (run,) = due(running, RunSession)
    assert (run.resume, due(running, EndSession)[0].outcome) == (None, "submitted")


def test_one_of_which_no_conversation_is_known_does_not_go_on(spec):
    running = spec(ROLE, Owner("polecat", S)).when(OPEN).when(STARTED)
    running.when(lost()).then_events(turn.TurnEnded, AgentLost, facts.EndOrdered)
    assert due(running, EndSession)[0].outcome == "interrupted"


def test_what_a_resumed_agent_begins_with_is_all_in_its_effect(running):
    running.when(message()).when(lost()).when(may(2))
    effect = due(running, RunSession)[0]
    assert isinstance(effect.resume, Resume)
    assert effect.resume.messages == ("m1",)
