"""What a session's Polecat can be told about handing on."""

from typing import TypeAlias

from gastown.actors.commands.command import Command
from gastown.events.ids import BeadId, RigName, SessionId


class HandOn(Command, tag="polecat.hand_on", frozen=True, kw_only=True):
    """`gt handoff`, by the session's own worker or by a person. notes: what whoever goes on is to know.

    changed: tracked files of its own worker's with uncommitted changes, as just seen.
    """

    session: SessionId
    sender: str
    by_worker: bool
    notes: str = ""
    changed: tuple[str, ...] = ()


class ChangeHands(Command, tag="polecat.change_hands", frozen=True, kw_only=True):
    """From the Mayor: its bead goes to another agent. Also ends a session that was never opened."""

    session: SessionId
    rig: RigName
    bead: BeadId
    reason: str


class ReportContextFull(Command, tag="polecat.report_context_full", frozen=True, kw_only=True):
    """From the host: its context is as full as it may be. used, size: tokens."""

    session: SessionId
    used: int
    size: int


HandoffCommand: TypeAlias = HandOn | ChangeHands | ReportContextFull
