"""handoff: a session ends so that a fresh one goes on with its bead."""

from typing import Any

import msgspec

from gastown.actors.commands.command import Owner
from gastown.actors.commands.handoff import HandOn
from gastown.actors.errands import AskSandbox, SandboxFacts
from gastown.api.beads import session_of
from gastown.api.call import Call, Method, Reply
from gastown.api.looking import session_at
from gastown.errors import RefusedError, UsageError
from gastown.events.handoff import HandoffOrdered
from gastown.events.session import EndOrdered
from gastown.projections.kernel.store import Record

LONGEST = 16_000
"""Characters of notes: the next worker is told them all."""


class Handoff(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """address: as of peek; a worker's own where it is "". notes: what whoever goes on is to know."""

    address: str = ""
    notes: str = ""


async def _handoff(call: Call, params: Handoff) -> Reply:
    """state: "asked" for its notes, or "ending"."""
    notes = params.notes.strip()
    if len(notes) > LONGEST:
        raise UsageError(f"{len(notes)} characters are too many for notes", "write them into a file, and commit that")
    session = _meant(call, params.address)
    seen = SandboxFacts(head="", base="", ahead=0)
    if call.speaker.session and notes:
        seen = await call.ask(AskSandbox(session=session["id"]), SandboxFacts)
    command = HandOn(
        session=session["id"],
        sender=call.speaker.actor,
        by_worker=bool(call.speaker.session),
        notes=notes,
        changed=seen.changed,
    )
    accepted = await call.order(Owner("polecat", session["id"]), command)
    facts = [one.envelope.data for one in accepted.events]
    ends = any(isinstance(one, EndOrdered) or (isinstance(one, HandoffOrdered) and not one.ask) for one in facts)
    shown = {name: session[name] for name in ("address", "bead")}
    return Reply(accepted.position, {"session": session["id"], **shown, "state": "ending" if ends else "asked"})


def _meant(call: Call, address: str) -> Record:
    if call.speaker.session:
        mine = session_of(call)
        if address not in ("", mine["id"], mine["address"], mine["bead"]):
            raise RefusedError(f"{address} is not your session", "hand on your own: gt handoff -m NOTES")
        return mine
    if not address:
        raise UsageError("say whose session is to be handed on", "gt handoff ADDRESS; see addresses: gt agents")
    session = session_at(call, address)
    if session["state"] == "ended":
        raise RefusedError(f"session {session['id']} has ended", f"gt bead show {session['bead']}")
    return session


METHODS: dict[str, Method[Any]] = {"handoff": Method(run=_handoff, params=Handoff, workers=True)}
