"""How the Deacon raises and closes a matter of its own."""

from gastown.actors.deacon.state import Deacon
from gastown.actors.kernel.role import Change
from gastown.events import escalation
from gastown.events.escalation import EscalationClosed, EscalationRaised
from gastown.events.ids import Entity


def raised(key: str, event: EscalationRaised) -> Change:
    return Change(Entity(escalation.KIND, key), event)


def closed(state: Deacon, key: str, how: str) -> tuple[Change, ...]:
    """Nothing, where it is not open."""
    return (Change(Entity(escalation.KIND, key), EscalationClosed(how=how)),) if state.raised.get(key) else ()
