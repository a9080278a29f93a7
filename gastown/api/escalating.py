"""escalate, escalation.*: what only a person can decide, and what becomes of it."""

from typing import Any

import msgspec

from gastown.actors.commands.deacon import DEACON, AckEscalation, AskPerson, SettleEscalation
from gastown.api.addresses import answers_go_to, own_session
from gastown.api.beads import known
from gastown.api.call import Call, Method, Reply
from gastown.errors import UsageError
from gastown.events import bead, town
from gastown.events.escalation import Severity
from gastown.events.ids import Entity
from gastown.projections import escalations
from gastown.projections.kernel.store import Record

LONGEST = 4_000  # characters


class Escalate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """about: a bead; "": the speaker's own, of a person the town."""

    text: str
    severity: Severity = "medium"
    about: str = ""


class One(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    escalation: str
    reason: str = ""


async def _escalate(call: Call, params: Escalate) -> Reply:
    text = params.text.strip()
    if not text:
        raise UsageError("there is nothing to decide", "gt escalate TEXT")
    if len(text) > LONGEST:
        reason = f"{len(text)} characters are too many for an escalation, which holds {LONGEST}"
        raise UsageError(reason, "say what is to be decided, and put the rest into the bead's notes")
    command = AskPerson(
        asker=call.speaker.session or call.speaker.actor,
        reply=answers_go_to(call),
        about=_about(call, params.about),
        severity=params.severity,
        reason=text,
    )
    accepted = await call.order(DEACON, command)
    return Reply(accepted.position, _shown(call, accepted.events[0].entity.id))


def _about(call: Call, named: str) -> Entity:
    if named:
        return Entity(bead.KIND, known(call, named)["id"])
    session = own_session(call)
    return Entity(bead.KIND, session["bead"]) if session else Entity(town.KIND, "town")


def _shown(call: Call, key: str) -> Record:
    return next(one for one in escalations.listing(call.store, closed_too=True) if one["id"] == key)


async def _ack(call: Call, params: One) -> Reply:
    accepted = await call.order(DEACON, AckEscalation(escalation=params.escalation, by=call.speaker.actor))
    return Reply(accepted.position, _shown(call, params.escalation))


async def _close(call: Call, params: One) -> Reply:
    how = params.reason or f"closed by {call.speaker.actor}"
    accepted = await call.order(DEACON, SettleEscalation(escalation=params.escalation, how=how, by=call.speaker.actor))
    return Reply(accepted.position, _shown(call, params.escalation))


METHODS: dict[str, Method[Any]] = {
    "escalate": Method(run=_escalate, params=Escalate, workers=True),
    "escalation.ack": Method(run=_ack, params=One),
    "escalation.close": Method(run=_close, params=One),
}
