"""Escalations: what only a person can move. Entity id: made from the subject, so that one matter is raised once.

Owner: the Deacon.
"""

from typing import Literal, TypeAlias

from gastown.events.fact import Fact
from gastown.events.ids import Entity

KIND = "escalation"

Severity: TypeAlias = Literal["low", "medium", "high", "critical"]


class EscalationRaised(Fact, tag="escalation.raised", frozen=True, kw_only=True):
    """about: the entity that is stuck. hint: the command that moves it."""

    about: Entity
    severity: Severity
    reason: str
    hint: str = ""


class EscalationClosed(Fact, tag="escalation.closed", frozen=True, kw_only=True):
    how: str


EscalationEvent: TypeAlias = EscalationRaised | EscalationClosed
