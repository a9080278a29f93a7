"""Which events belong to a bead, a convoy or a trace."""

from collections.abc import Iterable

from gastown.api.call import Call
from gastown.events.envelope import Recorded
from gastown.events.handover import KIND as HANDOVER
from gastown.events.ids import Entity, abroad, polecat_id
from gastown.events.polecat import PolecatAssigned, PolecatReleased
from gastown.projections import across, merge_queue, requests, sessions


async def of_entities(call: Call, entities: Iterable[Entity]) -> list[Recorded]:
    """What is told of them, up to the moment of the call."""
    told = [event for entity in dict.fromkeys(entities) for event in await call.desk.log.read_entity(entity)]
    return [event for event in told if call.then is None or event.position <= call.then.position]


async def of_bead(call: Call, bead: str) -> list[Recorded]:
    """Its own events, those of its sessions and submissions, of the polecats while they were its, and what was said to
    other towns about it."""
    told = await of_entities(call, [Entity("bead", bead)])
    tried = sessions.listing(call.store, bead)
    own = [Entity(HANDOVER, f"{town}.{abroad(call.town, bead)}") for town in across.offered_to(told)]
    own += [Entity("session", session["id"]) for session in tried]
    own += [Entity("submission", one["submission"]) for one in merge_queue.of_bead(call.store, bead)]
    ids = {session["id"] for session in tried}
    polecats = [Entity("polecat", polecat_id(session["rig"], session["polecat"])) for session in tried]
    shared = [event for event in await of_entities(call, polecats) if _session_of(event) in ids]
    return [*told, *await of_entities(call, own), *shared]


def _session_of(event: Recorded) -> str:
    fact = event.envelope.data
    return fact.session if isinstance(fact, PolecatAssigned | PolecatReleased) else ""


async def of_convoy(call: Call, convoy: str, beads: Iterable[str]) -> list[Recorded]:
    """Its own events, and all its beads' stories."""
    events = await of_entities(call, [Entity("convoy", convoy)])
    for bead in beads:
        events += await of_bead(call, bead)
    return events


async def of_trace(call: Call, trace: str) -> list[Recorded]:
    """Everything that one request led to. Empty where there was no such request."""
    events = await of_entities(call, requests.entities(call.store, trace))
    return [event for event in events if event.envelope.correlation == trace]
