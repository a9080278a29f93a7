"""Sessions: one agent at work on one bead in one sandbox. Owner: the session's Polecat."""

from typing import Literal, TypeAlias

import msgspec

from gastown.events.agent import AgentSpec
from gastown.events.ask import AskEvent
from gastown.events.fact import Fact
from gastown.events.handoff import HandoffEvent
from gastown.events.ids import AccountName, BeadId, Commit, HostName, PolecatName, RigName, SessionId
from gastown.events.resuming import ResumingEvent
from gastown.events.seance import SeanceEvent
from gastown.events.turn import TurnEvent

KIND = "session"

DoneStatus: TypeAlias = Literal["completed", "deferred", "escalated"]

Outcome: TypeAlias = Literal[
    "submitted",  # commits ahead of the base, no uncommitted change in tracked files
    "no_commits",  # ended normally, nothing to submit
    "uncommitted",  # ended normally, but tracked files carry uncommitted changes
    "failed",  # a failing exit
    "died",  # ended by a signal that the town did not send
    "timed_out",
    "setup_broke",  # the rig's setup command failed: blamed on no bead
    "start_broke",  # the sandbox or the program could not be started: blamed on no bead
    "interrupted",  # the town itself ended it: `gt down`, a death of the host, the loss of its machine
    "withdrawn",  # `gt unsling`, or its bead was closed
    "deferred",  # the worker put the bead back
    "escalated",  # the worker asks for a person
    "throttled",  # its API gives its account nothing for now: blamed on no bead
    "over_budget",  # there is no money left for its next turn: blamed on no bead
    "agent_unfit",  # its program did not pass its check on this machine, and was not started: blamed on no bead
    "handed_on",  # a fresh one goes on with what it had committed and wrote down
    "agent_broke",  # its API or its program does not work, or wants a login: blamed on no bead
]


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """What an earlier attempt had committed (`base..commit`), to be re-applied on the current target."""

    session: SessionId
    commit: Commit
    base: Commit


class SessionOpened(Fact, tag="session.opened", frozen=True, kw_only=True):
    """host: with which it is from its beginning to its end."""

    rig: RigName
    bead: BeadId
    number: int
    polecat: PolecatName
    agent: AgentSpec
    account: AccountName = ""
    title: str = ""
    priority: int = 2
    earlier: Earlier | None = None
    host: HostName = ""


class SessionStarted(Fact, tag="session.started", frozen=True, kw_only=True):
    """The worker's process runs. started: its start time (clock ticks since boot), which makes the pid unmistakable.

    turns: its agent takes more than one.
    base: the target's commit the worktree was made from. reapplied, left: how many commits of the earlier attempt
    were re-applied, and how many did not apply and stay on their kept branch only.
    """

    pid: int
    started: int
    worktree: str
    branch: str
    base: Commit
    reapplied: int = 0
    left: int = 0
    turns: bool = False


class DoneDeclared(Fact, tag="session.done_declared", frozen=True, kw_only=True):
    status: DoneStatus
    reason: str = ""


class StopRequested(Fact, tag="session.stop_requested", frozen=True, kw_only=True):
    """rig, bead: given when the session was stopped before it was opened.

    by_worker: its own worker has closed its bead, and may end by itself.
    """

    reason: str
    rig: RigName = ""
    bead: BeadId = ""
    by_worker: bool = False


class EndOrdered(Fact, tag="session.end_ordered", frozen=True, kw_only=True):
    """After a turn: there is nothing more to be told to its agent. retry_at: see SessionEnded."""

    outcome: Outcome
    reason: str
    retry_at: float | None = None


class WorkSaved(Fact, tag="session.work_saved", frozen=True, kw_only=True):
    """What it had committed (`base..commit`) on another machine is pinned on the town's own, as branch `kept`."""

    base: Commit
    commit: Commit
    kept: str


class SessionEnded(Fact, tag="session.ended", frozen=True, kw_only=True):
    """commit: its HEAD when that is ahead of `base`, else "". kept: the branch that holds whatever it left, or "".

    kept_commit: what that branch points at. untracked: names of files git does not track, kept too.
    retry_at: when its agent may be tried again, seconds since the epoch; None: at any time.
    barren: it was handed on of its own accord, and had committed nothing new.
    """

    outcome: Outcome
    reason: str
    base: Commit = ""
    commit: Commit = ""
    kept: str = ""
    kept_commit: Commit = ""
    untracked: tuple[str, ...] = ()
    exit_code: int | None = None
    signal: int | None = None
    tail: str = ""
    seconds: float = 0.0
    retry_at: float | None = None
    barren: bool = False


class SessionSettled(Fact, tag="session.settled", frozen=True, kw_only=True):
    """Everyone who had to know how it ended has been told."""


SessionEvent: TypeAlias = (
    SessionOpened
    | SessionStarted
    | DoneDeclared
    | StopRequested
    | EndOrdered
    | WorkSaved
    | SessionEnded
    | SessionSettled
    | TurnEvent
    | HandoffEvent
    | AskEvent
    | ResumingEvent
    | SeanceEvent
)
