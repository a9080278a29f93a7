"""Mail that crosses from one town into another. Entity id: "<the other town>.<mail>". Owner: the Deacon.

What one town writes here the other hears, from the hub's copy of the first one's log.
"""

from typing import TypeAlias

from gastown.events.fact import Fact
from gastown.events.mail import Address, MailId

KIND = "letter"


class LetterSent(Fact, tag="letter.sent", frozen=True, kw_only=True):
    """To the other town. sender: as actors are named here. reply: whom here an answer goes to, "" for nobody.

    to: whom it is for, as a person writes it there. reply_to: which mail it answers, as the other town names that.
    """

    sender: str
    reply: Address
    to: str
    subject: str
    text: str
    urgent: bool = False
    reply_to: MailId = ""


class LetterTaken(Fact, tag="letter.taken", frozen=True, kw_only=True):
    """Heard from the other town: whoever it is for has it in the inbox.

    incarnation, position: of the other town's log, where it stands: nothing up to there is heard again.
    """

    incarnation: str
    position: int


class LetterRefused(Fact, tag="letter.refused", frozen=True, kw_only=True):
    """Heard from the other town, and nobody here gets it. incarnation, position: see LetterTaken."""

    incarnation: str
    position: int
    reason: str


LetterEvent: TypeAlias = LetterSent | LetterTaken | LetterRefused
