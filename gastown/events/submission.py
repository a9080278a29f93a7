"""Submissions: a worker's commit on its way to the target. Entity id: `<rig>.<session>`. Owner: the rig's Refinery."""

from typing import TypeAlias

import msgspec

from gastown.events.fact import Fact
from gastown.events.ids import BeadId, Commit, RigName, SessionId, SubmissionId
from gastown.events.rig import LandMode

KIND = "submission"


class GateRun(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    seconds: float
    exit_code: int


class SubmissionReceived(Fact, tag="submission.received", frozen=True, kw_only=True):
    """Queued. Its commit is pinned in the Refinery's repository. base: the target's commit the worker started from."""

    rig: RigName
    bead: BeadId
    session: SessionId
    title: str
    commit: Commit
    base: Commit
    priority: int


class CandidateProven(Fact, tag="submission.proven", frozen=True, kw_only=True):
    """`candidate` is `base` (the target) plus this submission, and every gate passed on it.

    number counts the proofs begun for this submission. land: how the rig lands, at the time of the proof.
    """

    number: int
    base: Commit
    candidate: Commit
    land: LandMode = "push"
    gates: tuple[GateRun, ...] = ()


class ProofBroke(Fact, tag="submission.broke", frozen=True, kw_only=True):
    """The proof itself could not run (setup, gate tool, time limit, git): tried again, then the rig is paused."""

    number: int
    what: str
    reason: str
    tail: str = ""
    retry_at: float = 0.0  # seconds since the epoch


class ProofRetried(Fact, tag="submission.retried", frozen=True, kw_only=True):
    """The wait after a broken proof is over: queued again."""


class LandingApproved(Fact, tag="submission.approved", frozen=True, kw_only=True):
    """A person lets it land, where the rig holds what is proven."""


class LandingIntended(Fact, tag="submission.landing_intended", frozen=True, kw_only=True):
    """Written before the target is touched: it may move from `expected` to `candidate`, and to nothing else."""

    expected: Commit
    candidate: Commit


class LandingRaced(Fact, tag="submission.raced", frozen=True, kw_only=True):
    """Someone else moved the target to `found`: the candidate is built anew on it."""

    found: Commit


class LandingRefused(Fact, tag="submission.refused", frozen=True, kw_only=True):
    """The origin would not take it (protection, hook, credentials): the rig is paused, no worker is run again."""

    reason: str


class ProposalOpened(Fact, tag="submission.proposed", frozen=True, kw_only=True):
    """Pushed to a branch of its own for a pull request; landed when it is seen on the target."""

    branch: str
    candidate: Commit


class SubmissionLanded(Fact, tag="submission.landed", frozen=True, kw_only=True):
    """target_commit: the commit of the target that brought it there."""

    commit: Commit
    target_commit: Commit


class SubmissionOvertaken(Fact, tag="submission.overtaken", frozen=True, kw_only=True):
    """Its bead is on the target by another submission, `by`, of a town of the same past that works elsewhere; this one
    never lands. commit, target_commit: of that one, as of SubmissionLanded."""

    by: SubmissionId
    commit: Commit
    target_commit: Commit


class SubmissionConflicted(Fact, tag="submission.conflicted", frozen=True, kw_only=True):
    """Does not merge with the target: back to a worker."""

    base: Commit
    files: tuple[str, ...]


class SubmissionRed(Fact, tag="submission.red", frozen=True, kw_only=True):
    """A gate failed on the candidate and passes on the target: back to a worker."""

    base: Commit
    candidate: Commit
    gate: str
    exit_code: int
    tail: str


class SubmissionWithdrawn(Fact, tag="submission.withdrawn", frozen=True, kw_only=True):
    reason: str


class SubmissionSettled(Fact, tag="submission.settled", frozen=True, kw_only=True):
    """The Mayor knows how it ended."""


End: TypeAlias = SubmissionLanded | SubmissionOvertaken | SubmissionConflicted | SubmissionRed | SubmissionWithdrawn
"""How one can end."""

SubmissionEvent: TypeAlias = (
    SubmissionReceived
    | CandidateProven
    | ProofBroke
    | ProofRetried
    | LandingApproved
    | LandingIntended
    | LandingRaced
    | LandingRefused
    | ProposalOpened
    | SubmissionLanded
    | SubmissionOvertaken
    | SubmissionConflicted
    | SubmissionRed
    | SubmissionWithdrawn
    | SubmissionSettled
)
