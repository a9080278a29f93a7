"""What is known of the turn at hand while it lasts: whether it may go on, and what it has come to when it may not."""

from typing import Literal, TypeAlias

import msgspec

from gastown.adapters.agents.dialogue import Ended
from gastown.adapters.agents.port import Start
from gastown.adapters.agents.told import (
    AgentEvent,
    MessageTaken,
    PermissionAsked,
    Retrying,
    ToolBegan,
    ToolEnded,
    TurnEnded,
)
from gastown.adapters.processes.program import LEFTOVER_PATIENCE, TERM_PATIENCE
from gastown.events.turn import Failure

Reason: TypeAlias = Literal[
    "time",  # the session's time is over
    "silent",  # it has said nothing for too long
    "deaf",  # it has not ended its turn when it was asked to
    "cancel",  # its turn is to end, and its process is its turn
]

CANCEL_PATIENCE = 1.2
"""Seconds for a vendor to end its turn: the slowest takes 0.4 (opencode 1.18.33, measured)."""
_MOST = 1000
"""Tools and asks at a time that are kept in mind: nobody honest has more."""


class TurnWatch:
    """Times are those of `Still.clock`. message: of the turn at hand, "" between turns. taken: it was told to be."""

    def __init__(self, start: Start) -> None:
        self.message = ""
        self.taken = False
        self._silence = start.silence
        self._until = start.still.clock() + start.timeout
        self._quiet = 0.0  # since when nothing was heard
        self._cancel_by: float | None = None
        self._asked = False
        self._busy: set[str] = set()  # tools at work, permissions waited for

    @property
    def cancelling(self) -> bool:
        return self._cancel_by is not None

    def begin(self, message: str, now: float) -> None:
        self.message, self.taken, self._quiet, self._cancel_by = message, False, now, None
        self._busy.clear()

    def heard(self, now: float) -> None:
        self._quiet = max(self._quiet, now)

    def cancel(self, now: float, *, asked: bool) -> None:
        """The turn is to end: soon, if it was asked to, else now."""
        if self._cancel_by is None:
            self._asked, self._cancel_by = asked, now + (CANCEL_PATIENCE if asked else 0)

    def answered(self, ask: str) -> None:
        self._busy.discard(f"ask {ask}")

    def sees(self, event: AgentEvent, now: float) -> bool:
        """Keep in mind what it means. -> whether it may be told: a turn ends once."""
        match event:
            case TurnEnded():
                was, self.message = self.message, ""
                return bool(was)
            case MessageTaken(id=self.message):
                self.taken = True
            case ToolBegan(id=tool) if len(self._busy) < _MOST:
                self._busy.add(f"tool {tool}")
            case ToolEnded(id=tool):
                self._busy.discard(f"tool {tool}")
            case PermissionAsked(id=ask) if len(self._busy) < _MOST:
                self._busy.add(f"ask {ask}")
            case Retrying(delay=delay):
                self._quiet = max(self._quiet, now + delay)
            case _:
                pass
        return True

    def due(self, now: float) -> tuple[float, Reason]:
        """The seconds it may go on for, and why no longer."""
        left: list[tuple[float, Reason]] = [(self._until - now, "time")]
        if self.message and self._cancel_by is not None:
            left.append((self._cancel_by - now, "deaf" if self._asked else "cancel"))
        if self.message and not self._busy:
            left.append((self._quiet + self._silence - now, "silent"))
        return min(left)

    def end_patience(self, reason: Reason | None) -> float:
        """Seconds between SIGTERM and SIGKILL, for this reason. A cancelled turn is to have ended within 2 s."""
        match reason:
            case "time" | "silent":
                return TERM_PATIENCE
            case "deaf":
                return 0.0
            case "cancel":
                return CANCEL_PATIENCE
            case None:
                return 0.0 if self.cancelling else LEFTOVER_PATIENCE


def judged(ended: TurnEnded, reason: Reason | None, how: Ended) -> TurnEnded:
    """As whoever ended its process knows it. Killed by anybody else it is gone, whatever it complained of before."""
    if reason is not None:
        return _because(ended, reason)
    crashed = ended.failure is not None and (how.signal is not None or ended.failure.kind == "crash")
    return msgspec.structs.replace(ended, gone=ended.end == "failed" and crashed)


def last_said(event: AgentEvent, reason: Reason | None) -> AgentEvent:
    """By a program that is ended. What became of its turn, whoever ended it knows: at a SIGTERM claude-acp says that it
    was cancelled, and copilot that it is done (measured)."""
    if reason is None or not isinstance(event, TurnEnded):
        return event
    return _because(event, reason)


def _because(ended: TurnEnded, reason: Reason) -> TurnEnded:
    match reason:
        case "time":
            return _failed(ended, Failure(kind="crash", message="the session's time was over"))
        case "silent":
            return _failed(ended, Failure(kind="silent", message="nothing was heard of it for too long: it was ended"))
        case "deaf":
            killed = Failure(kind="silent", message="it did not end its turn when it was asked to: it was killed")
            return msgspec.structs.replace(ended, end="cancelled", failure=killed)
        case "cancel":
            return msgspec.structs.replace(ended, end="cancelled", failure=None)


def _failed(ended: TurnEnded, failure: Failure) -> TurnEnded:
    return msgspec.structs.replace(ended, end="failed", failure=failure)
