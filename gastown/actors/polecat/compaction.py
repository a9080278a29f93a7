"""Rules about an agent whose context was compacted: what it was told at its start is told again.

- Within the turn, where it can be told so; else with the next one.
- Nothing waits for that: work that is done is handed in.
"""

from gastown.actors.commands.polecat import ReportCompacted
from gastown.actors.polecat.state import Live
from gastown.events.session import SessionEvent
from gastown.events.turn import ContextCompacted, MessageQueued

_WORDS = "Go on where you were."


def compacted(state: Live, command: ReportCompacted) -> tuple[SessionEvent, ...]:
    """Told twice, it is old news; compacted twice before it was told again, it is told once."""
    if command.number <= state.compactions:
        return ()
    noted = ContextCompacted(number=command.number, before=command.before)
    if state.end is not None or any(one.prime for one in state.waiting):
        return (noted,)
    return (noted, MessageQueued(message=f"prime-{command.number}", text=_WORDS, urgent=True, prime=True))
