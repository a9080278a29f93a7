"""Handing on: a session ends so that a fresh one goes on with its bead. Owner: the session's Polecat."""

from typing import Literal, TypeAlias

from gastown.events.fact import Fact

Cause: TypeAlias = Literal[
    "fill",  # its context is as full as the town lets it be
    "worker",  # it asked for it itself
    "person",
    "agent",  # its bead goes to another agent
]


class HandoffOrdered(Fact, tag="session.handoff_ordered", frozen=True, kw_only=True):
    """ask: its agent is asked first to write down what it knows; else it ends now."""

    cause: Cause
    reason: str
    ask: bool = False


class HandoffWritten(Fact, tag="session.handoff_written", frozen=True, kw_only=True):
    """For whoever goes on with the bead. sender: who wrote it, "" for the session's own agent."""

    notes: str
    sender: str = ""


HandoffEvent: TypeAlias = HandoffOrdered | HandoffWritten
