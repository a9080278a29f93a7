"""Rules about mail that crosses between towns.

- A letter is a fact of this town's log, which the other town hears from the hub's copy, however long either is away.
- It waits here until the other town says that it has it, or why nobody there gets it: then it goes back to its sender.
- A letter that is heard is mail here, under an id that no letter of this town has; heard again, it is none.
- From one other town no more than so many letters wait here: the others go back, whatever that town does.
"""

import msgspec

from gastown.actors.commands.letters import HearLetter
from gastown.actors.deacon.state import Deacon
from gastown.actors.kernel.role import Change, Decision
from gastown.events import letter, mail
from gastown.events.ids import Entity, abroad, at_home
from gastown.events.letter import LetterEvent, LetterRefused, LetterSent, LetterTaken
from gastown.events.mail import MailId, MailPassedOn, MailSent, town_of

MOST_FROM_TOWN = 200
"""Letters of one other town that nobody here has yet."""


def sent(state: Deacon, key: MailId, event: MailSent) -> tuple[Change, ...]:
    """A letter, and what the other town hears of it, if it is for one."""
    change = Change(Entity(mail.KIND, key), event)
    town, written = town_of(event.to)
    if not town:
        return (change,)
    crossing = LetterSent(
        sender=event.sender,
        reply=event.reply,
        to=written,
        subject=event.subject,
        text=event.text,
        urgent=event.urgent,
        reply_to=abroad(state.name, event.reply_to) if event.reply_to else "",
    )
    return change, _on(town, key, crossing)


def hear_sent(state: Deacon, command: HearLetter, fact: LetterSent) -> Decision:
    if command.position <= state.heard.get(command.incarnation, 0):
        return ()
    if wrong := command.wrong or _too_many(state, command.town):
        refused = LetterRefused(incarnation=command.incarnation, position=command.position, reason=wrong)
        return (_on(command.town, command.mail, refused),)
    got = MailSent(
        sender=f"{command.town}/{fact.sender}",
        reply=mail.town_address(command.town, _as_written(fact.reply)) if fact.reply else "",
        to=command.to,
        subject=fact.subject,
        text=fact.text,
        urgent=fact.urgent,
        reply_to=at_home(state.name, fact.reply_to),
    )
    key = abroad(command.town, command.mail)
    taken = LetterTaken(incarnation=command.incarnation, position=command.position)
    return Change(Entity(mail.KIND, key), got), _on(command.town, command.mail, taken)


def hear_taken(state: Deacon, command: HearLetter) -> Decision:
    return (Change(Entity(mail.KIND, command.mail), MailPassedOn()),) if is_with(state, command) else ()


def is_with(state: Deacon, command: HearLetter) -> bool:
    """Does this letter wait for that town's word?"""
    known = state.mails.get(command.mail)
    return known is not None and town_of(known.sent.to)[0] == command.town


def _too_many(state: Deacon, town: str) -> str:
    waiting = sum(count for sender, count in state.senders.items() if sender.startswith(f"{town}/"))
    return f"{waiting} letters of {town} wait to be read" if waiting >= MOST_FROM_TOWN else ""


def _as_written(address: str) -> str:
    """How a person there writes what events there call `address`."""
    kind, _, name = address.partition("/")
    return name if kind in ("bead", "polecat") else address


def _on(town: str, key: MailId, event: LetterEvent) -> Change:
    return Change(Entity(letter.KIND, f"{town}.{key}"), event)


def evolve(state: Deacon, event: LetterTaken | LetterRefused) -> Deacon:
    return msgspec.structs.replace(state, heard=state.heard.set(event.incarnation, event.position))
