"""What a session's Polecat can be told."""

from typing import TypeAlias

from gastown.actors.commands.asks import AskCommand
from gastown.actors.commands.command import Command
from gastown.actors.commands.places import SessionPlaceCommand
from gastown.events.agent import AgentSpec
from gastown.events.ids import AccountName, BeadId, Commit, HostName, PolecatName, RigName, SessionId
from gastown.events.resuming import How
from gastown.events.session import DoneStatus, Earlier, Outcome
from gastown.events.turn import Failure, TurnEnd, Usage


class OpenSession(Command, tag="polecat.open_session", frozen=True, kw_only=True):
    """From the Witness."""

    session: SessionId
    rig: RigName
    bead: BeadId
    number: int
    polecat: PolecatName
    agent: AgentSpec
    account: AccountName = ""
    title: str
    priority: int
    earlier: Earlier | None = None
    host: HostName = ""


class StopSession(Command, tag="polecat.stop_session", frozen=True, kw_only=True):
    """From the Mayor: its bead is no longer wanted. Also ends a session that was never opened.

    by_worker: see StopRequested.
    """

    session: SessionId
    rig: RigName
    bead: BeadId
    reason: str
    by_worker: bool = False


class DeclareDone(Command, tag="polecat.declare_done", frozen=True, kw_only=True):
    """`gt done`. ahead: commits ahead of its base; changed: tracked files with uncommitted changes, as just seen."""

    session: SessionId
    status: DoneStatus
    reason: str = ""
    ahead: int = 0
    changed: tuple[str, ...] = ()


class ReportAgentStarted(Command, tag="polecat.report_started", frozen=True, kw_only=True):
    """From the host. See SessionStarted."""

    session: SessionId
    pid: int
    started: int
    worktree: str
    branch: str
    base: Commit
    reapplied: int = 0
    left: int = 0
    turns: bool = False


class ReportConversation(Command, tag="polecat.report_conversation", frozen=True, kw_only=True):
    """From the host. See ConversationOpened."""

    session: SessionId
    conversation: str
    model: str = ""
    version: str = ""


class ReportCompacted(Command, tag="polecat.report_compacted", frozen=True, kw_only=True):
    """From the host. See ContextCompacted."""

    session: SessionId
    number: int
    before: int = 0


class ReportTurn(Command, tag="polecat.report_turn", frozen=True, kw_only=True):
    """From the host: a turn has ended, and the agent waits. at: seconds since the epoch. See TurnEnded.

    vendor: whose program it is. usage: priced on its way, where its vendor told no cost.
    """

    session: SessionId
    number: int
    at: float
    end: TurnEnd
    text: str = ""
    usage: Usage | None = None
    model: str = ""
    vendor: str = ""
    failure: Failure | None = None
    ahead: int = 0
    changed: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    commit: Commit = ""
    seconds: float = 0.0


class PermitTurn(Command, tag="polecat.permit_turn", frozen=True, kw_only=True):
    """From the Mayor: its agent may begin the turn of this number."""

    session: SessionId
    number: int


class RefuseTurn(Command, tag="polecat.refuse_turn", frozen=True, kw_only=True):
    """From the Mayor: it may not, and the session is to end as `outcome`. retry_at: see SessionEnded."""

    session: SessionId
    number: int
    outcome: Outcome
    reason: str
    retry_at: float | None = None


class ReportAgentLost(Command, tag="polecat.report_lost", frozen=True, kw_only=True):
    """From the host. See AgentLost. at: when that was found, seconds since the epoch. ahead, changed: what its sandbox
    holds, see TurnEnded."""

    session: SessionId
    run: int
    at: float
    reason: str
    ahead: int = 0
    changed: tuple[str, ...] = ()


class ReportAgentResumed(Command, tag="polecat.report_resumed", frozen=True, kw_only=True):
    """From the host. See SessionResumed."""

    session: SessionId
    run: int
    how: How
    pid: int
    started: int


class TellAgent(Command, tag="polecat.tell_agent", frozen=True, kw_only=True):
    """A nudge for the session's agent. See MessageQueued."""

    session: SessionId
    message: str
    text: str
    sender: str = ""
    urgent: bool = False
    reply: str = ""


class DeliverMail(Command, tag="polecat.deliver_mail", frozen=True, kw_only=True):
    """From the Deacon: mail for the session's agent; a session that cannot tell it any more need not say so."""

    session: SessionId
    message: str
    text: str
    sender: str
    urgent: bool = False


class ReportTold(Command, tag="polecat.report_told", frozen=True, kw_only=True):
    """From the host: the agent has taken these messages, or, with a reason, the one could not be told within a turn.

    brief: they are mail, and stood in its brief.
    """

    session: SessionId
    messages: tuple[str, ...]
    refused: str = ""
    brief: bool = False


class ReportAgentEnded(Command, tag="polecat.report_ended", frozen=True, kw_only=True):
    """From the host, after what was left has been pinned. See SessionEnded. ahead: how many commits, of `base`."""

    session: SessionId
    outcome: Outcome
    reason: str
    ahead: int = 0
    base: Commit = ""
    commit: Commit = ""
    kept: str = ""
    kept_commit: Commit = ""
    untracked: tuple[str, ...] = ()
    exit_code: int | None = None
    signal: int | None = None
    tail: str = ""
    seconds: float = 0.0


class NoteSeance(Command, tag="polecat.note_seance", frozen=True, kw_only=True):
    """Its conversation was asked something, whatever has become of the session. See SeanceHeld."""

    session: SessionId
    question: str
    text: str = ""
    usage: Usage | None = None
    model: str = ""
    failure: Failure | None = None
    seconds: float = 0.0


class SettleSession(Command, tag="polecat.settle", frozen=True, kw_only=True):
    """From itself: everyone has been told how it ended."""

    session: SessionId


PolecatCommand: TypeAlias = (
    SessionPlaceCommand
    | OpenSession
    | StopSession
    | DeclareDone
    | ReportAgentStarted
    | ReportConversation
    | ReportCompacted
    | ReportTurn
    | PermitTurn
    | RefuseTurn
    | ReportAgentLost
    | ReportAgentResumed
    | TellAgent
    | DeliverMail
    | ReportTold
    | ReportAgentEnded
    | NoteSeance
    | SettleSession
    | AskCommand
)
