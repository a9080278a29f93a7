"""What the Mayor is told of the machines on which sessions may run, and a session of the one that it is on."""

from typing import TypeAlias

from gastown.actors.commands.command import Command
from gastown.events.ids import BeadId, Commit, HostName, RigName, SessionId
from gastown.events.place import Standing


class ReportPlace(Command, tag="mayor.report_place", frozen=True, kw_only=True):
    """By the Deacon. See PlaceChanged."""

    host: HostName
    number: int
    standing: Standing
    epoch: int
    slots: int


class LoseSession(Command, tag="polecat.lose_session", frozen=True, kw_only=True):
    """From the Mayor: the host that it is with is gone. Also ends a session that was never opened."""

    session: SessionId
    rig: RigName
    bead: BeadId
    reason: str


class ReportWorkSaved(Command, tag="polecat.report_work_saved", frozen=True, kw_only=True):
    """From its host, on another machine. See WorkSaved."""

    session: SessionId
    base: Commit
    commit: Commit
    kept: str


SessionPlaceCommand: TypeAlias = LoseSession | ReportWorkSaved
