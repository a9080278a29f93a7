"""Rules about budgets.

- A turn under a budget begins only where the budget holds it; what is under way is reserved, and never interrupted.
- Where it does not, what waits goes on by itself once turns that are under way have left enough; where they cannot,
  or nobody would know what a turn costs, a person is asked, once, until a budget is raised, dropped, or not wanted.
- A budget of 0 lets begin what states that it costs nothing. A budget of a day is full again with the next one, UTC.
"""

from collections.abc import Iterator, Mapping

import msgspec

from gastown.actors.commands.budget import BeginDay, DropBudget, SetBudget
from gastown.actors.commands.deacon import DEACON, CloseEscalation, RaiseEscalation
from gastown.actors.effects import Message, RemindAt, Tell
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.actors.mayor import purse
from gastown.actors.mayor.state import Budget, Mayor, Money
from gastown.events import budget
from gastown.events.budget import BudgetEvent, Scope
from gastown.events.ids import AgentName, BeadId

HIGHEST = 1e9
"""USD."""


def set_budget(state: Mayor, command: SetBudget) -> Decision:
    if wrong := _wrong_scope(state, command.scope):
        return wrong
    if not 0 <= command.amount <= HIGHEST:
        return Rejected(f"a budget cannot be {command.amount:g} USD", "0 (nothing that costs begins) or more", "usage")
    known = state.money.budgets.get(command.scope)
    if known is not None and known.amount == command.amount:
        return ()
    changed = budget.BudgetSet(amount=command.amount, at=command.at, again=known is not None)
    return (_on(command.scope, changed),)


def _wrong_scope(state: Mayor, scope: Scope) -> Rejected | None:
    if scope in (budget.TOWN, budget.DAY):
        return None
    kind, _, key = scope.partition(":")
    known: Mapping[str, Mapping[str, object]] = {"rig": state.rigs, "convoy": state.convoys, "bead": state.beads}
    if kind not in known or not key:
        return Rejected(f"there are no budgets of {scope!r}", "town, day, rig:NAME, convoy:ID or bead:ID", "usage")
    if key not in known[kind]:
        return Rejected(f"there is no {kind} {key}", f"see them: gt {kind} list", "unknown")
    return None


def drop_budget(state: Mayor, command: DropBudget) -> Decision:
    if command.scope not in state.money.budgets:
        return Rejected(f"there is no budget {command.scope}", "see them: gt budget list", "unknown")
    return (_on(command.scope, budget.BudgetDropped()),)


def begin_day(state: Mayor, command: BeginDay) -> Decision:
    return (_on(budget.DAY, budget.DayBegan(day=command.day)),) if command.day > state.money.today else ()


def wants(state: Mayor, waiting: Mapping[BeadId, AgentName]) -> list[Change]:
    """What is new about who waits for money that only a person can give. waiting: for a place and money alone."""
    found: dict[Scope, budget.BudgetReached] = {}
    alike: dict[tuple[AgentName, tuple[Scope, ...]], BeadId] = {}
    for key, agent in waiting.items():
        alike.setdefault((agent, purse.covering(state, key)), key)
    for (agent, _), key in alike.items():
        want = purse.want(state, key, agent)
        if want is not None and want.scope not in found:
            found[want.scope] = budget.BudgetReached(reason=want.reason, hint=want.hint)
    known = state.money.wants
    new = [_on(scope, event) for scope, event in found.items() if scope not in known]
    return [*new, *(_on(scope, budget.BudgetFreed()) for scope in known if scope not in found)]


def owed(state: Mayor) -> Iterator[Tell | RemindAt]:
    """A person is asked for each budget that is wanted; the end of a day on which money was spent is waited for."""
    money = state.money
    for scope, number in money.wanted.items():
        entity, want = budget.entity_of(scope), money.wants.get(scope)
        key = f"budget.{entity.id}.{number}"
        if want is None:
            command, what = CloseEscalation(escalation=key, how="nothing waits for it any more"), "lower"
        else:
            command, what = _raised(key, scope, want), "raise"
        yield Tell(key=f"tell:{what}:{key}", about=entity, messages=(Message(DEACON, command),))
    if budget.DAY in money.budgets and (money.spent_today or budget.DAY in money.wants):
        day = money.today + 1
        yield RemindAt(
            key=f"remind:day:{day}",
            about=budget.entity_of(budget.DAY),
            at=day * budget.SECONDS,
            command=BeginDay(day=day),
        )


def _raised(key: str, scope: Scope, want: budget.BudgetReached) -> RaiseEscalation:
    return RaiseEscalation(
        escalation=key, about=budget.entity_of(scope), severity="high", reason=want.reason, hint=want.hint
    )


def evolve_budget(state: Mayor, entity_id: str, event: BudgetEvent) -> Mayor:
    scope, money, replace = budget.scope_of(entity_id), state.money, msgspec.structs.replace
    match event:
        case budget.BudgetSet():
            money = _unwanted(purse.set_amount(state, scope, event), scope)  # what still waits says so anew
        case budget.BudgetDropped():
            money = _unwanted(replace(money, budgets=money.budgets.delete(scope)), scope)
        case budget.BudgetReached():
            wanted = money.wanted.set(scope, money.wanted.get(scope, 0) + 1)
            money = replace(money, wants=money.wants.set(scope, event), wanted=wanted)
        case budget.BudgetFreed():
            money = _unwanted(money, scope)
        case budget.DayBegan(day=day):
            money = purse.begin_day(money, day)
    return replace(state, money=money)


def _unwanted(money: Money, scope: Scope) -> Money:
    return msgspec.structs.replace(money, wants=money.wants.delete(scope)) if scope in money.wants else money


def forget_agent(money: Money, name: AgentName) -> Money:
    """Another of the same name may be another."""
    if name not in money.lately:
        return money
    return msgspec.structs.replace(money, lately=money.lately.delete(name))


def close_budget(state: Mayor, entity_id: str) -> Mayor:
    """What it holds cannot be read: nothing that costs begins under it."""
    money = state.money
    budgets = money.budgets.set(budget.scope_of(entity_id), Budget(amount=0.0))
    return msgspec.structs.replace(state, money=msgspec.structs.replace(money, budgets=budgets))


def _on(scope: Scope, event: BudgetEvent) -> Change:
    return Change(budget.entity_of(scope), event)
