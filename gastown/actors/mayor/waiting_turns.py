"""Rules about turns whose account gives nothing for now: who waits, who goes on, and who does not wait any longer.

- A session waits with its place and its agent idle, and goes on where it was.
- It does not wait where somebody else can go on at once, or for longer than throttle.wait: then it ends, its work is
  kept, and its bead waits instead of it, or goes on under another account.
"""

from collections.abc import Iterator

from gastown.actors.kernel.role import Change
from gastown.actors.mayor import gate, throttles
from gastown.actors.mayor.account import Account
from gastown.actors.mayor.accounts import on_account
from gastown.actors.mayor.state import Mayor, Turn
from gastown.events.account import AccountTried
from gastown.events.gate import TurnPermitted, TurnRefused
from gastown.events.ids import AccountName, SessionId


def go_on(state: Mayor) -> tuple[Change, ...]:
    """What becomes of all who wait, as their accounts are now."""
    waiting: dict[AccountName, list[SessionId]] = {}
    for session, turn in state.turns.items():
        if turn.waits:
            waiting.setdefault(turn.account, []).append(session)
    changes: list[Change] = []
    for name in sorted(waiting):
        for change in _under(state, name, sorted(waiting[name], key=lambda one: _rank(state, one))):
            changes.append(change)
            if isinstance(change.event, TurnPermitted):  # what it reserves is not there for the next
                state = gate.note(state, change.entity.id, change.event)
    return tuple(changes)


def _rank(state: Mayor, session: SessionId) -> tuple[int, int]:
    one = state.beads[state.turns[session].bead]
    return one.priority, one.age


def _under(state: Mayor, name: AccountName, sessions: list[SessionId]) -> Iterator[Change]:
    known = state.account(name)
    first = known.standing == "rested"
    for session in sessions:
        turn = state.turns[session]
        if known.standing == "well" or first:
            answer = gate.admitted(state, session, turn.waits)
            yield gate.on(turn.bead, answer)
            if first and not isinstance(answer, TurnRefused):
                first = False
                yield on_account(name, AccountTried(session=session))
        elif (refused := _sent_away(state, session, turn, known)) is not None:
            yield gate.on(turn.bead, refused)


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
