"""What a rig's Witness can be told."""

from typing import TypeAlias

from gastown.actors.commands.command import Command
from gastown.events.agent import AgentSpec
from gastown.events.ids import AccountName, BeadId, HostName, SessionId
from gastown.events.session import Earlier, Outcome


class AssignPolecat(Command, tag="witness.assign_polecat", frozen=True, kw_only=True):
    """From the Mayor: this bead has a place, with `host`. number: the session's, and the epoch of the claim."""

    bead: BeadId
    session: SessionId
    number: int
    agent: AgentSpec
    account: AccountName = ""
    title: str
    priority: int
    earlier: Earlier | None = None
    host: HostName = ""


class ReportSessionEnded(Command, tag="witness.report_ended", frozen=True, kw_only=True):
    """From the session's Polecat, once the Refinery and the Mayor know: its polecat is free."""

    session: SessionId
    outcome: Outcome


WitnessCommand: TypeAlias = AssignPolecat | ReportSessionEnded
