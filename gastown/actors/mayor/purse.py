"""What was spent, what is reserved, and whether there is money for one more turn.

- A turn is reserved at what its agent states, or at the dearest of its last turns: FIRST where none is known.
- What a turn came to counts in place of what was reserved for it; where nobody tells, it counts as reserved.
- A turn fits where all budgets over its bead hold what is spent, what is reserved, and the turn.
- Under a budget, an agent whose vendor does not tell what its turns use needs a stated cost.
"""

import msgspec

from gastown.actors.mayor.state import Budget, Mayor, Money
from gastown.events import budget
from gastown.events.budget import Scope
from gastown.events.gate import TurnSettled
from gastown.events.ids import AgentName, BeadId, RigName

FIRST = 0.10
"""USD that a turn is expected to come to while none of its agent's is known: a few calls of a middling model."""
FLOOR = 0.01
"""USD that a turn is expected to come to at least, where its agent states nothing."""
LATELY = 5
"""Turns of an agent that are remembered."""

_A_HAIR = 1e-9
"""USD: sums of fractions are not exact."""


def covering(state: Mayor, key: BeadId, rig: RigName = "") -> tuple[Scope, ...]:
    """The budgets over this bead, the narrowest first. rig: where it is to be, if not where it is."""
    budgets = state.money.budgets
    if not budgets:
        return ()
    one = state.beads[key]
    scopes = ["bead:" + key, *["convoy:" + convoy for convoy in one.convoys], "rig:" + (rig or one.rig)]
    return tuple([scope for scope in (*scopes, budget.DAY, budget.TOWN) if scope in budgets])


def spent(state: Mayor, scope: Scope) -> float:
    """USD that count against this budget."""
    known, (kind, _, key) = state.money.budgets[scope], scope.partition(":")
    match kind:
        case "bead":
            return state.beads[key].spent
        case "convoy" if key in state.convoys:
            return sum(state.beads[member].spent for member in state.convoys[key].beads)
        case "rig" if key in state.rigs:
            return state.rigs[key].spent - known.since
        case budget.DAY:
            return state.money.spent_today
        case _:
            return state.money.spent - known.since


def reserved(state: Mayor, scope: Scope) -> float:
    """USD for turns that are under way."""
    turns = state.turns.values()
    return sum(turn.reserved for turn in turns if turn.reserved and scope in covering(state, turn.bead))


def estimate(state: Mayor, agent: AgentName) -> float:
    """USD that a turn of this agent is reserved at."""
    spec, lately = state.agents[agent], state.money.lately.get(agent, ())
    if spec.turn_cost is not None:
        return spec.turn_cost
    if not spec.tells_usage:  # under no budget: there it is refused
        return 0.0
    return max(FLOOR, *lately) if lately else FIRST


class Purse:
    """What is left in each budget, while turns are reserved one after another in one decision."""

    def __init__(self, state: Mayor) -> None:
        self._state = state
        self._left: dict[Scope, float] = {}
        self._refused: set[tuple[AgentName, tuple[Scope, ...]]] = set()

    def take(self, key: BeadId, agent: AgentName) -> float | None:
        """USD to reserve for a turn of this agent on this bead. None: there is no money for it now."""
        scopes = covering(self._state, key)
        if not scopes:
            return estimate(self._state, agent)
        if (agent, scopes) in self._refused:  # as hundreds may be that wait for the same budget
            return None
        cost = estimate(self._state, agent)
        if is_blind(self._state, agent) or any(cost > self._left_in(scope) + _A_HAIR for scope in scopes):
            self._refused.add((agent, scopes))
            return None
        for scope in scopes:
            self._left[scope] -= cost
        return cost

    def _left_in(self, scope: Scope) -> float:
        if scope not in self._left:
            amount = self._state.money.budgets[scope].amount
            self._left[scope] = amount - spent(self._state, scope) - reserved(self._state, scope)
        return self._left[scope]


def is_blind(state: Mayor, agent: AgentName) -> bool:
    """Nobody would know what its turns cost."""
    spec = state.agents[agent]
    return not spec.tells_usage and spec.turn_cost is None


class Want(msgspec.Struct, frozen=True, kw_only=True):
    """Of money, in this budget. hint: how a person mends it."""

    scope: Scope
    reason: str
    hint: str = ""


def want(state: Mayor, key: BeadId, agent: AgentName) -> Want | None:
    """What only a person can mend: no turn of this agent on this bead fits, whatever those under way come to."""
    cost = estimate(state, agent)
    for scope in covering(state, key):
        if is_blind(state, agent):
            return Want(
                scope=scope, reason=f"{BLIND.format(agent=agent)} (budget {scope})", hint=STATE_IT.format(agent=agent)
            )
        amount, gone = state.money.budgets[scope].amount, spent(state, scope)
        if gone + cost > amount + _A_HAIR:
            used = f"budget {scope}: {gone:.2f} of {amount:.2f} USD are spent"
            reason = f"{used}, and a turn of {agent} is reserved at {cost:.2f}"
            waits = "; or it goes on with the next day, UTC" if scope == budget.DAY else ""
            return Want(scope=scope, reason=reason, hint=f"gt budget set {scope} USD{waits}")
    return None


def squeeze(state: Mayor, key: BeadId, agent: AgentName) -> str:
    """Why a turn that no person need mend anything for does not fit now."""
    cost = estimate(state, agent)
    for scope in covering(state, key):
        amount, gone, held = state.money.budgets[scope].amount, spent(state, scope), reserved(state, scope)
        if gone + held + cost > amount + _A_HAIR:
            return f"budget {scope}: {gone:.2f} of {amount:.2f} USD are spent, {held:.2f} reserved by turns under way"
    return ""


BLIND = "the vendor of agent {agent} does not tell what its turns use"
STATE_IT = "gt agent set {agent} --turn-cost USD (0: its turns cost nothing)"


def pay(state: Mayor, key: BeadId, agent: AgentName, event: TurnSettled) -> Mayor:
    """The state after this turn was settled."""
    replace, one, money = msgspec.structs.replace, state.beads[key], state.money
    beads = state.beads.set(key, replace(one, spent=_sum(one.spent, event.cost)))
    rigs, rig = state.rigs, state.rigs.get(one.rig)
    if rig is not None:
        rigs = rigs.set(one.rig, replace(rig, spent=_sum(rig.spent, event.cost)))
    money = _today(money, int(event.at // budget.SECONDS), event.cost)
    if not event.estimated:
        lately = (*money.lately.get(agent, ()), event.cost)[-LATELY:]
        money = replace(money, lately=money.lately.set(agent, lately))
    return replace(state, beads=beads, rigs=rigs, money=replace(money, spent=_sum(money.spent, event.cost)))


def _today(money: Money, day: int, cost: float) -> Money:
    """What comes late from a day that is over counts for none."""
    if day < money.today:
        return money
    gone = money.spent_today if day == money.today else 0.0
    return msgspec.structs.replace(money, today=day, spent_today=_sum(gone, cost))


def begin_day(money: Money, day: int) -> Money:
    return money if day <= money.today else msgspec.structs.replace(money, today=day, spent_today=0.0)


def set_amount(state: Mayor, scope: Scope, event: budget.BudgetSet) -> Money:
    """Raised or lowered, it counts what it has counted."""
    money = begin_day(state.money, int(event.at // budget.SECONDS))
    known = money.budgets.get(scope)
    if known is None:
        kind, _, key = scope.partition(":")
        since = money.spent if kind == budget.TOWN else state.rigs[key].spent if kind == "rig" else 0.0
        one = Budget(amount=event.amount, since=since)
    else:
        one = msgspec.structs.replace(known, amount=event.amount)
    return msgspec.structs.replace(money, budgets=money.budgets.set(scope, one))


def _sum(one: float, other: float) -> float:
    return round(one + other, 9)
