"""Rules about a session on another machine: what of its work is safe, and what becomes of it when that machine is gone.

- It ends at once, with what it had committed and brought home: nobody waits for the rest, and nobody is charged for it.
- What it was to end as holds, unless that was to submit: what it would have submitted is not here.
"""

import msgspec

from gastown.actors.commands.places import LoseSession, ReportWorkSaved
from gastown.actors.polecat import asks
from gastown.actors.polecat.state import Live, Unopened
from gastown.events.session import SessionEnded, SessionEvent, StopRequested, WorkSaved

_NOTHING = WorkSaved(base="", commit="", kept="")


def note_saved(state: Live, command: ReportWorkSaved) -> tuple[SessionEvent, ...]:
    saved = WorkSaved(base=command.base, commit=command.commit, kept=command.kept)
    return () if state.saved == saved else (saved,)


def evolve_saved(state: Live, event: WorkSaved) -> Live:
    return msgspec.structs.replace(state, saved=event)


def lose(state: Live, command: LoseSession) -> tuple[SessionEvent, ...]:
    outcome, reason = state.end or ("interrupted", command.reason)
    if outcome == "submitted":
        outcome, reason = "interrupted", command.reason
    saved = state.saved or _NOTHING
    ended = SessionEnded(
        outcome=outcome,
        reason=reason,
        base=saved.base,
        commit=saved.commit,
        kept=saved.kept,
        kept_commit=saved.commit,
        retry_at=state.retry_at,
    )
    return (*asks.closed(state, command.reason), ended)


def never_open(state: Unopened, command: LoseSession) -> tuple[SessionEvent, ...]:
    """It is over before it was opened; should that come, it is late."""
    del state
    stop = StopRequested(reason=command.reason, rig=command.rig, bead=command.bead)
    return (stop, SessionEnded(outcome="interrupted", reason=command.reason))
