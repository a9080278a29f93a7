"""Beads: units of work. Owner: the Mayor."""

from typing import Literal, TypeAlias

from gastown.events.fact import Fact
from gastown.events.gate import GateEvent
from gastown.events.handover import End, Parcel
from gastown.events.ids import (
    AccountName,
    AgentName,
    BeadId,
    Commit,
    ConvoyId,
    HostName,
    PolecatName,
    RigName,
    SessionId,
    SubmissionId,
    TownName,
)
from gastown.events.kept import Text
from gastown.events.mail import MailId

KIND = "bead"

Charge: TypeAlias = Literal["none", "failed_run", "red_gate", "conflict"]
"""Which of the bead's limits an ended attempt counts against."""


class BeadCreated(Fact, tag="bead.created", frozen=True, kw_only=True):
    title: str
    description: Text = ""
    acceptance: Text = ""
    priority: int = 2
    issue_type: str = "task"
    rig: RigName = ""
    needs: tuple[BeadId, ...] = ()


class BeadUpdated(Fact, tag="bead.updated", frozen=True, kw_only=True):
    """None: unchanged."""

    title: str | None = None
    description: Text | None = None
    acceptance: Text | None = None
    priority: int | None = None
    issue_type: str | None = None
    assignee: str | None = None
    notes: Text | None = None


class NeedAdded(Fact, tag="bead.need_added", frozen=True, kw_only=True):
    need: BeadId


class NeedRemoved(Fact, tag="bead.need_removed", frozen=True, kw_only=True):
    need: BeadId


class BeadSlung(Fact, tag="bead.slung", frozen=True, kw_only=True):
    """Handed to a rig's workers; starts when its needs are done and there is room. agent "": the default one.

    to: the towns that it is offered to, one after the other, instead of being worked on here; there: the rig in them.
    """

    rig: RigName
    convoy: ConvoyId
    agent: AgentName = ""
    to: tuple[TownName, ...] = ()
    there: RigName = ""


class BeadUnslung(Fact, tag="bead.unslung", frozen=True, kw_only=True):
    reason: str


class AgentChanged(Fact, tag="bead.agent_changed", frozen=True, kw_only=True):
    """Another one is to work on it. session: the one at work on it, which is handed on; "": none is."""

    agent: AgentName
    session: SessionId = ""


class BeadAssigned(Fact, tag="bead.assigned", frozen=True, kw_only=True):
    """A place with `host` is this bead's; `number` is the session's number and the epoch of the claim.

    reserved: USD that the session's first turn is expected to come to.
    account: under which its agent works; "" in older logs: the agent's own.
    """

    session: SessionId
    number: int
    agent: AgentName
    reserved: float = 0.0
    account: AccountName = ""
    host: HostName = ""


class BeadStarted(Fact, tag="bead.started", frozen=True, kw_only=True):
    session: SessionId
    polecat: PolecatName


class BeadSubmitted(Fact, tag="bead.submitted", frozen=True, kw_only=True):
    """A worker says it is done and its commit is pinned. Not landed: that is the Refinery's to prove.

    early: the Refinery has told it before the worker; what its last turn came to is not known yet.
    """

    session: SessionId
    submission: SubmissionId
    commit: Commit
    early: bool = False


class BeadReturned(Fact, tag="bead.returned", frozen=True, kw_only=True):
    """An attempt ended without landing; the bead waits for a place again.

    tail: the end of the gate's or worker's output.
    barren: see SessionEnded.
    commit and base: what the attempt had committed and on what, "" for nothing: the next attempt starts from it.
    """

    session: SessionId
    outcome: str
    reason: str
    charge: Charge
    tail: str = ""
    commit: Commit = ""
    base: Commit = ""
    kept: str = ""
    barren: bool = False


class BeadBlocked(Fact, tag="bead.blocked", frozen=True, kw_only=True):
    """Only a person can make progress. escalated: the worker asked for it itself."""

    reason: str
    escalated: bool = False


class BeadRetried(Fact, tag="bead.retried", frozen=True, kw_only=True):
    """A person lets a blocked bead try again; its counters begin anew."""


class BeadLanded(Fact, tag="bead.landed", frozen=True, kw_only=True):
    """Its commits are on the target, by proof against the target ref. target_commit: the merge that brought them."""

    submission: SubmissionId
    commit: Commit
    target_commit: Commit


class BeadClosed(Fact, tag="bead.closed", frozen=True, kw_only=True):
    """Closed without code landing: done by hand, not wanted, nothing to do."""

    reason: str
    session: SessionId = ""


class BeadReopened(Fact, tag="bead.reopened", frozen=True, kw_only=True):
    reason: str = ""


class BeadAddressed(Fact, tag="bead.addressed", frozen=True, kw_only=True):
    """There is mail for whoever works on it."""

    mail: MailId


class BeadMailSettled(Fact, tag="bead.mail_settled", frozen=True, kw_only=True):
    """It is done, and whoever keeps its mail knows."""


class BeadStranded(Fact, tag="bead.stranded", frozen=True, kw_only=True):
    """None of the towns that it was to go to took it: it is open again."""

    reason: str


class BeadReceived(Fact, tag="bead.received", frozen=True, kw_only=True):
    """Its home is here from now on. town: which handed it over, at `position` of its log. parcel: what it is now.

    incarnation: of that log, beside which the luggage lies; "": nothing of it is still to be fetched.
    """

    town: TownName
    epoch: int
    position: int
    rig: RigName
    parcel: Parcel
    incarnation: str = ""


class CommitsBrought(Fact, tag="bead.commits_brought", frozen=True, kw_only=True):
    """The commits that came along from another town are in the rig here. epoch: of the handing over."""

    epoch: int
    commit: Commit


class CommitsMissed(Fact, tag="bead.commits_missed", frozen=True, kw_only=True):
    """They cannot be had: whoever works on it begins without them."""

    epoch: int
    commit: Commit
    reason: str


class BeadReportedAbroad(Fact, tag="bead.reported_abroad", frozen=True, kw_only=True):
    """How it stands with it in the town that it was handed over to: see HandoverReported."""

    town: TownName
    epoch: int
    number: int
    stuck: str


class BeadEndedAbroad(Fact, tag="bead.ended_abroad", frozen=True, kw_only=True):
    """It is done, in the town that it was handed over to: see HandoverEnded."""

    town: TownName
    epoch: int
    last: int
    outcome: End
    reason: str = ""
    commit: Commit = ""
    target_commit: Commit = ""
    where: TownName = ""
    rig: RigName = ""


BeadEvent: TypeAlias = (
    BeadCreated
    | BeadUpdated
    | NeedAdded
    | NeedRemoved
    | BeadSlung
    | BeadUnslung
    | AgentChanged
    | BeadAssigned
    | BeadStarted
    | BeadSubmitted
    | BeadReturned
    | BeadBlocked
    | BeadRetried
    | BeadLanded
    | BeadClosed
    | BeadReopened
    | GateEvent
    | BeadAddressed
    | BeadMailSettled
    | BeadStranded
    | BeadReceived
    | CommitsBrought
    | CommitsMissed
    | BeadReportedAbroad
    | BeadEndedAbroad
)
