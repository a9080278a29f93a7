"""What roles ask of the world, as data. `due(state)` names the effects a state waits for; the kernel starts those
whose key is not in flight; each is settled by an event, giving up included.

| effect | key | how one finds out whether it happened | class |
|---|---|---|---|
| Tell | `tell:…` | the receiver decides on its own state; a repeated order id gets the first answer | compare-and-set |
| RemindAt | `remind:…` | the receiver's state has moved on | at least once |
| RunSession | `run:<session>[:<run>]` | the host's folder `sessions/<session>`; its processes' marks | named create |
| EndSession | `end:<session>` | the session's processes are gone | at least once |
| TakeTurn | `turn:<session>:<n>` | the agent is in its n-th turn, or beyond | named create |
| TellNow | `say:<session>:<message>` | the agent says so; else it is told again, the same id in it | at least once |
| GiveAnswer | `answer:<ask>` | an agent waits for the answer once | at least once |
| ProveCandidate | `prove:<submission>:<n>` | the same tree again; a trailer on the target says landed | named create |
| LandCandidate | `land:<submission>:<n>` | the target contains the candidate | compare-and-set |
| ProposeCandidate | `propose:<submission>:<n>` | the branch at the origin | named create |
| HoldWork | `hold:<n>[:<host>]` | who was told nothing holds all; a later word has a higher number | compare-and-set |
| WatchProposal | `watch:<submission>:<n>` | the target contains the trailer | at least once |
| PackParcel | `pack:<bead>.<epoch>.<n>` | the bead is offered under this epoch | at least once |
| TakeOver | `adopt:<lost>:<n>` | the hub says who goes on in its place; the folder | named create |
| FetchCommits | `fetch:<bead>.<epoch>` | the commit is pinned in the Refinery's repository | named create |
| FindLandings | `find:<rig>:<mark>.<origin>` | it only looks | at least once |

Tell, RemindAt, PackParcel and TakeOver are the town's own; all others are executed by a host, which refuses those of an
older epoch of the town: by the one at home, unless they name another.
"""

from typing import TypeAlias

import msgspec

from gastown.actors.commands.command import Command, Owner
from gastown.events.agent import AgentSpec
from gastown.events.ask import AskId
from gastown.events.ids import (
    AccountName,
    BeadId,
    Commit,
    Entity,
    HostName,
    PolecatName,
    RigName,
    SessionId,
    SubmissionId,
    TownName,
)
from gastown.events.session import Earlier, Outcome


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """about: the entity whose last event is the cause of this effect."""

    key: str
    about: Entity


class Message(msgspec.Struct, frozen=True):
    to: Owner
    command: Command


class Tell(Effect, frozen=True, kw_only=True):
    """Send each message, in order, until it is answered. then: sent to the teller itself once all have accepted."""

    messages: tuple[Message, ...]
    then: Command | None = None


class RemindAt(Effect, frozen=True, kw_only=True):
    """Send `command` to the actor itself at `at` (seconds since the epoch)."""

    at: float
    command: Command


class PackParcel(Effect, frozen=True, kw_only=True):
    """Have the town gather all that is to go along with a bead to another town, and offer it (OfferBead). earlier: the
    commits of an attempt, in this rig."""

    bead: BeadId
    town: TownName
    epoch: int
    rig: RigName = ""
    earlier: Earlier | None = None


class TakeOver(Effect, frozen=True, kw_only=True):
    """Have a town that is lost go on here, as `gt adopt` does, and start it; report how that went (ReportAdoption).

    of: the incarnation of the lost one. number: of this attempt.
    """

    town: TownName
    of: str
    number: int


class Resume(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent that goes on begins with: its turn of this number, with a text that holds these messages."""

    turn: int
    text: str
    messages: tuple[str, ...] = ()


class RunSession(Effect, tag="run_session", frozen=True, kw_only=True):
    """Make the sandbox, start the agent, report its start and, once it is over and its work is pinned, its end.

    started: the log says it has started before; a host that does not have it running reports it interrupted.
    The sandbox is removed once everything in it is pinned.
    run: which of its agent's runs, from 0. resume: the one before is gone; in the sandbox that it left, if that is
    still there, the agent goes on with `conversation` ("": none is known), or with a new one.
    end: what it is to end as, and why, once that is decided: EndSession may come later than this.
    may_be_resumed: should its agent be gone before its time, or the town go down, that is reported, and the sandbox
    stays; else its session ends.
    """

    session: SessionId
    rig: RigName
    bead: BeadId
    polecat: PolecatName
    agent: AgentSpec
    account: AccountName = ""
    earlier: Earlier | None = None
    started: bool = False
    run: int = 0
    conversation: str = ""
    may_be_resumed: bool = False
    resume: Resume | None = None
    end: tuple[Outcome, str] | None = None
    host: HostName = ""


class EndSession(Effect, tag="end_session", frozen=True, kw_only=True):
    """Stop the session's processes; RunSession then reports the end. outcome: what the end is to be called.

    grace: seconds the agent has to end by itself before it is signalled.
    """

    session: SessionId
    outcome: str
    reason: str
    grace: float = 5.0
    host: HostName = ""


class TakeTurn(Effect, tag="take_turn", frozen=True, kw_only=True):
    """Have the session's agent, which waits, begin its turn `number` with `text`; report what of it was taken.

    prime: with all that a worker is told at its start before it. notes: what it says in the end are notes, and wanted
    whole.
    """

    session: SessionId
    number: int
    text: str
    messages: tuple[str, ...] = ()
    prime: bool = False
    notes: bool = False
    host: HostName = ""


class TellNow(Effect, tag="tell_now", frozen=True, kw_only=True):
    """Tell the session's agent something within its turn, if it can be told so; report whether it has taken it.

    run: of its agent, that is to be told; what follows it begins with what this one is not known to have. prime: and
    all that a worker is told at its start.
    """

    session: SessionId
    message: str
    text: str
    run: int = 0
    prime: bool = False
    host: HostName = ""


class GiveAnswer(Effect, tag="give_answer", frozen=True, kw_only=True):
    """Tell the session's agent what it may use, if it still waits for that; report whether it did.

    ask_key: by which the host knows it.
    """

    session: SessionId
    ask: AskId
    ask_key: str
    allow: bool
    host: HostName = ""


class ProveCandidate(Effect, tag="prove_candidate", frozen=True, kw_only=True):
    """Merge the submission onto the target as it is now, run setup and gates on the result, report."""

    submission: SubmissionId
    number: int
    rig: RigName
    bead: BeadId
    session: SessionId
    title: str
    commit: Commit
    base: Commit


class LandCandidate(Effect, tag="land_candidate", frozen=True, kw_only=True):
    """Move the target from `expected` to `candidate` by compare-and-set, and report what then is true."""

    submission: SubmissionId
    rig: RigName
    expected: Commit
    candidate: Commit


class ProposeCandidate(Effect, tag="propose_candidate", frozen=True, kw_only=True):
    """Push the candidate to a branch of its own at the origin, for a pull request."""

    submission: SubmissionId
    rig: RigName
    bead: BeadId
    candidate: Commit
    branch: str


class WatchProposal(Effect, tag="watch_proposal", frozen=True, kw_only=True):
    """Look at the target every now and then, and report the landing when the submission is seen on it."""

    submission: SubmissionId
    rig: RigName
    base: Commit
    commit: Commit


class HoldWork(Effect, tag="hold_work", frozen=True, kw_only=True):
    """Freeze the work of the town or of these rigs, and start nothing of it; let all other work go on.

    number: a later word has a higher one. A host starts nothing at all before it has heard the first.
    """

    number: int
    town: bool = False
    rigs: tuple[RigName, ...] = ()
    host: HostName = ""


class FindLandings(Effect, tag="find_landings", frozen=True, kw_only=True):
    """Find every landing of this town's on the target beyond `since` ("": in all its history), and report them."""

    rig: RigName
    since: Commit = ""


class FetchCommits(Effect, tag="fetch_commits", frozen=True, kw_only=True):
    """Have the commits here that came along with a bead, under this epoch; report when they are, or why they cannot be.

    bead: as it is called here. incarnation: of the log of `town` beside which they lie as luggage, under `name`.
    """

    bead: BeadId
    epoch: int
    rig: RigName
    town: TownName
    incarnation: str
    name: str
    commit: Commit


HostEffect: TypeAlias = (
    RunSession
    | EndSession
    | TakeTurn
    | TellNow
    | GiveAnswer
    | ProveCandidate
    | LandCandidate
    | ProposeCandidate
    | WatchProposal
    | HoldWork
    | FindLandings
    | FetchCommits
)


def host_of(effect: Effect) -> HostName | None:
    """Whose it is to carry out; None: no host's."""
    if isinstance(effect, RunSession | EndSession | TakeTurn | TellNow | GiveAnswer | HoldWork):
        return effect.host
    return "" if isinstance(effect, HostEffect) else None
