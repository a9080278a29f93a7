"""Rules about turns: what an agent is told next, and when enough is enough.

- After a turn the agent goes on only once the Mayor has let it; what came meanwhile is told it with the rest.
- A turn that may not be ends the session, as the Mayor says.
- A turn that ends with commits and no uncommitted change hands in, unless somebody has something to tell it first.
- A turn that ends with nothing to hand in is followed by a reminder, twice; then the session ends as it stands.
- A turn that its API refuses for now is asked for again, and told again: the Mayor lets it begin when it is time.
- A turn that fails otherwise ends the session: a login that is not taken is blamed on the account, not on the bead.
- Messages wait for the end of the turn; an urgent one is told within it, where the agent can be told so.
- What is only told again (`compaction.py`) goes with the next turn, and is no reason for one.
"""

from typing import assert_never

from msgspec.structs import replace as _replace

from gastown.actors.commands.polecat import PermitTurn, RefuseTurn, ReportTurn
from gastown.actors.polecat import handoffs, messages
from gastown.actors.polecat.state import Live
from gastown.events.gate import Settlement
from gastown.events.session import EndOrdered, Outcome, SessionEvent
from gastown.events.turn import (
    ContextCompacted,
    ConversationOpened,
    Failure,
    FailureKind,
    MessageDeferred,
    MessageQueued,
    MessagesTaken,
    TurnEnded,
    TurnEvent,
    TurnOrdered,
    TurnRequested,
)

MOST_TEXT = 4000
"""Characters of what was said last, that are noted of a turn."""
REMINDERS = 2
"""In a row."""

_NAMED = 5  # files that a text names
_REASON = 300  # characters

_OUTCOMES: dict[FailureKind, Outcome] = {
    "auth": "agent_broke",
    "rate_limit": "throttled",
    "server": "failed",
    "input": "failed",
    "silent": "failed",
    "crash": "failed",
}

_PAUSES: dict[FailureKind, float] = {"rate_limit": 60.0, "server": 60.0}
"""Seconds until an agent is tried again whose API does not say how long it is to wait."""


REFUSED: tuple[FailureKind, ...] = ("rate_limit", "server")
"""Nobody's fault here: the agent can go on when its API gives it something again."""

MOST_REFUSED = 10
"""Turns in a row that an API may fail at, until what it is asked for is taken to be the reason."""


def end_turn(state: Live, command: ReportTurn) -> tuple[SessionEvent, ...]:
    """What follows from the end of a turn. One that is told again is over already."""
    if command.number != state.turn or state.turn_over:
        return ()
    over = ended(state, command)
    if state.end is not None:
        return (over,)
    return (over, *(handoffs.after_notes(state, command) or (_next(state, command),)))


def ended(state: Live, command: ReportTurn) -> TurnEnded:
    named = state.conversation.model if state.conversation else ""
    return TurnEnded(
        number=command.number,
        end=command.end,
        at=command.at,
        model=command.model or named or state.opened.agent.model,
        text=command.text[-MOST_TEXT:],
        usage=command.usage,
        failure=command.failure,
        ahead=command.ahead,
        changed=command.changed,
        denied=command.denied,
        commit=command.commit,
        seconds=command.seconds,
    )


def _next(state: Live, command: ReportTurn) -> TurnRequested | EndOrdered:
    if command.failure is not None:
        return _after_failure(state, command, command.failure)
    if handoffs.wants_notes(state, command):
        return TurnRequested(number=state.turn + 1)
    if messages.news(state.waiting):
        return TurnRequested(number=state.turn + 1)
    if command.ahead and not command.changed:
        return EndOrdered(outcome="submitted", reason="")
    if state.reminders < REMINDERS:
        return TurnRequested(number=state.turn + 1, reminder=_reminder(state, command))
    return _nothing(command)


def _after_failure(state: Live, command: ReportTurn, failure: Failure) -> TurnRequested | EndOrdered:
    if failure.kind == "rate_limit" or (failure.kind == "server" and state.refused + 1 < MOST_REFUSED):
        return TurnRequested(number=state.turn + 1, reminder=_again(state, failure), again=True)
    if state.ordered is not None and state.ordered.again and failure.kind in ("silent", "crash"):
        reason = f"after a wait for its API it could not go on: {failure.message}"
        return EndOrdered(outcome="throttled", reason=reason)
    return given_up(failure, command.at)


def waits_for_its_api(state: Live) -> bool:
    return state.wanted is not None and state.wanted.again and state.turn_over


def _again(state: Live, failure: Failure) -> str:
    """Nobody knows how much of it had been heard. Of the first turn, all is told again: see `_ordered`."""
    before = state.ordered.text if state.ordered else ""
    if state.ordered is not None and state.ordered.again:
        return before
    words = f"Your turn was cut off: your API refused it ({failure.kind}). Go on where you were."
    return "\n\n".join(filter(None, (words, before)))


def answered(state: Live, command: PermitTurn | RefuseTurn) -> tuple[SessionEvent, ...]:
    """What the Mayor says of the turn that is wanted. One that is not wanted any more is not begun."""
    if state.end is not None or state.wanted is None or state.wanted.number != command.number:
        return ()
    if isinstance(command, RefuseTurn):
        return (EndOrdered(outcome=command.outcome, reason=command.reason, retry_at=command.retry_at),)
    return (_ordered(state, state.wanted),)


def _ordered(state: Live, wanted: TurnRequested) -> TurnOrdered:
    """A message that was told after all while the turn was ending is told again rather than nothing."""
    if state.handoff is not None:
        return handoffs.turn_for_notes(state, wanted)
    again, waiting = wanted.again, messages.news(state.waiting)
    news = waiting or (() if wanted.reminder or wanted.notice else messages.news(state.held))
    said, told = messages.in_one_turn(news) if news else ("", ())
    first = wanted.reminder if again or not news else ""
    primes = tuple(one.message for one in state.waiting if one.prime)
    unheard = again and (state.ordered is None or state.ordered.prime)
    return TurnOrdered(
        number=wanted.number,
        text="\n\n".join(filter(None, (wanted.notice, first, said))),
        messages=(*primes, *told),
        reminder=not news and not again and not (wanted.notice and not wanted.reminder),
        prime=(bool(primes) or unheard) and not wanted.notice,  # it is part of what a run begins with
        again=again,
    )


def settlement(ended: TurnEnded) -> Settlement:
    """What the Mayor is told of a turn."""
    return Settlement(
        number=ended.number,
        at=ended.at,
        usage=ended.usage,
        model=ended.model,
        failure=ended.failure.kind if ended.failure else None,
        reason=ended.failure.message[:_REASON] if ended.failure else "",
        retry_at=_retry_at(ended.failure, ended.at) if ended.failure else None,
        named=ended.failure is not None and bool(ended.failure.retry_after),
    )


def _retry_at(failure: Failure, at: float) -> float | None:
    pause = failure.retry_after or _PAUSES.get(failure.kind)
    return None if pause is None else at + pause


def given_up(failure: Failure, at: float) -> EndOrdered:
    reason = f"{failure.kind}: {failure.message}"
    return EndOrdered(outcome=_OUTCOMES[failure.kind], reason=reason, retry_at=_retry_at(failure, at))


def _nothing(command: ReportTurn) -> EndOrdered:
    if command.changed:
        return EndOrdered(outcome="uncommitted", reason=f"uncommitted changes in {files(command.changed)}")
    return EndOrdered(outcome="no_commits", reason=f"{command.number} turns ended without a commit")


def _reminder(state: Live, command: ReportTurn) -> str:
    bead, left = state.opened.bead, REMINDERS - state.reminders
    state_of_it = f"uncommitted changes in {files(command.changed)}" if command.changed else "no commit of yours"
    denied = f" You were not let use: {', '.join(command.denied)}." if command.denied else ""
    return (
        f"You have ended your turn, but bead {bead} cannot be handed in: there is {state_of_it}.{denied}\n"
        "If the work is done, commit it and end your turn. If there is nothing to do, or you cannot go on, say so:\n"
        f"  gt bead close {bead} --reason WHY\n"
        "  gt done --status deferred --reason WHY      (somebody else is to take it later)\n"
        "  gt done --status escalated --reason WHY     (a person is needed)\n"
        f"Reminders left: {left - 1}. After the last one this session ends without a result."
    )


def files(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def evolve_turn(state: Live, event: TurnEvent) -> Live:
    match event:
        case MessageQueued() | MessagesTaken() | MessageDeferred():
            return messages.evolve(state, event)
        case TurnOrdered():
            silent = event.again or (state.lost and not event.messages)  # an interruption is no news
            reminders = state.reminders + 1 if event.reminder else state.reminders if silent else 0
            begun = messages.under_way(state, event.messages)
            begun = _replace(begun, turn=event.number, ordered=event, reminders=reminders)
            return _replace(begun, turn_over=False, wanted=None, held=(), unsettled=None)
        case TurnEnded():
            refused = event.failure is not None and event.failure.kind in REFUSED
            return _replace(state, turn_over=True, unsettled=event, refused=state.refused + 1 if refused else 0)
        case TurnRequested():
            return _replace(state, wanted=event, held=state.waiting)
        case ConversationOpened():
            return _replace(state, conversation=event)
        case ContextCompacted(number=number):
            return _replace(state, compactions=number)
        case _:
            assert_never(event)
