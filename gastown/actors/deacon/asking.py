"""Rules about what workers and people escalate.

- Whoever asks goes on meanwhile, and may have a few matters open at once.
- A person acknowledges a matter, and settles what was asked, which is written to whoever asked. What the town raised
  itself is settled by what it is about.
"""

from typing import assert_never

import msgspec

from gastown.actors.commands.deacon import AckEscalation, AskPerson, SettleEscalation
from gastown.actors.deacon.adoptions import MATTER
from gastown.actors.deacon.state import Deacon
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.events import escalation, mail
from gastown.events.escalation import EscalationAcked, EscalationClosed, EscalationRaised
from gastown.events.ids import Entity
from gastown.events.mail import MailSent

MOST_OPEN = 5
"""Of one asker."""
_ASKED = "asked."
_PERSONS = (_ASKED, "parked.", MATTER)
"""What only a person settles begins so: what was asked, what one owner refused another, and what was adopted."""


def ask_person(state: Deacon, command: AskPerson) -> Decision:
    prefix = f"{_ASKED}{command.asker}."
    mine = [key for key in state.raised if key.startswith(prefix)]
    waiting = sorted(key for key in mine if state.raised[key])
    if len(waiting) >= MOST_OPEN:
        hint = "wait for an answer, or end: gt done --status escalated --reason TEXT"
        return Rejected(f"{command.asker} asks for a person already, {len(waiting)} times: {', '.join(waiting)}", hint)
    key = f"{prefix}{len(mine) + 1}"
    raised = EscalationRaised(
        about=command.about,
        severity=command.severity,
        reason=command.reason,
        hint=f"gt escalation close {key} --reason DECISION",
        reply=command.reply,
    )
    return (_on(key, raised),)


def ack_escalation(state: Deacon, command: AckEscalation) -> Decision:
    key = command.escalation
    if not state.raised.get(key):
        return _not_open(state, key)
    return () if key in state.acked else (_on(key, EscalationAcked(by=command.by)),)


def settle_escalation(state: Deacon, command: SettleEscalation) -> Decision:
    key = command.escalation
    if not state.raised.get(key):
        return _not_open(state, key)
    if not key.startswith(_PERSONS):
        reason = f"{key} was raised by the town, and is settled by what it is about"
        return Rejected(reason, "what moves it: gt escalations; to say that you have seen it: gt escalation ack ID")
    closed = _on(key, EscalationClosed(how=command.how))
    asker = state.askers.get(key, mail.OVERSEER)
    if asker == mail.OVERSEER:
        return (closed,)
    answer = MailSent(
        sender=command.by,
        reply=mail.OVERSEER,
        to=asker,
        subject=f"Decided: {key}",
        text=f"What you asked a person for as {key} is decided: {command.how}",
    )
    return closed, Change(Entity(mail.KIND, f"{key}-answer"), answer)


def evolve(state: Deacon, key: str, event: EscalationRaised | EscalationAcked | EscalationClosed) -> Deacon:
    replace = msgspec.structs.replace
    match event:
        case EscalationRaised(reply=reply):
            askers = state.askers.set(key, reply) if reply else state.askers
            return replace(state, raised=state.raised.set(key, True), askers=askers)
        case EscalationAcked():
            return replace(state, acked=state.acked.set(key, None))
        case EscalationClosed():
            return replace(
                state,
                raised=state.raised.set(key, False),
                acked=state.acked.delete(key) if key in state.acked else state.acked,
                askers=state.askers.delete(key) if key in state.askers else state.askers,
            )
        case _:
            assert_never(event)


def _not_open(state: Deacon, key: str) -> Rejected | tuple[()]:
    if key in state.raised:
        return ()
    return Rejected(f"there is no escalation {key!r}", "see them: gt escalations --all", "unknown")


def _on(key: str, event: EscalationRaised | EscalationAcked | EscalationClosed) -> Change:
    return Change(Entity(escalation.KIND, key), event)
