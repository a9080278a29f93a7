"""Where slung beads go: here, to towns that were named, or to any that can take them."""

from gastown.api.call import Call
from gastown.clock import now
from gastown.errors import GastownError, RefusedError, UnknownThingError, UsageError
from gastown.events.ids import RigName, TownName
from gastown.projections import beads, rigs
from gastown.projections.capacity import capacity
from gastown.projections.placement import Candidate, Seen, Wanted, candidates

ANY = "any"


async def destinations(
    call: Call, slung: tuple[str, ...], to: tuple[str, ...], rig: RigName, agent: str
) -> tuple[tuple[TownName, ...], RigName]:
    """The towns to offer them to, the first choice first, and the rig in those; none: they stay here.

    to: TOWN, TOWN/RIG, or any. Raises UsageError, UnknownThingError, RefusedError.
    """
    if not to:
        return (), rig
    parted = [one.partition("/") for one in to]
    towns = tuple(dict.fromkeys(town for town, _, _ in parted))
    named = {there for there in (rig, *(there for _, _, there in parted)) if there}
    if len(named) > 1:
        raise UsageError(f"one rig in all those towns: {', '.join(sorted(named))}", "gt sling BEAD --to TOWN/RIG")
    rig = named.pop() if named else ""
    if ANY not in towns:
        await _refuse_unknown(call, towns)
        return towns, rig
    if len(towns) > 1:
        raise UsageError("any town, or those that are named", "gt sling BEAD --to any")
    return await _any(call, _one_rig(call, slung, rig), agent), rig


async def _refuse_unknown(call: Call, towns: tuple[TownName, ...]) -> None:
    if call.desk.abroad is None:  # the Mayor knows why
        return
    known = await call.desk.abroad.others()
    for town in towns:
        if known and town not in (*known, call.desk.town.name):
            raise UnknownThingError(f"no town called {town!r} at the hub", "see them: gt towns")


def _one_rig(call: Call, slung: tuple[str, ...], rig: RigName) -> RigName:
    rigs_meant = {rig} if rig else {str((beads.show(call.store, bead) or {}).get("rig") or "") for bead in slung}
    if len(rigs_meant) > 1 or "" in rigs_meant:
        raise UsageError("--to any is for beads of one rig", "gt sling BEAD... --to any/RIG")
    return rigs_meant.pop()


async def _any(call: Call, rig: RigName, agent: str) -> tuple[TownName, ...]:
    own = call.desk.town.name
    config = rigs.config(call.store, rig)
    wanted = Wanted(rig=rig, home=own, origin=config.origin if config else "", agent=agent)
    found = candidates([Seen(capacity=capacity(call.store, own, now())), *await _others(call)], wanted)
    able = tuple(one.town for one in found if one.can)
    if not able:
        raise RefusedError(f"no town can take it: {_reasons(found)}", f"gt rig add {rig} in one of them")
    return () if able[0] == own else tuple(town for town in able if town != own)


async def _others(call: Call) -> list[Seen]:
    """Those of which anything is known here."""
    abroad, seen = call.desk.abroad, list[Seen]()
    if abroad is None:
        return seen
    for name in await abroad.others():
        try:
            async with abroad.town(name) as there:
                away = "" if there.of.connected else "it is away"
                seen.append(Seen(capacity=capacity(there.store, name, now()), away=away))
        except GastownError:
            continue
    return seen


def _reasons(found: tuple[Candidate, ...]) -> str:
    return "; ".join(f"{one.town}: {one.reason}" for one in found)
