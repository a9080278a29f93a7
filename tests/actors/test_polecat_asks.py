"""The Polecat's rules about asks: who answers, and when nobody waits any more."""

import pytest

from gastown.actors.commands import polecat as told
from gastown.actors.commands.asks import AnswerAsk, ReportAnswered, ReportAsk
from gastown.actors.commands.command import Owner
from gastown.actors.effects import GiveAnswer
from gastown.actors.polecat import ROLE
from gastown.events import session as facts
from gastown.events.agent import AgentSpec
from gastown.events.ask import AskAnswered, AskClosed, AskRaised
from gastown.events.turn import MessageQueued, TurnEnded, TurnRequested

S = "ap-1-1"
ASK = f"{S}.1"
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


@pytest.fixture
def running(spec):
    return spec(ROLE, Owner("polecat", S)).when(OPEN).when(STARTED)


def asks(key="k1", turn=1) -> ReportAsk:
    return ReportAsk(session=S, key=key, turn=turn, tool="Bash", title="make install", detail="{}")


def says(allow: bool, ask=ASK, reason="") -> AnswerAsk:
    return AnswerAsk(session=S, ask=ask, allow=allow, reason=reason, sender="overseer")


def answers(session) -> list[GiveAnswer]:
    return [effect for effect in session.due().values() if isinstance(effect, GiveAnswer)]


def test_an_ask_waits_for_an_answer_which_is_brought_to_its_agent(running):
    running.when(asks()).then_events(AskRaised)
    assert running.decision[0].event.ask == ASK
    assert answers(running) == []
    running.when(asks()).then()
    running.when(says(True)).then((f"session/{S}", AskAnswered(ask=ASK, allow=True)))
    (answer,) = answers(running)
    assert (answer.ask_key, answer.allow) == ("k1", True)
    running.when(ReportAnswered(session=S, ask=ASK, taken=True)).then((f"session/{S}", AskClosed(ask=ASK, how="told")))
    assert answers(running) == []
    running.when(asks("k2")).then_events(AskRaised)
    assert running.decision[0].event.ask == f"{S}.2"


def test_the_first_answer_counts(running):
    running.when(asks()).when(says(False))
    running.when(says(False)).then()
    running.when(says(True)).rejected("taken", "was denied already")
    assert [answer.allow for answer in answers(running)] == [False]


def test_why_something_was_denied_is_told_to_the_agent(running):
    running.when(asks()).when(says(False, reason="use the Makefile")).then_events(AskAnswered, MessageQueued)
    message = running.decision[1].event
    assert (message.text, message.urgent) == ("You were not let use Bash (make install): use the Makefile", True)


def test_the_end_of_its_turn_closes_it_and_nothing_was_allowed(running):
    over = told.ReportTurn(session=S, number=1, at=9.0, end="cancelled")
    running.when(asks()).when(over).then_events(AskClosed, TurnEnded, TurnRequested)
    running.when(says(True)).rejected("unknown", "nobody waits")
    running.when(over).then()
    running.when(asks("late")).then()


def test_the_end_of_its_session_closes_it(running):
    ended = told.ReportAgentEnded(session=S, outcome="interrupted", reason="the host that ran it died")
    running.when(asks()).when(ended).then_events(AskClosed, facts.SessionEnded)
    assert running.decision[0].event.how == "its session is over"
    running.when(says(True)).rejected("unknown", "nobody waits")


def test_who_is_to_end_is_asked_nothing(running):
    stop = told.StopSession(session=S, rig="app", bead="ap-1", reason="unslung")
    running.when(asks()).when(says(True)).when(stop)
    assert answers(running) == []
    running.when(asks("k2")).then()
