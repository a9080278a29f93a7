"""What a rig's Refinery can be told."""

from typing import Literal, TypeAlias

from gastown.actors.commands.command import Command
from gastown.events.ids import BeadId, Commit, RigName, SessionId, SubmissionId
from gastown.events.rig import LandMode
from gastown.events.submission import GateRun


class Submit(Command, tag="refinery.submit", frozen=True, kw_only=True):
    """From the session's Polecat; the commit is pinned in the Refinery's repository already."""

    submission: SubmissionId
    rig: RigName
    bead: BeadId
    session: SessionId
    title: str
    commit: Commit
    base: Commit
    priority: int


class Approve(Command, tag="refinery.approve", frozen=True, kw_only=True):
    """`gt mq approve`: a person lets what is proven land."""

    submission: SubmissionId


class WithdrawSubmission(Command, tag="refinery.withdraw", frozen=True, kw_only=True):
    submission: SubmissionId
    reason: str


class HoldQueue(Command, tag="refinery.hold", frozen=True, kw_only=True):
    """From the Mayor: how deep the rig is held now, "" for not at all. number: later words have higher ones.

    resumed: the last pause of the queue itself that a person has resumed.
    """

    rig: RigName
    number: int
    depth: Literal["", "pause", "stop"]
    resumed: int = 0


class RetryProof(Command, tag="refinery.retry_proof", frozen=True, kw_only=True):
    """From the clock: the wait after a broken proof is over. number: of the proof that broke."""

    submission: SubmissionId
    number: int


class ReportProven(Command, tag="refinery.report_proven", frozen=True, kw_only=True):
    submission: SubmissionId
    number: int
    base: Commit
    candidate: Commit
    land: LandMode
    gates: tuple[GateRun, ...] = ()


class ReportConflicted(Command, tag="refinery.report_conflicted", frozen=True, kw_only=True):
    submission: SubmissionId
    number: int
    base: Commit
    files: tuple[str, ...]


class ReportRed(Command, tag="refinery.report_red", frozen=True, kw_only=True):
    """base_red: the same gate fails on the target without this submission."""

    submission: SubmissionId
    number: int
    base: Commit
    candidate: Commit
    gate: str
    exit_code: int
    tail: str
    base_red: bool = False


class ReportBroke(Command, tag="refinery.report_broke", frozen=True, kw_only=True):
    """at: seconds since the epoch. what: "setup", "gate <name>", "git"."""

    submission: SubmissionId
    number: int
    what: str
    reason: str
    tail: str = ""
    at: float = 0.0


class ReportLanding(Command, tag="refinery.report_landing", frozen=True, kw_only=True):
    """The target contains a candidate of this submission, by proof against the target ref (also found at a proof)."""

    submission: SubmissionId
    target_commit: Commit


class ReportOvertaken(Command, tag="refinery.report_overtaken", frozen=True, kw_only=True):
    """See SubmissionOvertaken. number: of the proof in which it was found."""

    submission: SubmissionId
    number: int
    by: SubmissionId
    commit: Commit
    target_commit: Commit


class ReportRaced(Command, tag="refinery.report_raced", frozen=True, kw_only=True):
    """rewritten: what was found does not contain what was expected."""

    submission: SubmissionId
    expected: Commit
    found: Commit
    rewritten: bool = False


class ReportLandingRefused(Command, tag="refinery.report_refused", frozen=True, kw_only=True):
    submission: SubmissionId
    reason: str


class ReportProposed(Command, tag="refinery.report_proposed", frozen=True, kw_only=True):
    submission: SubmissionId
    branch: str
    candidate: Commit


class SettleSubmission(Command, tag="refinery.settle", frozen=True, kw_only=True):
    """From itself: the Mayor knows how it ended."""

    submission: SubmissionId


RefineryCommand: TypeAlias = (
    Submit
    | Approve
    | WithdrawSubmission
    | HoldQueue
    | RetryProof
    | ReportProven
    | ReportConflicted
    | ReportRed
    | ReportBroke
    | ReportLanding
    | ReportOvertaken
    | ReportRaced
    | ReportLandingRefused
    | ReportProposed
    | SettleSubmission
)
