"""Rules about turns: every turn of an agent passes here before it begins, and is settled when it is over.

- A session's first turn is let through with its place; for each later one its Polecat asks, and waits for the answer.
- A session that is no longer wanted begins no turn; one whose account gives nothing waits.
- A session that is refused a turn ends as it is told, and its work is kept; its bead waits again, with its counts.
- Each turn is settled once: with the wish for the next one, or with the end of its session at the latest.
"""

from collections.abc import Iterator
from typing import assert_never

import msgspec

from gastown.actors.commands.command import Owner
from gastown.actors.commands.gate import RequestTurn, SettleTurn
from gastown.actors.commands.mayor import ReportAttempt
from gastown.actors.commands.polecat import PermitTurn, RefuseTurn
from gastown.actors.effects import Message, Tell
from gastown.actors.kernel.role import Change
from gastown.actors.mayor import purse, throttles
from gastown.actors.mayor.accounts import on_account
from gastown.actors.mayor.phases import Working
from gastown.actors.mayor.state import Mayor, Turn
from gastown.events import bead, budget
from gastown.events.account import own
from gastown.events.bead import BeadEvent
from gastown.events.gate import GateEvent, Settlement, TurnPermitted, TurnPostponed, TurnRefused, TurnSettled
from gastown.events.ids import BeadId, Entity, SessionId


def request_turn(state: Mayor, command: RequestTurn) -> tuple[Change, ...]:
    """What the last turn came to, and whether there may be another. Asked again, the answer stands."""
    turn = state.turns.get(command.session)
    if turn is None or command.number in (turn.number, turn.waits) or turn.number > command.number:
        return ()
    session, number = command.session, command.number
    settled = _settled(state, turn, session, command.last)
    for event in settled:
        state = note(state, turn.bead, event)
    of_account = throttles.settled(state, turn.account, session, command.last)
    if throttles.waits(state, turn.account, session, of_account):
        answer = TurnPostponed(session=session, number=number)  # see `waiting_turns.py`
    else:
        answer = admitted(state, session, number)
    said = [on(turn.bead, event) for event in (*settled, answer)]
    return (*(on_account(turn.account, event) for event in of_account), *said)


def admitted(state: Mayor, session: SessionId, number: int) -> TurnPermitted | TurnRefused:
    """The answer to one who need not wait."""
    gone, turn = unwanted(state, session, number), state.turns[session]
    if gone is not None:
        return gone
    reserved = purse.Purse(state).take(turn.bead, turn.agent)
    if reserved is None:
        want = purse.want(state, turn.bead, turn.agent)
        reason = want.reason if want else purse.squeeze(state, turn.bead, turn.agent)
        return TurnRefused(session=session, number=number, outcome="over_budget", reason=reason)
    return TurnPermitted(session=session, number=number, reserved=reserved)


def unwanted(state: Mayor, session: SessionId, number: int) -> TurnRefused | None:
    phase = state.beads[state.turns[session].bead].phase
    if isinstance(phase, Working) and phase.session == session and not phase.withdrawn:
        return None
    reason = phase.withdrawn if isinstance(phase, Working) and phase.withdrawn else "its bead is no longer with it"
    return TurnRefused(session=session, number=number, outcome="withdrawn", reason=reason)


def settle_turn(state: Mayor, command: SettleTurn) -> tuple[Change, ...]:
    turn = state.turns.get(command.session)
    if turn is None:
        return ()
    of_account = throttles.settled(state, turn.account, command.session, command.last)
    settled = tuple(on(turn.bead, event) for event in _settled(state, turn, command.session, command.last))
    return (*settled, *(on_account(turn.account, event) for event in of_account))


def settle_at_end(state: Mayor, command: ReportAttempt) -> list[Change]:
    """Beside the fact that ends the attempt."""
    turn = state.turns.get(command.session)
    if turn is None:
        return []
    of_account = throttles.over(state, turn.account, command)
    return [*(on(turn.bead, event) for event in _last(state, turn, command)), *of_account]


def settle_late(state: Mayor, command: ReportAttempt) -> tuple[Change, ...]:
    """The end of an attempt whose bead is elsewhere by now."""
    turn = state.turns.get(command.session)
    if turn is None:
        return ()
    events = _last(state, turn, command) or [TurnSettled(session=command.session, number=turn.number, last=True)]
    return (*(on(turn.bead, event) for event in events), *throttles.over(state, turn.account, command))


def _last(state: Mayor, turn: Turn, command: ReportAttempt) -> list[TurnSettled]:
    """One that was never begun has used nothing; one that was, and of which nothing was told, what was reserved."""
    if command.last is not None and command.last.number == turn.number:
        events = _settled(state, turn, command.session, command.last)
    elif command.turn < turn.number or not turn.reserved:
        events = []
    else:
        events = [_estimated(state, turn, command.session)]
    return [msgspec.structs.replace(event, last=True) for event in events]


def _settled(state: Mayor, turn: Turn, session: SessionId, last: Settlement) -> list[TurnSettled]:
    """Only what counts for something is worth a word."""
    cost = last.usage.cost if last.usage else None
    if last.usage is None and last.failure == "auth":  # it was not let in
        cost = 0.0
    if turn.number != last.number or turn.reserved is None or not (cost or turn.reserved):
        return []
    if cost is None:
        return [_estimated(state, turn, session, last.at)]
    return [TurnSettled(session=session, number=turn.number, at=last.at or _today(state), cost=cost)]


def _estimated(state: Mayor, turn: Turn, session: SessionId, at: float = 0.0) -> TurnSettled:
    cost = turn.reserved or 0.0
    return TurnSettled(session=session, number=turn.number, at=at or _today(state), cost=cost, estimated=True)


def _today(state: Mayor) -> float:
    """The beginning of the day, where nobody told the time."""
    return float(state.money.today * budget.SECONDS)


def answers(state: Mayor) -> Iterator[Tell]:
    """To those who asked, until they ask again or are over."""
    for session, turn in state.turns.items():
        if turn.number == 1:
            continue
        refused = turn.refused
        answer = (
            PermitTurn(session=session, number=turn.number)
            if refused is None
            else RefuseTurn(
                session=session,
                number=turn.number,
                outcome=refused.outcome,
                reason=refused.reason,
                retry_at=refused.retry_at,
            )
        )
        yield Tell(
            key=f"tell:turn:{session}:{turn.number}",
            about=Entity(bead.KIND, turn.bead),
            messages=(Message(Owner("polecat", session), answer),),
        )


def note(state: Mayor, key: BeadId, event: BeadEvent) -> Mayor:
    """What an event of a bead means for its session's turns."""
    turns = state.turns
    match event:
        case bead.BeadAssigned(session=session, agent=agent, account=account, reserved=reserved):
            turn = Turn(bead=key, agent=agent, account=account or own(agent), number=1, reserved=reserved)
            turns = turns.set(session, turn)
        case bead.BeadSubmitted(session=session, early=True) if session in turns:
            turns = turns.set(session, msgspec.structs.replace(turns[session], late=True))
        case bead.BeadReturned(session=session) | bead.BeadSubmitted(session=session):
            turns = turns.delete(session) if session in turns and not turns[session].late else turns
        case TurnPermitted() | TurnPostponed() | TurnRefused() | TurnSettled() if event.session in turns:
            if isinstance(event, TurnSettled):
                state = purse.pay(state, key, turns[event.session].agent, event)
            turn = _moved(turns[event.session], event)
            turns = turns.delete(event.session) if turn is None else turns.set(event.session, turn)
        case _:
            return state
    return msgspec.structs.replace(state, turns=turns)


def _moved(turn: Turn, event: GateEvent) -> Turn | None:
    """None: its session is over."""
    replace = msgspec.structs.replace
    match event:
        case TurnPermitted(number=number, reserved=reserved):
            return replace(turn, number=number, waits=0, reserved=reserved, refused=None)
        case TurnPostponed(number=number):
            return replace(turn, waits=number, reserved=None)
        case TurnRefused(number=number):
            return replace(turn, number=number, waits=0, reserved=None, refused=event)
        case TurnSettled(last=last):
            return None if last else replace(turn, reserved=None)
        case _:
            assert_never(event)


def on(key: BeadId, event: GateEvent) -> Change:
    return Change(Entity(bead.KIND, key), event)
