"""What a rig's Witness can be told."""

from typing import TypeAlias

from gastown.actors.commands.command import Command
from gastown.events.agent import AgentSpec
from gastown.events.ids import BeadId, Commit, SessionId, SubmissionId
from gastown.events.session import Earlier, Outcome


class AssignPolecat(Command, tag="witness.assign_polecat", frozen=True, kw_only=True):
    """From the Mayor: this bead has a place. number: the session's, and the epoch of the claim."""

    bead: BeadId
    session: SessionId
    number: int
    agent: AgentSpec
    title: str
    priority: int
    earlier: Earlier | None = None


class WithdrawBead(Command, tag="witness.withdraw_bead", frozen=True, kw_only=True):
    """From the Mayor: end the session, the bead is no longer wanted."""

    bead: BeadId
    session: SessionId
    reason: str


class ReportSessionStarted(Command, tag="witness.report_started", frozen=True, kw_only=True):
    session: SessionId


class ReportSessionEnded(Command, tag="witness.report_ended", frozen=True, kw_only=True):
    """From the session's Polecat. It has already handed its submission, if any, to the Refinery."""

    session: SessionId
    outcome: Outcome
    reason: str
    tail: str = ""
    submission: SubmissionId = ""
    commit: Commit = ""
    base: Commit = ""
    kept: str = ""


class ReportReleased(Command, tag="witness.report_released", frozen=True, kw_only=True):
    """The Mayor knows how the session ended: its polecat is free."""

    session: SessionId


WitnessCommand: TypeAlias = AssignPolecat | WithdrawBead | ReportSessionStarted | ReportSessionEnded | ReportReleased
