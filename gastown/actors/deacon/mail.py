"""Rules about mail.

- Mail to a bead is told to the session that works on it, now or next, until the agent's side has said that it has it.
- When nobody will work on that bead any more, it goes back to its sender, with the reason. So does a nudge that was not
  told when its session ended.
- Mail to a polecat without work is told to its next session; after a week it goes back.
- Mail to the Overseer waits until it is read.
- Mail to another town waits for what that says (see letters.py).
- Nobody has more than so many letters waiting. What the town sends itself has no limit, and never goes back.
"""

import msgspec
from immutables import Map

from gastown.actors.commands.command import Owner
from gastown.actors.commands.letters import HearLetter
from gastown.actors.commands.mail import (
    AttendMail,
    ExpireMail,
    ReadMail,
    ReportBeadDone,
    ReportMailTold,
    ReturnNudges,
    SendMail,
    Untold,
)
from gastown.actors.commands.mayor import MAYOR, AddressBead
from gastown.actors.commands.polecat import DeliverMail
from gastown.actors.deacon import letters
from gastown.actors.deacon.state import Deacon, Mail
from gastown.actors.effects import Effect, Message, RemindAt, Tell
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.events import mail
from gastown.events.ids import Entity
from gastown.events.letter import LetterRefused, LetterSent, LetterTaken
from gastown.events.mail import (
    MailDeadLettered,
    MailEvent,
    MailId,
    MailOffered,
    MailPassedOn,
    MailRead,
    MailSent,
    MailTold,
)

PATIENCE = 7 * 86_400.0
"""Seconds that mail waits for a polecat's next session."""
MOST_WAITING = 100
"""Letters of one sender that nobody has yet: enough for a round to all workers, and too few to fill a log by a loop."""
_WORDS = 60  # characters of a nudge that stand in the subject of the letter that brings it back


def send_mail(state: Deacon, command: SendMail) -> Decision:
    if command.mail in state.mails:
        return ()
    waiting = state.senders.get(command.sender, 0)
    if waiting >= MOST_WAITING:
        reason = f"{waiting} letters of {command.sender} wait to be read"
        return Rejected(reason, "write it down in the bead (gt bead update BEAD --notes TEXT), or wait")
    sent = MailSent(
        sender=command.sender,
        reply=command.reply,
        to=command.to,
        subject=command.subject,
        text=command.text,
        urgent=command.urgent,
        reply_to=command.reply_to,
        until=command.at + PATIENCE if command.to.startswith("polecat/") else None,
    )
    return letters.sent(state, command.mail, sent)


def read_mail(state: Deacon, command: ReadMail) -> Decision:
    return (_on(command.mail, MailRead(reader=command.reader)),) if command.mail in state.mails else ()


def attend_mail(state: Deacon, command: AttendMail) -> Decision:
    """What waits for this address is for this session, if it is not already."""
    return tuple(
        _on(key, MailOffered(session=command.session))
        for key, one in sorted(state.mails.items())
        if one.sent.to == command.address and one.session != command.session
    )


def report_mail_told(state: Deacon, command: ReportMailTold) -> Decision:
    known = (key for key in dict.fromkeys(command.mails) if key in state.mails)
    return tuple(_on(key, MailTold(session=command.session)) for key in known)


def report_bead_done(state: Deacon, command: ReportBeadDone) -> Decision:
    address = mail.bead_address(command.bead)
    reason = f"{command.bead} {command.how}, and nobody had it before"
    gone = [key for key, one in sorted(state.mails.items()) if one.sent.to == address]
    return tuple(change for key in gone for change in dead(state, key, reason))


def hear_letter(state: Deacon, command: HearLetter) -> Decision:
    match command.fact:
        case LetterSent():
            return letters.hear_sent(state, command, command.fact)
        case LetterTaken():
            return letters.hear_taken(state, command)
        case LetterRefused(reason=reason):
            return dead(state, command.mail, reason) if letters.is_with(state, command) else ()


def expire_mail(state: Deacon, command: ExpireMail) -> Decision:
    late = [
        key for key, one in sorted(state.mails.items()) if one.sent.until is not None and one.sent.until <= command.at
    ]
    reason = f"it had no session within {PATIENCE / 86_400:g} days"
    return tuple(change for key in late for change in dead(state, key, reason))


def return_nudges(state: Deacon, command: ReturnNudges) -> Decision:
    """Each as a letter of its own, once."""
    back = ((_back(nudge.message), nudge) for nudge in command.nudges)
    return tuple(_on(key, _not_told(command, nudge)) for key, nudge in back if key not in state.mails)


def dead(state: Deacon, key: MailId, reason: str) -> tuple[Change, ...]:
    """It, and the letter that says so to its sender."""
    one = state.mails[key]
    dead = _on(key, MailDeadLettered(reason=reason))
    if not one.sent.reply:
        return (dead,)
    notice = MailSent(
        sender=mail.TOWN,
        reply="",
        to=one.sent.reply,
        subject=f"Not delivered: {one.sent.subject}",
        text=f"Your mail {key} reached nobody: {reason}. It said:\n\n{one.sent.text}",
        reply_to=key,
    )
    return dead, *letters.sent(state, _back(key), notice)


def _not_told(command: ReturnNudges, nudge: Untold) -> MailSent:
    text = (
        f"Your nudge {nudge.message} is not known to have been told: session {command.session} has ended, and its agent"
        f" had not said that it has it. It said:\n\n{nudge.text}"
    )
    line = " ".join(nudge.text.split())
    subject = f"Not told: {line[:_WORDS]}{'…' if len(line) > _WORDS else ''}"
    return MailSent(sender=mail.TOWN, reply="", to=nudge.reply or mail.OVERSEER, subject=subject, text=text)


def _back(key: MailId) -> MailId:
    return f"{key}-back"


def _on(key: MailId, event: MailEvent) -> Change:
    return Change(Entity(mail.KIND, key), event)


def evolve(state: Deacon, key: MailId, event: MailEvent) -> Deacon:
    match event:
        case MailSent():
            return _with(state, event.sender, 1, state.mails.set(key, Mail(sent=_kept(event))))
        case MailOffered(session=session):
            one = msgspec.structs.replace(state.mails[key], session=session)
            return msgspec.structs.replace(state, mails=state.mails.set(key, one))
        case MailTold() | MailRead() | MailPassedOn() | MailDeadLettered():
            return _with(state, state.mails[key].sent.sender, -1, state.mails.delete(key))


def _kept(sent: MailSent) -> MailSent:
    """What a person reads is in the views; the Deacon has nothing to do with the words."""
    return msgspec.structs.replace(sent, text="", subject="") if sent.to == mail.OVERSEER else sent


def _with(state: Deacon, sender: str, more: int, mails: Map[MailId, Mail]) -> Deacon:
    count = state.senders.get(sender, 0) + more
    senders = state.senders.set(sender, count) if count else state.senders.delete(sender)
    return msgspec.structs.replace(state, mails=mails, senders=senders)


def due(state: Deacon) -> tuple[Effect, ...]:
    effects: list[Effect] = []
    for key, one in state.mails.items():
        about = Entity(mail.KIND, key)
        if bead := mail.bead_of(one.sent.to):
            address = AddressBead(bead=bead, mail=key)
            effects.append(Tell(key=f"tell:address:{key}", about=about, messages=(Message(MAYOR, address),)))
        if one.session:
            told = Message(Owner("polecat", one.session), _delivery(key, one))
            effects.append(Tell(key=f"tell:mail:{key}:{one.session}", about=about, messages=(told,)))
    return (*effects, *_reminder(state))


def _delivery(key: MailId, one: Mail) -> DeliverMail:
    sent = one.sent
    answer = f"\n\n(to answer: gt mail reply {key} -m TEXT)" if sent.reply else ""
    return DeliverMail(
        session=one.session,
        message=key,
        text=f"Subject: {sent.subject}\n\n{sent.text}{answer}",
        sender=sent.sender,
        urgent=sent.urgent,
    )


def _reminder(state: Deacon) -> tuple[RemindAt, ...]:
    """Of the first that is too late."""
    late = [(one.sent.until, key) for key, one in state.mails.items() if one.sent.until is not None]
    if not late:
        return ()
    at, key = min(late)
    return (RemindAt(key=f"remind:mail:{key}", about=Entity(mail.KIND, key), at=at, command=ExpireMail(at=at)),)
