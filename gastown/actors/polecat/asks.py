"""Rules about asks: what its agent may not use before a person has said so.

- An ask waits for a person; the first answer counts. Nothing is ever allowed by time, or for want of an answer.
- The end of its turn, or of its session, closes it, answered or not.
- Whoever refuses may say why: the agent is told that as a message.
"""

from typing import assert_never

from msgspec.structs import replace as _replace

from gastown.actors.commands.asks import AnswerAsk, ReportAnswered, ReportAsk
from gastown.actors.effects import GiveAnswer
from gastown.actors.kernel.role import Rejected
from gastown.actors.polecat.state import Live, OpenAsk, Polecat, entity
from gastown.events.ask import AskAnswered, AskClosed, AskEvent, AskRaised
from gastown.events.session import SessionEvent
from gastown.events.turn import MessageQueued


def note_ask(state: Live, command: ReportAsk) -> tuple[SessionEvent, ...]:
    """One that is known, or of a turn that is over, is old news."""
    known = any(one.raised.key == command.key for one in state.asks)
    if known or state.end is not None or state.turn_over or command.turn != state.turn:
        return ()
    raised = AskRaised(
        ask=f"{state.session}.{state.asked + 1}",
        key=command.key,
        tool=command.tool,
        title=command.title,
        detail=command.detail,
        turn=command.turn,
    )
    return (raised,)


def answer_ask(state: Live, command: AnswerAsk) -> tuple[SessionEvent, ...] | Rejected:
    one = next((one for one in state.asks if one.raised.ask == command.ask), None)
    if one is None:
        return over(state, command)
    if one.answer is not None:
        if one.answer.allow == command.allow:
            return ()
        said = "allowed" if one.answer.allow else "denied"
        return Rejected(f"{command.ask} was {said} already: the first answer counts", "gt asks --all", "taken")
    answered = AskAnswered(ask=command.ask, allow=command.allow, reason=command.reason)
    if command.allow or not command.reason:
        return (answered,)
    text = f"You were not let use {one.raised.tool} ({one.raised.title}): {command.reason}"
    return (answered, MessageQueued(message=f"{command.ask}.why", text=text, sender=command.sender, urgent=True))


def over(state: Polecat, command: AnswerAsk) -> Rejected:
    """Of one that waits no more, or never did."""
    del state
    return Rejected(f"nobody waits for an answer to {command.ask}", "see those that wait: gt asks", "unknown")


def note_answered(state: Live, command: ReportAnswered) -> tuple[SessionEvent, ...]:
    if all(one.raised.ask != command.ask for one in state.asks):
        return ()
    return (AskClosed(ask=command.ask, how="told" if command.taken else "nobody waited for it any more"),)


def closed(state: Live, how: str) -> tuple[AskClosed, ...]:
    """All that are open."""
    return tuple(AskClosed(ask=one.raised.ask, how=how) for one in state.asks)


def evolve_ask(state: Live, event: AskEvent) -> Live:
    match event:
        case AskRaised():
            return _replace(state, asks=(*state.asks, OpenAsk(raised=event)), asked=state.asked + 1)
        case AskAnswered():
            asks = tuple(_replace(one, answer=event) if one.raised.ask == event.ask else one for one in state.asks)
            return _replace(state, asks=asks)
        case AskClosed():
            return _replace(state, asks=tuple(one for one in state.asks if one.raised.ask != event.ask))
        case _:
            assert_never(event)


def answers(state: Live) -> list[GiveAnswer]:
    """Those that are given, until the agent is known to have them."""
    return [
        GiveAnswer(
            key=f"answer:{one.raised.ask}",
            about=entity(state),
            session=state.session,
            ask=one.raised.ask,
            ask_key=one.raised.key,
            allow=one.answer.allow,
            host=state.opened.host,
        )
        for one in state.asks
        if one.answer is not None
    ]
