"""towns.known, towns.capacity, towns.verify: all towns of the hub, this one among them."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec

from gastown.api.abroad import Away, Of
from gastown.api.call import Call, Method, Nothing, Reply
from gastown.api.desk import Desk
from gastown.bus.event_log import LogReader
from gastown.clock import now
from gastown.errors import GastownError
from gastown.projections.capacity import Beads, Capacity, capacity
from gastown.projections.homes import account
from gastown.projections.one_home import complaints
from gastown.projections.placement import Seen
from gastown.projections.views import differing_tables

PATIENCE = 5.0
"""Seconds that one town may keep a page of all of them waiting."""
_VERIFYING = 120.0  # seconds


async def _known(call: Call, _: Nothing) -> Reply:
    """{here, others}: by name, also of towns that are no members any more."""
    abroad = call.desk.abroad
    others = await abroad.others(gone=True) if abroad is not None else ()
    return call.reply({"here": call.desk.town.name, "others": others})


async def _away(desk: Desk, patience: float) -> AsyncGenerator[tuple[str, Away | GastownError]]:
    """Every other town, open until the next is asked for; or why it cannot be read."""
    if desk.abroad is None:
        return
    for name in await desk.abroad.others():
        try:
            async with desk.abroad.town(name, patience=patience) as away:
                yield name, away
        except GastownError as error:
            yield name, error


async def seen(desk: Desk) -> list[Seen]:
    """What each town can take on, as far as it is known here: this one first. For `placement.candidates`."""
    found = [Seen(capacity=capacity(desk.store, desk.town.name, now()))]
    async with aclosing(_away(desk, PATIENCE)) as towns:
        async for name, away in towns:
            if isinstance(away, GastownError):
                found.append(Seen(capacity=_nothing_known(name), away=away.message))
            else:
                found.append(Seen(capacity=capacity(away.store, name, now()), away=_absent(away.of)))
    return found


def _absent(of: Of) -> str:
    return "" if of.connected else f"it is away since {of.shown()['at']}"


def _nothing_known(town: str) -> Capacity:
    return Capacity(town=town, now=0, most=0, beads=Beads(), cost=0.0, rigs=(), agents=(), agent="", money=())


async def loads(desk: Desk) -> dict[str, dict[str, Any]]:
    """By town, where anything is known of it: {workers: {now, most}, beads: {ready, waiting, at_work, blocked}, cost,
    agents, held}. cost: USD, of today. agents: vendors."""
    return {
        one.capacity.town: _load(one.capacity) for one in await seen(desk) if one.capacity.rigs or one.capacity.most
    }


def _load(town: Capacity) -> dict[str, Any]:
    return {
        "workers": {"now": town.now, "most": town.most},
        "beads": msgspec.to_builtins(town.beads),
        "cost": town.cost,
        "agents": sorted({agent.vendor for agent in town.agents}),
        "held": town.held,
    }


async def _capacity(call: Call, _: Nothing) -> Reply:
    """[{town, away, now, most, beads, cost, rigs, agents, agent, money, held}]; away: "", or why it cannot be asked."""
    return call.reply([{**msgspec.to_builtins(one.capacity), "away": one.away} for one in await seen(call.desk)])


async def _verify(call: Call, _: Nothing) -> Reply:
    """Each copy without gaps, its views what it says, and every bead of all towns with one home and one landing.

    copy: the position up to which the hub's copy was looked at; null: it was not.
    """
    desk = call.desk
    copy, wrong = await _own_copy(desk)
    rows = [{"town": desk.town.name, "position": desk.store.position, "copy": copy, "complaints": wrong}]
    accounts = [account(desk.store, desk.town.name)]
    async with aclosing(_away(desk, _VERIFYING)) as towns:
        async for name, away in towns:
            if isinstance(away, GastownError):
                rows.append({"town": name, "position": 0, "copy": None, "complaints": [away.message]})
                continue
            wrong = await _held_against(away)
            rows.append({"town": name, "position": away.of.position, "copy": away.of.position, "complaints": wrong})
            accounts.append(account(away.store, name))
    beads = complaints(accounts)
    ok = not beads and not any(row["complaints"] for row in rows)
    return call.reply({"ok": ok, "towns": rows, "beads": beads})


async def _held_against(away: Away) -> list[str]:
    try:
        return [f"the view {name} is not what the copy says" for name in await differing_tables(away.store, away.log)]
    except GastownError as error:
        return [error.message]


async def _own_copy(desk: Desk) -> tuple[int | None, list[str]]:
    """How far the hub's copy of our own log goes, and what is wrong with it; what cannot be looked at is not right."""
    if desk.abroad is None:
        return None, []
    log = await desk.abroad.own_copy()
    if log is None:
        return None, ["the hub has no copy of this town's log"]
    try:
        last = await log.last_position()
        return last, await _as_ours(desk.log, log, min(last, await desk.log.last_position()), last)
    except KeyError as error:
        return None, [f"the hub's copy of this town's log has a gap at {error}"]
    except GastownError as error:
        return None, [error.message]


async def _as_ours(ours: LogReader, copy: LogReader, position: int, last: int) -> list[str]:
    if position < last:
        return [f"the hub's copy of this town's log has {last} messages, and the log itself only {position}"]
    if position and (await copy.read_position(position)) != (await ours.read_position(position)):
        return [f"the hub's copy of this town's log says something else at position {position}"]
    return []


METHODS: dict[str, Method[Any]] = {
    "towns.known": Method(run=_known, params=Nothing, workers=True),
    "towns.capacity": Method(run=_capacity, params=Nothing, workers=True),
    "towns.verify": Method(run=_verify, params=Nothing),
}
