"""The Polecat's rules about turns: what an agent is told next, and when its session ends."""

import pytest

from gastown.actors.commands import polecat as told
from gastown.actors.commands.command import Owner
from gastown.actors.commands.gate import RequestTurn, SettleTurn
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.effects import EndSession, Message, TakeTurn, TellNow
from gastown.actors.polecat import ROLE
from gastown.events import session as facts
from gastown.events import turn
from gastown.events.agent import AgentSpec
from gastown.events.gate import Settlement
from gastown.events.turn import Failure, Usage

S = "ap-1-1"
OPEN = told.OpenSession(
    session=S,
    rig="app",
    bead="ap-1",
    number=1,
    polecat="nux",
    agent=AgentSpec(name="cc", vendor="claude", model="large"),
    title="t",
    priority=1,
)
STARTED = told.ReportAgentStarted(session=S, pid=1, started=2, worktree="/w", branch="gt/x", base="b")

USED = Usage(fresh=900, cache_read=200, output=50, cost=0.003)


@pytest.fixture
def running(spec):
    return spec(ROLE, Owner("polecat", S)).when(OPEN).when(STARTED)


def over(number=1, *, end="done", **fields) -> told.ReportTurn:
    return told.ReportTurn(session=S, number=number, at=1000.0, end=end, **fields)


def message(key="m1", *, urgent=False, text="look at the tests") -> told.TellAgent:
    return told.TellAgent(session=S, message=key, text=text, sender="overseer", urgent=urgent)


def may(session, number=2):
    return session.when(told.PermitTurn(session=S, number=number)).then_events(turn.TurnOrdered)


def next_turn(session) -> TakeTurn:
    (effect,) = [effect for effect in session.due().values() if isinstance(effect, TakeTurn)]
    return effect


def end_of(session) -> EndSession:
    (effect,) = [effect for effect in session.due().values() if isinstance(effect, EndSession)]
    return effect


def test_a_turn_with_commits_and_nothing_uncommitted_hands_in(running):
    running.when(over(ahead=2, commit="c", usage=USED)).then_events(turn.TurnEnded, facts.EndOrdered)
    assert running.decision[0].event.usage == USED
    assert (end_of(running).outcome, end_of(running).grace) == ("submitted", 2.0)


def test_the_end_of_a_turn_told_again_is_over_already(running):
    running.when(over(ahead=1)).when(over(ahead=1)).then()


def test_a_turn_that_brings_nothing_is_followed_by_a_reminder_twice_and_then_by_the_end(running):
    for number in (1, 2):
        running.when(over(number)).then_events(turn.TurnEnded, turn.TurnRequested)
        may(running, number + 1)
        assert next_turn(running).number == number + 1
        assert "no commit of yours" in next_turn(running).text
    running.when(over(3)).then_events(turn.TurnEnded, facts.EndOrdered)
    assert (end_of(running).outcome, end_of(running).reason) == ("no_commits", "3 turns ended without a commit")


def test_what_is_not_committed_is_named_and_what_was_denied(running):
    may(running.when(over(ahead=1, changed=("a.py", "b.py"), denied=("Bash",))))
    assert "uncommitted changes in a.py, b.py" in next_turn(running).text
    assert "not let use: Bash" in next_turn(running).text
    may(running.when(over(2, changed=("a.py",))), 3).when(over(3, changed=("a.py",)))
    assert end_of(running).outcome == "uncommitted"


def test_messages_are_told_after_the_turn_before_anything_is_handed_in(running):
    running.when(message("m1")).when(message("m2", text="and the docs")).when(message("m1")).then()
    assert not [effect for effect in running.due().values() if isinstance(effect, TellNow)]
    may(running.when(over(ahead=1)).then_events(turn.TurnEnded, turn.TurnRequested))
    assert next_turn(running).messages == ("m1", "m2")
    assert "from overseer:\nand the docs" in next_turn(running).text
    running.when(told.ReportTold(session=S, messages=("m1", "m2"))).then_events(turn.MessagesTaken)
    running.when(told.ReportTold(session=S, messages=("m1", "m2"))).then()
    running.when(over(2, ahead=1)).then_events(turn.TurnEnded, facts.EndOrdered)


def test_the_next_turn_waits_for_the_mayors_word_and_is_told_what_came_meanwhile(running):
    running.when(message("m1")).when(over(usage=USED)).then_events(turn.TurnEnded, turn.TurnRequested)
    assert not [effect for effect in running.due().values() if isinstance(effect, TakeTurn)]
    (asked,) = running.due()[f"tell:request:{S}:2"].messages
    last = Settlement(number=1, at=1000.0, usage=USED, model="large")
    assert asked == Message(MAYOR, RequestTurn(bead="ap-1", session=S, number=2, last=last))
    running.when(message("m2", urgent=True, text="and the docs"))
    assert f"say:{S}:m2" not in running.due()  # there is no turn to tell it in
    may(running)
    assert next_turn(running).messages == ("m1", "m2")
    assert f"tell:request:{S}:2" not in running.due()
    running.when(told.PermitTurn(session=S, number=2)).then()
    running.when(told.RefuseTurn(session=S, number=2, outcome="over_budget", reason="late")).then()


def test_what_was_told_after_all_while_the_turn_ended_is_told_again_rather_than_nothing(running):
    running.when(message("m1", urgent=True)).when(over(ahead=1))
    running.when(told.ReportTold(session=S, messages=("m1",))).then_events(turn.MessagesTaken)
    assert next_turn(may(running)).messages == ("m1",)


def test_a_turn_that_may_not_be_ends_the_session_as_the_mayor_says(running):
    running.when(over())
    refused = told.RefuseTurn(session=S, number=2, outcome="over_budget", reason="no money is left", retry_at=1060.0)
    running.when(refused).then_events(facts.EndOrdered)
    assert (end_of(running).outcome, end_of(running).reason) == ("over_budget", "no money is left")
    running.when(told.ReportAgentEnded(session=S, outcome="submitted", reason="", base="b", commit="c"))
    event = running.decision[0].event
    assert (event.outcome, event.kept, event.retry_at) == ("over_budget", f"gastown/submitted/app.{S}", 1060.0)


def test_who_is_told_to_stop_asks_for_nothing_and_begins_nothing(running):
    running.when(over()).when(told.StopSession(session=S, rig="app", bead="ap-1", reason="unslung"))
    assert f"tell:request:{S}:2" not in running.due()
    running.when(told.PermitTurn(session=S, number=2)).then()


def test_the_last_turn_is_settled_with_the_end_and_at_once_where_it_failed(running):
    running.when(over(usage=USED, ahead=1))
    assert not [key for key in running.due() if key.startswith("tell:settle")]
    running.when(told.ReportAgentEnded(session=S, outcome="submitted", reason="", base="b", commit="c"))
    attempt = next(one.command for one in running.due()[f"tell:ended:{S}"].messages if one.to == MAYOR)
    assert (attempt.turn, attempt.last) == (1, Settlement(number=1, at=1000.0, usage=USED, model="large"))


def test_a_failed_turn_is_settled_at_once(running):
    running.when(over(end="failed", failure=Failure(kind="auth", message="no login")))
    (settle,) = running.due()[f"tell:settle:{S}:1"].messages
    last = Settlement(number=1, at=1000.0, model="large", failure="auth", reason="no login")
    assert settle.command == SettleTurn(bead="ap-1", session=S, last=last)


def test_a_session_that_never_started_had_no_turn(spec):
    begun = spec(ROLE, Owner("polecat", S)).when(OPEN)
    begun.when(told.ReportAgentEnded(session=S, outcome="start_broke", reason="r"))
    attempt = next(one.command for one in begun.due()[f"tell:ended:{S}"].messages if one.to == MAYOR)
    assert (attempt.turn, attempt.last) == (0, None)


def test_what_is_urgent_is_told_at_once_and_after_the_turn_where_that_cannot_be(running):
    running.when(message("m1", urgent=True))
    assert running.due()[f"say:{S}:m1"].text == "Message m1 from overseer:\nlook at the tests"
    running.when(told.ReportTold(session=S, messages=("m1",))).then_events(turn.MessagesTaken)
    assert f"say:{S}:m1" not in running.due()
    running.when(message("m2", urgent=True))
    running.when(told.ReportTold(session=S, messages=("m2",), refused="it cannot be steered"))
    running.then_events(turn.MessageDeferred)
    assert f"say:{S}:m2" not in running.due()
    may(running.when(over(ahead=1)))
    assert next_turn(running).messages == ("m2",)


def test_a_message_starts_the_count_of_reminders_anew(running):
    may(running.when(over(1))).when(message())
    for number in (2, 3, 4):
        may(running.when(over(number)), number + 1)
    assert next_turn(running).number == 5
    running.when(over(5))
    assert end_of(running).outcome == "no_commits"


@pytest.mark.parametrize(
    ("failure", "outcome", "retry_at"),
    [
        (Failure(kind="auth", message="no login"), "agent_broke", None),
        (Failure(kind="input", message="400", status=400), "failed", None),
        (Failure(kind="silent", message="nothing heard for 600 s"), "failed", None),
        (Failure(kind="crash", message="exit 1"), "failed", None),
    ],
)
def test_a_turn_that_fails_ends_the_session_and_says_what_is_to_blame(running, failure, outcome, retry_at):
    running.when(message()).when(over(end="failed", failure=failure))
    assert end_of(running).outcome == outcome
    assert failure.message in end_of(running).reason
    running.when(told.ReportAgentEnded(session=S, outcome=outcome, reason="r"))
    assert running.decision[0].event.retry_at == retry_at


def test_a_session_that_is_to_end_is_told_nothing_more(running):
    running.when(told.StopSession(session=S, rig="app", bead="ap-1", reason="unslung"))
    running.when(message()).rejected("refused", "ending")
    running.when(over()).then_events(turn.TurnEnded)
    assert not [effect for effect in running.due().values() if isinstance(effect, TakeTurn | TellNow)]


def test_what_its_conversation_is_called_is_noted_once(running):
    opened = told.ReportConversation(session=S, conversation="c-1", model="large", version="2.1")
    running.when(opened).then_events(turn.ConversationOpened)
    running.when(opened).then()


def test_nobody_can_be_told_anything_who_is_not_there(spec):
    spec(ROLE, Owner("polecat", S)).when(message()).rejected("unknown", "not running")


LIMITED = Failure(kind="rate_limit", message="429", retry_after=30.0)


@pytest.mark.parametrize(
    ("failure", "retry_at", "named"),
    [(LIMITED, 1030.0, True), (Failure(kind="server", message="529", status=529), 1060.0, False)],
)
def test_a_turn_that_its_api_refuses_for_now_is_asked_for_again(running, failure, retry_at, named):
    running.when(over(end="failed", failure=failure)).then_events(turn.TurnEnded, turn.TurnRequested)
    (asked,) = running.due()[f"tell:request:{S}:2"].messages
    last = asked.command.last
    assert (last.failure, last.retry_at, last.named) == (failure.kind, retry_at, named)
    assert not [effect for effect in running.due().values() if isinstance(effect, TakeTurn | EndSession)]
    again = next_turn(may(running))
    assert again.text.startswith("Your turn was cut off")
    assert again.prime  # nobody knows whether it has heard its brief


def test_what_it_was_told_is_told_again_once_and_with_what_came_meanwhile(running):
    may(running.when(message("m1")).when(over(ahead=1)))
    running.when(over(2, end="failed", failure=LIMITED)).when(message("m2", text="and the docs"))
    first = next_turn(may(running, 3))
    assert first.messages == ("m2",)
    assert "look at the tests" in first.text
    assert first.text.endswith("and the docs")
    second = next_turn(may(running.when(over(3, end="failed", failure=LIMITED)), 4))
    assert second.text == first.text


def test_a_turn_that_is_told_again_is_no_reminder(running):
    may(running.when(over(1)))
    may(running.when(over(2, end="failed", failure=LIMITED)), 3)
    assert running.state.reminders == 1
    may(running.when(over(3)), 4).when(over(4))
    assert end_of(running).outcome == "no_commits"


@pytest.mark.parametrize("outcome", ["failed", "died", "timed_out"])
def test_a_program_that_ends_while_it_waits_for_its_api_is_nobodys_fault(running, outcome):
    running.when(over(end="failed", failure=LIMITED))
    running.when(told.ReportAgentEnded(session=S, outcome=outcome, reason="exit 1"))
    event = running.decision[0].event
    assert (event.outcome, event.reason) == ("throttled", "while it waited for its API: exit 1")


def test_one_that_cannot_go_on_after_the_wait_is_nobodys_fault_either(running):
    may(running.when(over(end="failed", failure=LIMITED)))
    running.when(over(2, end="failed", failure=Failure(kind="silent", message="there is no conversation")))
    assert end_of(running).outcome == "throttled"


def test_an_api_that_fails_at_the_same_turn_again_and_again_is_not_what_is_wrong(running):
    number = 1
    while running.state.end is None:
        assert number <= 10
        running.when(over(number, end="failed", failure=Failure(kind="server", message="500")))
        number += 1
        if running.state.end is None:
            may(running, number)
    assert (number, end_of(running).outcome) == (11, "failed")
