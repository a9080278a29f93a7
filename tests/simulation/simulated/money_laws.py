"""What holds of money, whatever befell the town. Each law gives the breaches it finds, in words. Sums are made here
anew, from the log alone.
"""

from collections import Counter
from collections.abc import Iterator

from gastown.events import budget
from gastown.events.bead import BeadAssigned, BeadReturned, BeadSubmitted
from gastown.events.budget import BudgetDropped, BudgetSet
from gastown.events.envelope import Recorded
from gastown.events.gate import TurnPermitted, TurnSettled
from gastown.events.ids import BeadId, SessionId
from gastown.events.turn import TurnEnded, TurnOrdered

A_HAIR = 1e-6


class Purse:
    """What was spent on each bead, and is reserved for each session, up to some moment."""

    def __init__(self) -> None:
        self.spent: Counter[BeadId] = Counter()
        self.reserved: dict[SessionId, tuple[BeadId, float]] = {}
        self.budgets: dict[budget.Scope, tuple[float, float]] = {}  # the amount, and what was spent before it was set

    def take(self, one: Recorded) -> None:
        key = one.entity.id
        match one.envelope.data:
            case BudgetSet(amount=amount):
                scope = budget.scope_of(key)
                before = self._gone(scope) if not scope.startswith("bead:") else 0.0
                self.budgets[scope] = (amount, self.budgets.get(scope, (0.0, before))[1])
            case BudgetDropped():
                self.budgets.pop(budget.scope_of(key), None)
            case BeadAssigned(session=session, reserved=usd) | TurnPermitted(session=session, reserved=usd):
                self.reserved[session] = (key, usd)
            case TurnSettled(session=session, cost=cost):
                self.spent[key] += cost
                self.reserved.pop(session, None)
            case BeadReturned(session=session):
                self.reserved.pop(session, None)
            case BeadSubmitted(session=session, early=False):
                self.reserved.pop(session, None)
            case _:
                pass

    def overdrawn(self, bead: BeadId) -> Iterator[str]:
        """Where something was just reserved for this bead."""
        for scope, (amount, before) in self.budgets.items():
            if scope in (f"bead:{bead}", budget.TOWN) or scope.startswith("rig:"):
                drawn = self._gone(scope) - before + self._held(scope)
                if drawn > amount + A_HAIR:
                    yield f"budget {scope} of {amount}: a turn on {bead} was let begin with {drawn} spent or reserved"

    def _gone(self, scope: budget.Scope) -> float:
        bead = scope.removeprefix("bead:")
        return self.spent[bead] if bead != scope else sum(self.spent.values())

    def _held(self, scope: budget.Scope) -> float:
        bead = scope.removeprefix("bead:")
        return sum(usd for key, usd in self.reserved.values() if bead in (key, scope))


def budgets_hold(events: list[Recorded]) -> Iterator[str]:
    """A turn begins only where the budgets over it hold all that is spent and reserved, its own reservation included:
    so none is overdrawn by more than what turns that were reserved came to beyond that. And in the end nothing is
    reserved any more."""
    purse = Purse()
    for one in events:
        purse.take(one)
        match one.envelope.data:
            case BeadAssigned(reserved=usd) | TurnPermitted(reserved=usd) if usd:
                yield from purse.overdrawn(one.entity.id)
            case _:
                pass
    for session, (bead, usd) in purse.reserved.items():
        yield f"{usd} USD are still reserved for {session} on {bead}"


def turns_are_settled_once(events: list[Recorded]) -> Iterator[str]:
    """As they came to."""
    told = {
        (one.entity.id, one.envelope.data.number): one.envelope.data.usage.cost
        for one in events
        if isinstance(one.envelope.data, TurnEnded) and one.envelope.data.usage and one.envelope.data.usage.cost
    }
    settled: dict[tuple[SessionId, int], list[TurnSettled]] = {}
    for one in events:
        if isinstance(one.envelope.data, TurnSettled) and (one.envelope.data.cost or not one.envelope.data.last):
            settled.setdefault((one.envelope.data.session, one.envelope.data.number), []).append(one.envelope.data)
    for turn, ones in settled.items():
        if len(ones) > 1:
            yield f"turn {turn} is settled {len(ones)} times: {ones}"
        elif turn in told and abs(ones[0].cost - told[turn]) > A_HAIR:
            yield f"turn {turn} cost {told[turn]}, and is settled as {ones[0]}"
    yield from (f"turn {turn} cost {told[turn]}, and is never settled" for turn in told.keys() - settled.keys())


def every_turn_is_permitted(events: list[Recorded]) -> Iterator[str]:
    """Before it is ordered."""
    permitted: set[tuple[SessionId, int]] = set()
    for one in events:
        match one.envelope.data:
            case TurnPermitted(session=session, number=number):
                permitted.add((session, number))
            case TurnOrdered(number=number) if (one.entity.id, number) not in permitted:
                yield f"turn {number} of {one.entity.id} began, and nobody had let it"
            case _:
                pass
