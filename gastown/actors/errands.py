"""What the town hands to its host, as data: an effect with all it takes to carry it out, or a question."""

from typing import Any, Protocol, TypeAlias

import msgspec

from gastown.actors.effects import HostEffect
from gastown.events.account import AccountSpec
from gastown.events.agent import AgentSpec
from gastown.events.ids import BeadId, Commit, HostName, RigName, SessionId
from gastown.events.kept import Text
from gastown.events.policy import Policy
from gastown.events.rig import RigConfig
from gastown.events.turn import Failure, Usage


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """One effect to carry out. epoch: of the town process that asks; the host refuses those older than it has seen.

    host: the epoch of the lease of the host it is for; every other host refuses it.
    rig: of the effect's rig, as it stands now. instructions: of the worker that a RunSession starts, what holds as long
    as its session lasts. brief: the rest of what it is told. policy: for that, too. handoff: what was said in the
    session so far, for one that is resumed. account: under which its agent works, None for one that was never added.
    mails: letters that stand in the brief. most_output: bytes of its output that are kept; 0: all.
    fill: percent of its context at which that is to be reported; 0: never.
    look_from: of a proof, the commit behind which another machine of this town may have landed the bead ("": anywhere),
    None where there is no other.
    token: by which the town knows the worker of the effect's session. permit: by which the home host knows that the
    session was given to a host on another machine (`bus/luggage_protocol.py`); "" for the one at home.
    cause, traceparent: go into the orders that report what came of it.
    """

    epoch: int
    host: int
    effect: HostEffect
    rig: RigConfig | None = None
    instructions: Text = ""
    brief: Text = ""
    mails: tuple[str, ...] = ()
    handoff: Text = ""
    most_output: int = 0
    fill: int = 0
    policy: Policy | None = None
    account: AccountSpec | None = None
    look_from: Commit | None = None
    token: str = ""
    permit: str = ""
    cause: str = ""
    traceparent: str = ""


class AskOrigin(msgspec.Struct, frozen=True, kw_only=True, tag="ask_origin"):
    """What is at `location` (a URL or an absolute path), and how the user's git reaches it? -> OriginFacts."""

    location: str
    branch: str = ""


class OriginFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a RigConfig that the origin and the user's git configuration decide. notes: what to tell the user."""

    origin: str
    target: str
    landing: str
    transport: tuple[tuple[str, str], ...] = ()
    identity: tuple[str, str] = ("", "")
    ssh_command: str = ""
    notes: tuple[str, ...] = ()


class AskRigCheck(msgspec.Struct, frozen=True, kw_only=True, tag="ask_rig_check"):
    """Fetch, push (dry run), setup and gates on the base -> list of CheckStep. Makes the rig's repositories."""

    rig: RigName
    config: RigConfig


class CheckStep(msgspec.Struct, frozen=True, kw_only=True):
    """mend: what to do about it, "" when ok."""

    name: str
    ok: bool
    detail: str = ""
    mend: str = ""


class AskAgentCheck(msgspec.Struct, frozen=True, kw_only=True, tag="ask_agent_check"):
    """Would this agent work here? Asked of its program, of which nothing is left then -> AgentReport.

    turn: it is given one, which asks its model; otherwise no model is. account: under which it is tried, None: its own.
    """

    spec: AgentSpec
    turn: bool = False
    account: AccountSpec | None = None


class AgentReport(msgspec.Struct, frozen=True, kw_only=True):
    """program: where it was found. version: as it says; measured: the one that all is known of, "" where none was.

    declared: what such an agent can do; seen: what of that it has shown; missing: what it has shown that it cannot.
    """

    steps: tuple[CheckStep, ...]
    program: str = ""
    version: str = ""
    measured: str = ""
    declared: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class AskSandbox(msgspec.Struct, frozen=True, kw_only=True, tag="ask_sandbox"):
    """What does this running session's sandbox hold? -> SandboxFacts; an error when it is not running here."""

    session: SessionId


class SandboxFacts(msgspec.Struct, frozen=True, kw_only=True):
    """head: "" when nothing is ahead of the base. changed: tracked files with uncommitted changes."""

    head: Commit
    base: Commit
    ahead: int
    changed: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()


class AskPeek(msgspec.Struct, frozen=True, kw_only=True, tag="ask_peek"):
    """The last lines of a session's output -> str."""

    session: SessionId
    lines: int = 40


class AskOutput(msgspec.Struct, frozen=True, kw_only=True, tag="ask_output"):
    """What has a session printed behind `offset` -> Output, as soon as there is a line, it is over, or `wait` seconds
    have passed. offset: None for the last `lines`, at once."""

    session: SessionId
    offset: int | None = None
    lines: int = 40
    wait: float = 10.0


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """text: whole lines. offset: behind them. over: nothing more will come."""

    text: str
    offset: int
    over: bool


class AskDiff(msgspec.Struct, frozen=True, kw_only=True, tag="ask_diff"):
    """The changes from base to commit, as a patch -> str. session: if it runs, its sandbox as it is now instead."""

    rig: RigName
    base: Commit = ""
    commit: Commit = ""
    session: SessionId = ""


class AskCommit(msgspec.Struct, frozen=True, kw_only=True, tag="ask_commit"):
    """Which landing brought this commit (full or abbreviated) to the target? -> CommitFacts."""

    rig: RigName
    commit: str


class CommitFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Trailers of the landing commit; "" for a commit no landing of ours brought."""

    commit: Commit
    landing: Commit = ""
    bead: str = ""
    submission: str = ""
    trace: str = ""


class AskProof(msgspec.Struct, frozen=True, kw_only=True, tag="ask_proof"):
    """Asked of git itself: which of `landed` are no ancestors of the target, which of `pins` (ref, commit) are missing?

    -> list of str, one complaint each; empty when all is there. Fetches the target first.
    """

    rig: RigName
    config: RigConfig
    landed: tuple[Commit, ...] = ()
    pins: tuple[tuple[str, Commit], ...] = ()


class AskBundle(msgspec.Struct, frozen=True, kw_only=True, tag="ask_bundle"):
    """Have these commits, from `base` on, lie in the town's luggage -> str, under which name; "" when git cannot.

    All of their history where the origin is on this machine, and so no other town's."""

    rig: RigName
    config: RigConfig
    commit: Commit
    base: Commit


class AskOutputs(msgspec.Struct, frozen=True, kw_only=True, tag="ask_outputs"):
    """Of which sessions is there still output on this machine? -> list of SessionId."""


class AskDropOutputs(msgspec.Struct, frozen=True, kw_only=True, tag="ask_drop_outputs"):
    """Delete what these sessions, and the proofs of what they submitted, printed -> list of SessionId, those it was
    done for.

    Only for sessions that ended and of whose beads nothing more is expected. Safe to ask again.
    """

    sessions: tuple[SessionId, ...]


class AskFrozen(msgspec.Struct, frozen=True, kw_only=True, tag="ask_frozen"):
    """What stands still? -> Frozen, as soon as the HoldWork of this number, or a later one, is carried out."""

    number: int


class Frozen(msgspec.Struct, frozen=True, kw_only=True):
    """programs: workers, setup commands and gates, each with all its processes."""

    programs: int


class AskSeance(msgspec.Struct, frozen=True, kw_only=True, tag="ask_seance"):
    """What does a copy of this session's conversation say to this? -> SeanceFacts. It may change nothing, and nothing
    of it stays. agent, worktree: of the session, as it was. timeout: seconds. Asked again, it is asked anew."""

    session: SessionId
    rig: RigName
    bead: BeadId
    agent: AgentSpec
    conversation: str
    worktree: str
    question: str
    timeout: float


class SeanceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """text: what it said last. See TurnEnded."""

    text: str = ""
    usage: Usage | None = None
    model: str = ""
    failure: Failure | None = None
    seconds: float = 0.0


class Ask(Protocol):
    """Has a host answer a question, within `patience` seconds. Raises GastownError with the host's words."""

    async def __call__(self, question: "Question", patience: float, of: HostName | None = None) -> Any:
        """of: that host; None: the one that a session is with, if it is about one, else the one at home."""
        ...


Question: TypeAlias = (
    AskOrigin
    | AskRigCheck
    | AskAgentCheck
    | AskSandbox
    | AskPeek
    | AskOutput
    | AskDiff
    | AskCommit
    | AskProof
    | AskBundle
    | AskOutputs
    | AskDropOutputs
    | AskFrozen
    | AskSeance
)


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What the host answers: to an errand, that it has it (`data` is None); to a question, the answer."""

    ok: bool
    data: Any = None
    code: str = ""
    message: str = ""
    hint: str = ""
