"""Rules about messages: what an agent is told besides its brief.

- Nudges are for this session: one that it has not said to have when it ends goes back to its sender.
- Mail is for whoever works on the bead: what this session cannot tell any more waits with the Deacon for the next.
- Nothing is told twice that the agent has said to have, be it in its brief.
"""

from itertools import accumulate
from typing import assert_never

from msgspec.structs import replace as _replace

from gastown.actors.commands.polecat import DeliverMail, ReportTold, TellAgent
from gastown.actors.kernel.role import Rejected
from gastown.actors.polecat.state import Live
from gastown.events.session import SessionEvent
from gastown.events.turn import MessageDeferred, MessageQueued, MessagesTaken

NOTES_WANTED = "handoff"
"""The message that asks for notes; see `handoffs.py`."""
MOST_WAITING = 50
"""Nudges."""
_ROOM = 60_000  # characters of messages that begin one turn


def in_one_turn(waiting: tuple[MessageQueued, ...]) -> tuple[str, tuple[str, ...]]:
    """As many as there is room for, the first at least: the text, and which ones it holds."""
    sizes = accumulate(len(one.text) for one in waiting)
    now = waiting[: max(1, sum(1 for size in sizes if size <= _ROOM))]
    return "\n\n".join(said(one) for one in now), tuple(one.message for one in now)


def news(messages: tuple[MessageQueued, ...]) -> tuple[MessageQueued, ...]:
    """Without what the town itself has to say: what is only told again, and that it wants notes."""
    return tuple(one for one in messages if not one.prime and one.message != NOTES_WANTED)


def said(one: MessageQueued) -> str:
    """With its id, by which an agent that is told it again knows it. What is only told again has none."""
    return one.text if one.prime else f"Message {one.message} from {one.sender or 'the town'}:\n{one.text}"


def queue_message(state: Live, command: TellAgent) -> tuple[SessionEvent, ...] | Rejected:
    """Known ids are old news."""
    if command.message in state.queued:
        return ()
    if state.end is not None:
        return Rejected(f"session {state.session} is ending", f"gt mail send {state.opened.bead} -s SUBJECT -m TEXT")
    if len(state.waiting) >= MOST_WAITING:
        reason = f"{len(state.waiting)} messages wait already to be told in session {state.session}"
        return Rejected(reason, f"wait until its turn has ended: gt peek {state.session}")
    queued = MessageQueued(
        message=command.message,
        text=command.text,
        sender=command.sender,
        urgent=command.urgent,
        reply=command.reply,
    )
    return (queued,)


def queue_mail(state: Live, command: DeliverMail) -> tuple[SessionEvent, ...]:
    if command.message in state.queued | state.taken or state.end is not None:
        return ()
    queued = MessageQueued(
        message=command.message, text=command.text, sender=command.sender, urgent=command.urgent, mail=True
    )
    return (queued,)


def note_told(state: Live, command: ReportTold) -> tuple[SessionEvent, ...]:
    """What the agent has taken is told to it; what it refused within a turn waits for the turn's end."""
    if command.refused:
        urgent = {one.message for one in state.waiting if one.urgent}
        return tuple(MessageDeferred(message=key, reason=command.refused) for key in command.messages if key in urgent)
    expected = frozenset(command.messages) if command.brief else state.queued
    fresh = tuple(key for key in command.messages if key in expected - state.taken)
    return (MessagesTaken(messages=fresh, brief=command.brief),) if fresh else ()


def untold(state: Live) -> tuple[MessageQueued, ...]:
    """Nudges that its agent has not said to have. What the town itself had to tell it is nobody's any more."""
    return tuple(one for one in (*state.under_way, *state.waiting) if not one.mail and one.sender)


def evolve(state: Live, event: MessageQueued | MessagesTaken | MessageDeferred) -> Live:
    match event:
        case MessageQueued(message=key):
            mails = state.mails | {key} if event.mail else state.mails
            return _replace(state, waiting=(*state.waiting, event), queued=state.queued | {key}, mails=mails)
        case MessagesTaken(messages=taken):
            told = tuple(key for key in taken if event.brief or key in state.mails)
            waiting, under_way = _without(state.waiting, taken), _without(state.under_way, taken)
            known = state.taken.union(taken)
            return _replace(state, waiting=waiting, under_way=under_way, taken=known, told=(*state.told, *told))
        case MessageDeferred(message=key):
            changed = tuple(_replace(one, urgent=False) if one.message == key else one for one in state.waiting)
            return _replace(state, waiting=changed)
        case _:
            assert_never(event)


def under_way(state: Live, keys: tuple[str, ...]) -> Live:
    """These begin a turn."""
    going = tuple(one for one in state.waiting if one.message in keys)
    return _replace(state, waiting=_without(state.waiting, keys), under_way=(*state.under_way, *going))


def _without(messages: tuple[MessageQueued, ...], keys: tuple[str, ...]) -> tuple[MessageQueued, ...]:
    return tuple(one for one in messages if one.message not in keys)
