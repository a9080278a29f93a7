"""A session's brief, from the views as they stand."""

from gastown.bus.texts import Texts
from gastown.errors import UnknownThingError
from gastown.projections import attempts, beads, rigs, sessions
from gastown.projections.brief import render_brief
from gastown.projections.kernel.store import Store
from gastown.projections.whole_texts import in_full


async def for_session(store: Store, texts: Texts, session: str) -> str:
    """What this session's worker is told. Raises UnknownThingError where the views do not know it, TextLostError,
    LogUnavailableError."""
    opened = sessions.show(store, session)
    bead = opened and beads.show(store, opened["bead"])
    rig = opened and rigs.show(store, opened["rig"])
    if not (opened and bead and rig):
        raise UnknownThingError(f"no session {session!r}", "gt agents shows who works")
    told = await in_full(texts, bead)
    return render_brief(told, beads.needs_of(store, bead["id"]), attempts.of_bead(store, bead["id"]), rig, opened)
