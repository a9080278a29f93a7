"""mail.*: letters, which wait for whoever they are for."""

from typing import Any

import msgspec

from gastown.actors.commands.deacon import DEACON
from gastown.actors.commands.mail import ReadMail, SendMail
from gastown.api.addresses import answers_go_to, own, recipient
from gastown.api.call import Call, Method, Reply
from gastown.api.letters import addressed
from gastown.clock import now
from gastown.errors import RefusedError, UnknownThingError, UsageError
from gastown.events.mail import OVERSEER, town_of
from gastown.projections import mail
from gastown.projections.kernel.store import Record

LONGEST = 20_000
"""Characters of a text: it is put into a conversation as it is."""
LONGEST_SUBJECT = 200
_FROM_TEXT = 80  # characters of a text without a subject that stand for one


class Send(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """address: see addresses.py. urgent: within its turn, where its agent can be told so; otherwise after it."""

    address: str
    text: str
    subject: str = ""
    urgent: bool = False
    reply_to: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    mail: str
    text: str
    urgent: bool = False


class Inbox(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """address "": the speaker's own. all: what is read or dead, too."""

    address: str = ""
    all: bool = False


class One(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mail: str


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    address: str = ""


async def _send(call: Call, params: Send) -> Reply:
    if params.reply_to:
        _known(call, params.reply_to)
    return await _sent(call, (await addressed(call, params.address)), params)


async def _reply(call: Call, params: Answer) -> Reply:
    asked = _known(call, params.mail)
    if not asked["reply"]:
        raise RefusedError(f"mail {params.mail} is from the town itself, which reads none", "gt mail send ADDRESS ...")
    begin = "" if asked["subject"].startswith("Re: ") else "Re: "
    subject = f"{begin}{asked['subject']}"[:LONGEST_SUBJECT]
    to = asked["reply"]
    if to != OVERSEER and not town_of(to)[0]:
        to = recipient(call.store, to.partition("/")[2]).address
    answer = Send(address="", text=params.text, subject=subject, urgent=params.urgent, reply_to=params.mail)
    return await _sent(call, to, answer)


async def _sent(call: Call, to: str, params: Send) -> Reply:
    text, subject = _fit(params)
    command = SendMail(
        mail=call.command_id,
        sender=call.speaker.actor,
        reply=answers_go_to(call),
        to=to,
        subject=subject,
        text=text,
        at=now(),
        urgent=params.urgent,
        reply_to=params.reply_to,
    )
    accepted = await call.order(DEACON, command)
    return Reply(accepted.position, mail.show(call.store, call.command_id))


def _fit(params: Send) -> tuple[str, str]:
    text, subject = params.text.strip(), " ".join(params.subject.split())
    if not text:
        raise UsageError("there is nothing in this letter", "gt mail send ADDRESS -s SUBJECT -m TEXT")
    if len(text) > LONGEST:
        reason = f"{len(text)} characters are too many for a letter, which holds {LONGEST}"
        raise UsageError(reason, "write it down in the bead (gt bead update BEAD --notes TEXT), and name that")
    if len(subject) > LONGEST_SUBJECT:
        raise UsageError(f"a subject has at most {LONGEST_SUBJECT} characters", "the rest goes into the text: -m TEXT")
    return text, subject or text.splitlines()[0][:_FROM_TEXT]


def _known(call: Call, key: str) -> Record:
    """A letter that the speaker may see. Raises UnknownThingError, RefusedError."""
    found = mail.show(call.store, key)
    if found is None:
        raise UnknownThingError(f"there is no mail {key!r}", "gt mail inbox")
    mine = (*own(call), *((found["address"],) if found["sender"] == call.speaker.actor else ()))
    if call.speaker.session and found["address"] not in mine:
        raise RefusedError(f"mail {key} is not for session {call.speaker.session}", "gt mail inbox")
    return found


def _addresses(call: Call, written: str) -> tuple[str, ...]:
    """Raises UnknownThingError, RefusedError."""
    if not written:
        return own(call)
    asked = recipient(call.store, written).address
    if call.speaker.session and asked not in own(call):
        raise RefusedError(f"the mail of {written} is not for session {call.speaker.session}", "gt mail inbox")
    return (asked,)


async def _inbox(call: Call, params: Inbox) -> Reply:
    return call.reply(mail.inbox(call.store, _addresses(call, params.address), all_of_it=params.all))


async def _read(call: Call, params: One) -> Reply:
    """Asked for by whom it is for, it is read."""
    found = _known(call, params.mail)
    if found["state"] != "unread" or found["address"] not in own(call):
        return call.reply(found)
    accepted = await call.order(DEACON, ReadMail(mail=params.mail, reader=call.speaker.actor))
    return Reply(accepted.position, mail.show(call.store, params.mail))


async def _check(call: Call, params: Check) -> Reply:
    unread = mail.unread(call.store, _addresses(call, params.address))
    return call.reply({"unread": len(unread), "mail": unread})


METHODS: dict[str, Method[Any]] = {
    "mail.send": Method(run=_send, params=Send, workers=True),
    "mail.reply": Method(run=_reply, params=Answer, workers=True),
    "mail.inbox": Method(run=_inbox, params=Inbox, workers=True, timed=True),
    "mail.read": Method(run=_read, params=One, workers=True),
    "mail.check": Method(run=_check, params=Check, workers=True),
}
