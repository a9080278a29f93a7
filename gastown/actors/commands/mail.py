"""What the Deacon can be told about mail."""

from typing import TypeAlias

import msgspec

from gastown.actors.commands.command import Command
from gastown.events.ids import BeadId, SessionId
from gastown.events.mail import Address, MailId


class SendMail(Command, tag="deacon.send_mail", frozen=True, kw_only=True):
    """See MailSent. at: seconds since the epoch."""

    mail: MailId
    sender: str
    reply: Address
    to: Address
    subject: str
    text: str
    at: float
    urgent: bool = False
    reply_to: MailId = ""


class ReadMail(Command, tag="deacon.read_mail", frozen=True, kw_only=True):
    """Whom it is for has it on the screen."""

    mail: MailId
    reader: str


class AttendMail(Command, tag="deacon.attend_mail", frozen=True, kw_only=True):
    """This session is at work, and whatever waits for this address is for it."""

    session: SessionId
    address: Address


class ReportMailTold(Command, tag="deacon.report_mail_told", frozen=True, kw_only=True):
    """From a session's Polecat: its agent has these."""

    session: SessionId
    mails: tuple[MailId, ...]


class ReportBeadDone(Command, tag="deacon.report_bead_done", frozen=True, kw_only=True):
    """From the Mayor: nobody will work on it. how: in words."""

    bead: BeadId
    how: str


class Untold(msgspec.Struct, frozen=True, kw_only=True):
    """A nudge nobody knows to have been told. reply: whom that is to be said; "": the Overseer."""

    message: str
    text: str
    reply: Address = ""


class ReturnNudges(Command, tag="deacon.return_nudges", frozen=True, kw_only=True):
    """From a session's Polecat: it has ended, and these its agent has not said to have."""

    session: SessionId
    nudges: tuple[Untold, ...]


class ExpireMail(Command, tag="deacon.expire_mail", frozen=True, kw_only=True):
    """From herself: it is this late (seconds since the epoch)."""

    at: float


MailCommand: TypeAlias = SendMail | ReadMail | AttendMail | ReportMailTold | ReportBeadDone | ReturnNudges | ExpireMail
