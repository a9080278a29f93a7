"""A session's context, from the views as they stand."""

from pathlib import Path

from gastown import directives
from gastown.bus.texts import Texts
from gastown.errors import UnknownThingError
from gastown.projections import attempts, beads, handoffs, mail, rigs, sessions
from gastown.projections.context import Context, Known, render
from gastown.projections.kernel.store import Store
from gastown.projections.whole_texts import in_full


async def for_session(store: Store, texts: Texts, session: str, town: Path, *, again: bool = False) -> Context:
    """What this session's worker is told. town: its folder, for directives. again: see `context.render`; its mail is
    then told as any other message.

    Raises UnknownThingError where the views do not know it, TextLostError, LogUnavailableError.
    """
    opened = sessions.show(store, session)
    bead = opened and beads.show(store, opened["bead"])
    rig = opened and rigs.show(store, opened["rig"])
    if not (opened and bead and rig):
        raise UnknownThingError(f"no session {session!r}", "gt agents shows who works")
    known = Known(
        bead=await in_full(texts, bead),
        rig=rig,
        session=opened,
        needs=tuple(beads.needs_of(store, bead["id"])),
        notes=tuple(handoffs.of_bead(store, bead["id"])),
        attempts=tuple(attempts.of_bead(store, bead["id"])),
        directives=directives.read(town, "polecat", rig["name"]),
        mail=() if again else tuple(mail.unread(store, mail.addresses_of(opened))),
    )
    return render(known, again=again)
