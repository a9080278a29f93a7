"""nudge: a message for an agent at work."""

from typing import Any

import msgspec

from gastown.actors.commands.command import Owner
from gastown.actors.commands.polecat import TellAgent
from gastown.adapters.agents import catalogue
from gastown.api.addresses import answers_go_to
from gastown.api.call import Call, Method, Reply
from gastown.api.looking import session_at
from gastown.errors import RefusedError, UsageError
from gastown.projections import messages
from gastown.projections.kernel.store import Record

LONGEST = 20_000
"""Characters: it is put into a conversation as it is."""


class Nudge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """address: as of peek. urgent: within the turn, where its agent can be told so; otherwise after it."""

    address: str
    text: str
    urgent: bool = False


async def _nudge(call: Call, params: Nudge) -> Reply:
    text = params.text.strip()
    if not text:
        raise UsageError("there is nothing to tell", "gt nudge ADDRESS TEXT")
    if len(text) > LONGEST:
        raise UsageError(f"{len(text)} characters are too many for a nudge", "write it down in the bead, and name that")
    session = session_at(call, params.address)
    if session["state"] == "ended":
        raise RefusedError(f"session {session['id']} has ended", _later(session))
    vendor = catalogue.vendor(session["vendor"])
    if vendor is None or "turns" not in vendor.can:
        raise RefusedError(
            f"agent {session['agent']} takes no turns, and listens to its brief alone",
            _later(session),
        )
    told = TellAgent(
        session=session["id"],
        message=call.command_id,
        text=text,
        sender=call.speaker.actor,
        urgent=params.urgent,
        reply=answers_go_to(call),
    )
    accepted = await call.order(Owner("polecat", session["id"]), told)
    return Reply(accepted.position, _shown(call, session, call.command_id))


def _later(session: Record) -> str:
    """A nudge is for now; what may wait is mail."""
    return f"gt mail send {session['bead']} -s SUBJECT -m TEXT, for whoever works on it, now or next"


def _shown(call: Call, session: Record, message: str) -> Record:
    (found,) = [one for one in messages.of_session(call.store, session["id"]) if one["id"] == message]
    return {"session": session["id"], "address": session["address"], **found}


METHODS: dict[str, Method[Any]] = {"nudge": Method(run=_nudge, params=Nudge, workers=True)}
