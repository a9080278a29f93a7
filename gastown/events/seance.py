"""Seances: a session's conversation was asked something, in a copy. Owner: the session's Polecat."""

from typing import TypeAlias

from gastown.events.fact import Fact
from gastown.events.turn import Failure, Usage


class SeanceHeld(Fact, tag="session.seance_held", frozen=True, kw_only=True):
    """question, text: the beginnings of what was asked and of what the copy said last. usage: None where not told."""

    question: str
    text: str = ""
    usage: Usage | None = None
    model: str = ""
    failure: Failure | None = None
    seconds: float = 0.0


SeanceEvent: TypeAlias = SeanceHeld
