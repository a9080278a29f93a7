"""Mail: words that outlive whoever they are for. Entity id: of the command that sent it. Owner: the Deacon.

An address in an event is "overseer", "bead/<id>" (whoever works on it, now or next), "polecat/<rig>/<name>" or
"town/<name>/<address>": whom a person in that other town writes to by that address.
"""

from typing import TypeAlias

from gastown.events.fact import Fact
from gastown.events.ids import BeadId, PolecatName, RigName, SessionId

KIND = "mail"

MailId: TypeAlias = str
Address: TypeAlias = str

OVERSEER: Address = "overseer"
TOWN = "deacon"
"""The sender of what the town itself has to say."""


def bead_address(bead: BeadId) -> Address:
    return f"bead/{bead}"


def polecat_address(rig: RigName, name: PolecatName) -> Address:
    return f"polecat/{rig}/{name}"


def town_address(town: str, written: str) -> Address:
    return f"town/{town}/{written}"


def town_of(address: Address) -> tuple[str, str]:
    """Which other town, and what is written to there; two "" where it is this one."""
    kind, _, rest = address.partition("/")
    town, _, written = rest.partition("/")
    return (town, written) if kind == "town" else ("", "")


def bead_of(address: Address) -> BeadId:
    """ "" where it is not a bead's."""
    kind, _, key = address.partition("/")
    return key if kind == "bead" else ""


class MailSent(Fact, tag="mail.sent", frozen=True, kw_only=True):
    """sender: as events name actors. reply: whom an answer goes to. reply_to: what it answers.

    until: seconds since the epoch; if nobody has it by then, nobody gets it. None: it waits.
    """

    sender: str
    reply: Address
    to: Address
    subject: str
    text: str
    urgent: bool = False
    reply_to: MailId = ""
    until: float | None = None


class MailOffered(Fact, tag="mail.offered", frozen=True, kw_only=True):
    """This session is to tell it to its agent, as soon as that can be told something."""

    session: SessionId


class MailTold(Fact, tag="mail.told", frozen=True, kw_only=True):
    """The agent's side of this session has said that it has it."""

    session: SessionId


class MailRead(Fact, tag="mail.read", frozen=True, kw_only=True):
    """Whom it is for has asked for it and was given it."""

    reader: str


class MailPassedOn(Fact, tag="mail.passed_on", frozen=True, kw_only=True):
    """The other town has it: whoever it is for finds it there."""


class MailDeadLettered(Fact, tag="mail.dead_lettered", frozen=True, kw_only=True):
    """Nobody gets it any more. Its sender is told so."""

    reason: str


MailEvent: TypeAlias = MailSent | MailOffered | MailTold | MailRead | MailPassedOn | MailDeadLettered
