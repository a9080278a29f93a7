"""The Polecat's rules."""

import msgspec
import pytest

from gastown.actors.commands import polecat as told
from gastown.actors.commands.command import Owner
from gastown.actors.commands.mayor import ReportAttempt
from gastown.actors.commands.refinery import Submit
from gastown.actors.commands.witness import ReportSessionEnded
from gastown.actors.effects import EndSession, RunSession, Tell
from gastown.actors.polecat import ROLE
from gastown.events import session as facts
from gastown.events.agent import AgentSpec

S = "ap-1-1"
OPEN = told.OpenSession(
    session=S,
    rig="app",
    bead="ap-1",
    number=1,
    polecat="nux",
    agent=AgentSpec(name="sh", vendor="shell"),
    title="t",
    priority=1,
)
STARTED = told.ReportAgentStarted(session=S, pid=1, started=2, worktree="/w", branch="gt/x", base="b")
STOP = told.StopSession(session=S, rig="app", bead="ap-1", reason="unslung")


@pytest.fixture
def session(spec):
    return lambda: spec(ROLE, Owner("polecat", S))


def done(status="completed", ahead=1, changed=()) -> told.DeclareDone:
    return told.DeclareDone(session=S, status=status, ahead=ahead, changed=changed)


def ended(outcome="submitted", **fields) -> told.ReportAgentEnded:
    return told.ReportAgentEnded(session=S, outcome=outcome, reason="r", base="b", commit="c", **fields)


def test_it_is_opened_once_and_then_runs_until_the_host_says_how_it_ended(session):
    begun = session().when(OPEN).then_events(facts.SessionOpened)
    begun.when(OPEN).then_events()
    assert begun.due()[f"run:{S}"].started is False
    begun.when(STARTED).then_events(facts.SessionStarted)
    begun.when(STARTED).then_events()
    assert isinstance(begun.due()[f"run:{S}"], RunSession)
    assert begun.due()[f"run:{S}"].started is True


def test_a_submission_goes_to_the_refinery_then_the_mayor_then_the_witness(session):
    begun = session().when(OPEN).when(STARTED).when(ended())
    (tell,) = begun.due().values()
    assert isinstance(tell, Tell)
    assert [type(message.command) for message in tell.messages] == [Submit, ReportAttempt, ReportSessionEnded]
    begun.when(told.SettleSession(session=S)).then_events(facts.SessionSettled)
    assert not begun.due()
    assert ROLE.is_over(begun.state)


def test_without_a_submission_the_refinery_is_not_troubled(session):
    (tell,) = session().when(OPEN).when(ended("failed")).due().values()
    assert [type(message.command) for message in tell.messages] == [ReportAttempt, ReportSessionEnded]


def test_done_needs_commits_and_no_uncommitted_change(session):
    begun = session().when(OPEN).when(STARTED)
    begun.when(done(ahead=0)).rejected("refused", "no commit")
    begun.when(done(changed=("a.py",))).rejected("refused", "a.py")
    begun.when(done()).then_events(facts.DoneDeclared)
    end = begun.due()[f"end:{S}"]
    assert isinstance(end, EndSession)
    assert end.outcome == "submitted"
    begun.when(done()).then_events()


@pytest.mark.parametrize("status", ["deferred", "escalated"])
def test_a_worker_may_defer_or_escalate_without_commits(session, status):
    begun = session().when(OPEN).when(STARTED).when(done(status, ahead=0, changed=("x",)))
    begun.then_events(facts.DoneDeclared)
    assert begun.due()[f"end:{S}"].outcome == status


def test_what_was_declared_holds_when_the_agent_was_gone_before_the_host_heard_of_it(session):
    begun = session().when(OPEN).when(STARTED).when(done("deferred", ahead=0)).when(ended("no_commits"))
    assert begun.decision[0].event.outcome == "deferred"
    begun = session().when(OPEN).when(STARTED).when(done("escalated", ahead=1)).when(ended("submitted"))
    event = begun.decision[0].event
    assert (event.outcome, event.kept, event.kept_commit) == ("escalated", f"gastown/submitted/app.{S}", "c")


def test_a_session_that_is_not_running_cannot_be_done(session):
    session().when(done()).rejected("unknown", S)


def test_a_stop_ends_it_as_withdrawn(session):
    begun = session().when(OPEN).when(STARTED).when(STOP).then_events(facts.StopRequested)
    assert begun.due()[f"end:{S}"].outcome == "withdrawn"
    begun.when(STOP).then_events()


def test_stopped_before_it_was_opened_it_never_runs_and_still_reports(session):
    begun = session().when(STOP).then_events(facts.StopRequested, facts.SessionEnded)
    (tell,) = begun.due().values()
    assert tell.messages[0].command.bead == "ap-1"
    begun.when(OPEN).then_events()
    assert list(begun.due()) == [f"tell:ended:{S}"]


def test_what_is_reported_after_the_end_changes_nothing(session):
    begun = session().when(OPEN).when(ended("failed"))
    begun.when(ended()).then_events()
    begun.when(STARTED).then_events()
    begun.when(STOP).then_events()


def test_an_agent_may_end_by_itself_when_its_own_word_ends_the_session_and_only_then(session):
    def grace(command):
        return session().when(OPEN).when(STARTED).when(command).due()[f"end:{S}"].grace

    assert grace(done()) == grace(msgspec.structs.replace(STOP, by_worker=True)) == 10.0
    assert grace(STOP) == 0.0
