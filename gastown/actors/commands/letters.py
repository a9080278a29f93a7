"""What the Deacon hears from other towns."""

from gastown.actors.commands.command import Command
from gastown.events.letter import LetterEvent
from gastown.events.mail import Address, MailId


class HearLetter(Command, tag="deacon.hear_letter", frozen=True, kw_only=True):
    """A fact of the log of `town`, about a letter between it and this one. mail: the letter's id with whoever sent it.

    incarnation, position: where it stands there. Of a letter to this town, to: whom it is for, or wrong: why nobody
    here is called so.
    """

    town: str
    mail: MailId
    incarnation: str
    position: int
    fact: LetterEvent
    to: Address = ""
    wrong: str = ""
