"""Escalations: what only a person can move. Entity id: made from the subject, so that one matter is raised once.

Owner: the Deacon.
"""

from typing import Literal, TypeAlias

from gastown.events.fact import Fact
from gastown.events.ids import Entity
from gastown.events.mail import Address

KIND = "escalation"

Severity: TypeAlias = Literal["low", "medium", "high", "critical"]


class EscalationRaised(Fact, tag="escalation.raised", frozen=True, kw_only=True):
    """about: the entity that is stuck. hint: the command that moves it. reply: whom the decision is written to."""

    about: Entity
    severity: Severity
    reason: str
    hint: str = ""
    reply: Address = ""


class EscalationAcked(Fact, tag="escalation.acked", frozen=True, kw_only=True):
    """A person has seen it, and cares for it."""

    by: str


class EscalationClosed(Fact, tag="escalation.closed", frozen=True, kw_only=True):
    how: str


EscalationEvent: TypeAlias = EscalationRaised | EscalationAcked | EscalationClosed
