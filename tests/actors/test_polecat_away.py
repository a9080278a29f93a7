"""The Polecat's rules about a session on another machine."""

import pytest

from gastown.actors.commands.command import Owner
from gastown.actors.commands.places import LoseSession, ReportWorkSaved
from gastown.actors.commands.polecat import OpenSession, ReportAgentEnded, ReportAgentStarted, StopSession
from gastown.actors.effects import RunSession
from gastown.actors.polecat import ROLE
from gastown.events.agent import AgentSpec
from gastown.events.session import (
    DoneDeclared,
    SessionEnded,
    SessionOpened,
    SessionStarted,
    StopRequested,
    WorkSaved,
)

SHELL = AgentSpec(name="sh", vendor="shell", command="true")
BASE, COMMIT = "b" * 40, "c" * 40
LOSE = LoseSession(session="ap-1-1", rig="app", bead="ap-1", reason="its machine is gone: host east")
SAVED = ReportWorkSaved(session="ap-1-1", base=BASE, commit=COMMIT, kept="gastown/kept/ap-1-1")


@pytest.fixture
def session(spec):
    return spec(ROLE, Owner("polecat", "ap-1-1"))


@pytest.fixture
def running(session):
    opening = OpenSession(
        session="ap-1-1",
        rig="app",
        bead="ap-1",
        number=1,
        polecat="toast",
        agent=SHELL,
        title="t",
        priority=2,
        host="east",
    )
    started = ReportAgentStarted(
        session="ap-1-1", pid=1, started=2, worktree="/w", branch="b", base=BASE, reapplied=0, left=0
    )
    return session.when(opening).then_events(SessionOpened).when(started).then_events(SessionStarted)


def test_all_that_is_done_with_it_is_done_where_it_is(running):
    assert running.due()["run:ap-1-1"].host == "east"
    running.when(StopSession(session="ap-1-1", rig="app", bead="ap-1", reason="unslung"))
    assert running.due()["end:ap-1-1"].host == "east"


def test_when_its_machine_is_gone_it_is_over_with_what_was_brought_home(running):
    running.when(SAVED).then(("session/ap-1-1", WorkSaved(base=BASE, commit=COMMIT, kept=SAVED.kept)))
    running.when(SAVED).then_events()
    running.when(LOSE).then(
        (
            "session/ap-1-1",
            SessionEnded(
                outcome="interrupted",
                reason=LOSE.reason,
                base=BASE,
                commit=COMMIT,
                kept=SAVED.kept,
                kept_commit=COMMIT,
            ),
        )
    )
    assert not any(isinstance(effect, RunSession) for effect in running.due().values())
    running.when(LOSE).then_events()
    late = ReportAgentEnded(session="ap-1-1", outcome="submitted", reason="", commit=COMMIT)
    running.when(late).then_events()


def test_when_nothing_was_brought_home_nothing_is_there(running):
    running.when(LOSE).then(("session/ap-1-1", SessionEnded(outcome="interrupted", reason=LOSE.reason)))


def test_what_it_was_to_end_as_holds_but_not_that_it_submitted(running):
    done = running.given(("session/ap-1-1", DoneDeclared(status="deferred", reason="later")))
    done.when(LOSE)
    assert (done.decision[-1].event.outcome, done.decision[-1].event.reason) == ("deferred", "later")


def test_what_it_would_have_submitted_is_not_here(running):
    done = running.given(("session/ap-1-1", DoneDeclared(status="completed")))
    done.when(LOSE)
    assert (done.decision[-1].event.outcome, done.decision[-1].event.reason) == ("interrupted", LOSE.reason)


def test_one_that_was_never_opened_is_over_too(session):
    session.when(LOSE).then_events(StopRequested, SessionEnded)
    (told,) = (effect for key, effect in session.due().items() if key.startswith("tell:ended:"))
    assert told.messages[0].command.outcome == "interrupted"
