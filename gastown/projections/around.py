"""Which entities a page about one thing is folded from, as it was at whatever moment, by what is known of it now.

More of them than there were then do no harm: they have no events of that time.
"""

from gastown.bus.event_log import LogReader
from gastown.events.bead import BeadCreated, NeedAdded
from gastown.events.ids import BeadId, ConvoyId, Entity
from gastown.projections import abroad, convoys, merge_queue, sessions
from gastown.projections.kernel.store import Store


async def bead(store: Store, log: LogReader, key: BeadId) -> list[Entity]:
    """Itself, all it ever needed, was tried in, handed in as, or was a part of."""
    tried = sessions.listing(store, key)
    rigs = dict.fromkeys(session["rig"] for session in tried)
    return [
        Entity("bead", key),
        *(Entity("bead", need) for need in await _ever_needed(log, key)),
        *(Entity("convoy", convoy) for convoy in convoys.of_bead(store, key)),
        *(Entity("handover", one) for one in abroad.entities_of(store, key)),
        *(Entity("session", session["id"]) for session in tried),
        *(Entity("submission", one["submission"]) for one in merge_queue.of_bead(store, key)),
        *(Entity(kind, rig) for rig in rigs for kind in ("rig", "target")),
    ]


async def _ever_needed(log: LogReader, key: BeadId) -> list[BeadId]:
    """What is needed no longer, too: only the log knows that."""
    needs: list[BeadId] = []
    for event in await log.read_entity(Entity("bead", key)):
        fact = event.envelope.data
        if isinstance(fact, BeadCreated):
            needs += fact.needs
        elif isinstance(fact, NeedAdded):
            needs.append(fact.need)
    return needs


def convoy(store: Store, key: ConvoyId) -> list[Entity]:
    """Itself and its beads, which never leave it."""
    found = convoys.show(store, key)
    return [Entity("convoy", key), *(Entity("bead", one["id"]) for one in (found["beads"] if found else ()))]


async def bead_or_convoy(store: Store, log: LogReader, key: str) -> list[Entity] | None:
    """With all that its story tells; None for what is neither."""
    found = convoys.show(store, key)
    if found is None:
        return await bead(store, log, key) if await log.read_entity(Entity("bead", key)) else None
    return [Entity("convoy", key), *[one for each in found["beads"] for one in await bead(store, log, each["id"])]]
