"""The Polecat's rules about handing on: notes are asked for, then the session ends and a fresh one goes on."""

import pytest

from gastown.actors.commands import handoff as wants
from gastown.actors.commands import polecat as told
from gastown.actors.commands.command import Owner
from gastown.actors.commands.mayor import ReportAttempt
from gastown.actors.effects import EndSession, TakeTurn, Tell, TellNow
from gastown.actors.polecat import ROLE
from gastown.events import session as facts
from gastown.events import turn
from gastown.events.agent import AgentSpec
from gastown.events.handoff import HandoffOrdered, HandoffWritten
from gastown.events.turn import Failure

S = "ap-1-1"
FULL = wants.ReportContextFull(session=S, used=85_000, size=100_000)
BY_PERSON = wants.HandOn(session=S, sender="overseer", by_worker=False)
OTHER = wants.ChangeHands(session=S, rig="app", bead="ap-1", reason="agent b is to go on with it")


@pytest.fixture
def opened(spec):
    agent = AgentSpec(name="cc", vendor="claude")
    about = {"rig": "app", "bead": "ap-1", "number": 1, "polecat": "nux", "agent": agent, "title": "t", "priority": 1}
    return spec(ROLE, Owner("polecat", S)).when(told.OpenSession(session=S, **about))


def started(turns=True, reapplied=0) -> told.ReportAgentStarted:
    place = {"worktree": "/w", "branch": "gt/x", "base": "b"}
    return told.ReportAgentStarted(session=S, pid=1, started=2, turns=turns, reapplied=reapplied, **place)


@pytest.fixture
def running(opened):
    return opened.when(started())


def by_worker(notes="", changed=()) -> wants.HandOn:
    return wants.HandOn(session=S, sender=f"polecat/{S}", by_worker=True, notes=notes, changed=changed)


def over(number=1, **fields) -> told.ReportTurn:
    return told.ReportTurn(session=S, number=number, at=1000.0, end=fields.pop("end", "done"), **fields)


def of_kind(session, kind):
    return [effect for effect in session.due().values() if isinstance(effect, kind)]


def ends(session, **fields):
    return session.when(told.ReportAgentEnded(session=S, outcome="handed_on", reason="", **fields)).decision[0].event


def test_a_full_context_is_told_within_the_turn_and_its_agent_writes_what_it_knows_after_it(running):
    running.when(FULL).then_events(HandoffOrdered, turn.MessageQueued)
    (now,) = of_kind(running, TellNow)
    assert "its context is 85% full: 85000 of 100000 tokens" in now.text
    running.when(FULL).then()
    running.when(told.ReportTold(session=S, messages=("handoff",), refused="it cannot steer"))
    running.when(over()).then_events(turn.TurnEnded, turn.TurnRequested)
    running.when(told.PermitTurn(session=S, number=2))
    (take,) = of_kind(running, TakeTurn)
    assert (take.notes, take.messages) == (True, ("handoff",))
    assert "let it be all you say" in take.text
    running.when(over(2, text=" The parser is done. ", ahead=1))
    running.then_events(turn.TurnEnded, HandoffWritten, facts.EndOrdered)
    assert running.decision[1].event.notes == "The parser is done."
    (end,) = of_kind(running, EndSession)
    assert end.outcome == "handed_on"


def test_work_that_is_done_although_it_was_full_is_handed_in(running):
    running.when(FULL).when(over(ahead=1)).then_events(turn.TurnEnded, facts.EndOrdered)
    assert running.decision[1].event.outcome == "submitted"


def test_what_others_want_they_get_also_when_it_seems_done(running):
    running.when(FULL).when(BY_PERSON).then_events(HandoffOrdered)
    running.when(BY_PERSON).then()
    running.when(over(ahead=1)).then_events(turn.TurnEnded, turn.TurnRequested)


def test_what_it_had_to_be_told_goes_into_its_last_turn(running):
    running.when(BY_PERSON).when(told.TellAgent(session=S, message="m1", text="mind the docs", sender="overseer"))
    running.when(over()).when(told.PermitTurn(session=S, number=2))
    (take,) = of_kind(running, TakeTurn)
    assert take.messages == ("m1", "handoff")
    assert take.text.startswith("Message m1 from overseer:\nmind the docs\n\nA fresh session")


def test_a_turn_that_was_wanted_for_something_else_is_for_notes_once_it_is_to_be_handed_on(running):
    running.when(over()).when(BY_PERSON).when(told.PermitTurn(session=S, number=2))
    assert of_kind(running, TakeTurn)[0].notes


def test_its_worker_hands_on_by_itself_with_its_notes(running):
    running.when(by_worker("All but the docs.", changed=("a.py",))).rejected("refused", "uncommitted changes in a.py")
    running.when(by_worker("All but the docs.")).then_events(HandoffOrdered, HandoffWritten, facts.EndOrdered)
    (end,) = of_kind(running, EndSession)
    assert (end.outcome, end.grace) == ("handed_on", 10.0)
    running.when(by_worker("All but the docs.")).then()
    assert not ends(running, commit="c", ahead=1).barren


def test_asked_for_notes_within_its_turn_it_answers_at_once(running):
    running.when(FULL).when(told.ReportTold(session=S, messages=("handoff",)))
    running.when(by_worker("All but the docs.")).then_events(HandoffWritten, facts.EndOrdered)


def test_its_worker_may_leave_the_notes_for_later_unless_there_is_no_later(running):
    running.when(by_worker()).then_events(HandoffOrdered, turn.MessageQueued)


def test_an_agent_of_one_turn_is_not_asked_but_ended(opened):
    opened.when(started(turns=False)).when(FULL).then()
    opened.when(by_worker()).rejected("refused", "takes no turns")
    opened.when(OTHER).then_events(HandoffOrdered)
    (end,) = of_kind(opened, EndSession)
    assert (end.outcome, end.grace) == ("handed_on", 0.0)


def test_with_notes_of_a_person_they_are_kept_and_the_agent_is_asked_besides(running):
    notes = wants.HandOn(session=S, sender="overseer", by_worker=False, notes="Mind the docs.")
    running.when(notes).then_events(HandoffWritten, HandoffOrdered, turn.MessageQueued)
    assert running.decision[0].event.sender == "overseer"


def test_one_that_was_never_opened_is_handed_on_before_it_begins(spec):
    unopened = spec(ROLE, Owner("polecat", S)).when(OTHER).then_events(facts.StopRequested, facts.SessionEnded)
    (tell,) = of_kind(unopened, Tell)
    (attempt,) = [message.command for message in tell.messages if isinstance(message.command, ReportAttempt)]
    assert (attempt.outcome, attempt.bead) == ("handed_on", "ap-1")


def test_a_context_that_takes_no_more_is_what_handing_on_is_about(running):
    running.when(FULL).when(over()).when(told.PermitTurn(session=S, number=2))
    running.when(over(2, end="failed", failure=Failure(kind="input", message="prompt is too long")))
    running.then_events(turn.TurnEnded, facts.EndOrdered)
    assert running.decision[1].event.outcome == "handed_on"


def test_a_last_turn_that_fails_otherwise_ends_as_any_other(running):
    running.when(FULL).when(over()).when(told.PermitTurn(session=S, number=2))
    running.when(over(2, end="failed", failure=Failure(kind="auth", message="401")))
    assert running.decision[1].event.outcome == "agent_broke"


def test_who_waits_for_its_api_is_not_waited_for(running):
    running.when(over(end="failed", failure=Failure(kind="rate_limit", message="429", retry_after=3600.0)))
    running.when(OTHER).then_events(HandoffOrdered)
    assert of_kind(running, EndSession)[0].outcome == "handed_on"


@pytest.mark.parametrize(
    ("command", "reapplied", "ahead", "barren"),
    [(FULL, 0, 0, True), (FULL, 2, 2, True), (FULL, 2, 3, False), (BY_PERSON, 0, 0, False), (OTHER, 0, 0, False)],
)
def test_one_that_hands_on_by_itself_with_nothing_newly_committed_is_barren(opened, command, reapplied, ahead, barren):
    opened.when(started(reapplied=reapplied)).when(command).when(over(ahead=ahead, changed=("a",)))
    opened.when(told.PermitTurn(session=S, number=2)).when(over(2))
    assert ends(opened, ahead=ahead).barren == barren


def test_nobody_hands_on_what_is_ending_or_not_there(running, spec):
    spec(ROLE, Owner("polecat", "ap-2-1")).when(BY_PERSON).rejected("unknown", "not running")
    running.when(told.StopSession(session=S, rig="app", bead="ap-1", reason="unslung"))
    running.when(BY_PERSON).rejected("refused", "is ending")
    running.when(OTHER).then()
    running.when(FULL).then()
