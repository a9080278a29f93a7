"""budget.*: how much money may be spent on what."""

from typing import Any

import msgspec

from gastown.actors.commands.budget import DropBudget, SetBudget
from gastown.actors.commands.mayor import MAYOR
from gastown.api.call import Call, Method, Nothing, Reply
from gastown.clock import now
from gastown.projections import budgets


class Set(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """scope: "town", "day", "rig:NAME", "convoy:ID" or "bead:ID". amount: USD."""

    scope: str
    amount: float


class Drop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    scope: str


async def _set(call: Call, params: Set) -> Reply:
    order = SetBudget(scope=params.scope, amount=params.amount, at=now())
    accepted = await call.order(MAYOR, order)
    (shown,) = [one for one in budgets.listing(call.store, now()) if one["scope"] == params.scope]
    return Reply(accepted.position, shown)


async def _list(call: Call, _: Nothing) -> Reply:
    return call.reply(budgets.listing(call.store, call.moment))


async def _drop(call: Call, params: Drop) -> Reply:
    accepted = await call.order(MAYOR, DropBudget(scope=params.scope))
    return Reply(accepted.position, {"scope": params.scope})


METHODS: dict[str, Method[Any]] = {
    "budget.set": Method(run=_set, params=Set),
    "budget.list": Method(run=_list, params=Nothing, workers=True, timed=True),
    "budget.drop": Method(run=_drop, params=Drop),
}
