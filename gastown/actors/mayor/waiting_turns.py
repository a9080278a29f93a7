"""Rules about turns whose account gives nothing for now: who waits, who goes on, and who does not wait any longer.

- A session waits with its place and its agent idle, and goes on where it was.
- It does not wait where somebody else can go on at once, or for longer than throttle.wait: then it ends, its work is
  kept, and its bead waits instead of it, or goes on under another account.
"""

from gastown.actors.kernel.role import Change
from gastown.actors.mayor import gate, throttles
from gastown.actors.mayor.account import Account
from gastown.actors.mayor.accounts import on_account
from gastown.actors.mayor.evolve import evolve
from gastown.actors.mayor.state import Mayor, Turn
from gastown.events.account import AccountTried
from gastown.events.gate import TurnRefused
from gastown.events.ids import AccountName, SessionId


def go_on(state: Mayor) -> tuple[Change, ...]:
    """What becomes of all who wait, as their accounts are now."""
    changes: list[Change] = []
    for session in _waiting(state):
        made = _goes_on(state, session)
        for change in made:  # what it reserves, and that it goes first, holds for those after it
            state = evolve(state, change)
        changes += made
    return tuple(changes)


def _waiting(state: Mayor) -> list[SessionId]:
    """By account; under each, the highest priority first, then the oldest."""
    waiting = [session for session, turn in state.turns.items() if turn.waits]
    return sorted(waiting, key=lambda session: _rank(state, session))


def _rank(state: Mayor, session: SessionId) -> tuple[AccountName, int, int]:
    turn = state.turns[session]
    one = state.beads[turn.bead]
    return turn.account, one.priority, one.age


def _goes_on(state: Mayor, session: SessionId) -> list[Change]:
    """Nothing, as long as it waits."""
    turn = state.turns[session]
    known = state.account(turn.account)
    if known.standing not in ("well", "rested"):
        refused = _sent_away(state, session, turn, known)
        return [gate.on(turn.bead, refused)] if refused is not None else []
    answer = gate.admitted(state, session, turn.waits)
    changes = [gate.on(turn.bead, answer)]
    if known.standing == "rested" and not isinstance(answer, TurnRefused):
        changes.append(on_account(turn.account, AccountTried(session=session)))
    return changes


def _sent_away(state: Mayor, session: SessionId, turn: Turn, known: Account) -> TurnRefused | None:
    """None: it waits."""
    moves = throttles.elsewhere(state, state.beads[turn.bead], turn.account)
    too_long = known.standing == "resting" and known.wait > state.setting("throttle.wait")
    gone = gate.unwanted(state, session, turn.waits)
    if gone is not None or not (moves or too_long or known.standing == "shut"):
        return gone
    return TurnRefused(
        session=session,
        number=turn.waits,
        outcome="throttled",
        reason=f"account {turn.account}: {known.reason}",
        retry_at=known.until if known.standing == "resting" else None,
    )
