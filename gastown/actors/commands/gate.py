"""What the Mayor is told about turns: asked for, and over. Never rejected: the answer is told to the Polecat."""

from typing import TypeAlias

from gastown.actors.commands.command import Command
from gastown.events.gate import Settlement
from gastown.events.ids import BeadId, SessionId


class RequestTurn(Command, tag="mayor.request_turn", frozen=True, kw_only=True):
    """From the session's Polecat: its agent waits, and would begin turn `number`. last: what the one before came to."""

    bead: BeadId
    session: SessionId
    number: int
    last: Settlement


class SettleTurn(Command, tag="mayor.settle_turn", frozen=True, kw_only=True):
    """From the session's Polecat: a turn has failed, and its session ends. The end itself is told by ReportAttempt."""

    bead: BeadId
    session: SessionId
    last: Settlement


GateCommand: TypeAlias = RequestTurn | SettleTurn
