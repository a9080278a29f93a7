"""What a log means, as plain data: its events, what every owner makes of them, and what every view shows."""

from typing import Any

import msgspec

from gastown.actors.commands.command import Owner
from gastown.actors.kernel.role import Change
from gastown.actors.roles import ROLES, owner_of
from gastown.bus.event_log import EventLog
from gastown.bus.texts import Texts, digest_of
from gastown.events.codec import tag_of
from gastown.events.unreadable import Unreadable
from gastown.projections import agents, attempts, beads, branches, convoys, definitions, escalations, merge_queue, rigs
from gastown.projections import sessions as session_view
from gastown.projections import town as town_view
from gastown.projections.kernel.store import Store
from gastown.projections.views import as_of


async def account(log: EventLog, texts: Texts, until: int | None = None) -> dict[str, Any]:
    """Of a log up to a position; None: all of it."""
    position = await log.last_position() if until is None else until
    messages = [message async for message in log.read(until=position)]
    store = await as_of(log, position)
    try:
        told = {"position": position, "events": _events(messages), "owners": _owners(messages), "views": _views(store)}
        long = {digest: digest_of(await texts.text(digest)) for digest in sorted(await texts.digests())}
    finally:
        store.close()
    return msgspec.json.decode(msgspec.json.encode({**told, "texts": long}))


def _events(messages: list[Any]) -> list[str]:
    return [
        f"{event.position}.{event.index} {event.entity} {tag_of(event.envelope.data)} {event.envelope.actor}"
        for message in messages
        for event in message
    ]


def _owners(messages: list[Any]) -> dict[str, Any]:
    """Of each owner what it still waits for; of each bead and submission in what phase it is."""
    states: dict[Owner, Any] = {}
    for event in (event for message in messages for event in message):
        if isinstance(event.envelope.data, Unreadable):
            continue
        owner = owner_of(event.entity)
        role = ROLES[owner.role]
        state = states[owner] if owner in states else role.initial(owner)
        states[owner] = role.evolve(state, Change(event.entity, event.envelope.data))
    due = {str(owner): sorted(effect.key for effect in ROLES[owner.role].due(state)) for owner, state in states.items()}
    mayor = states[Owner("mayor", "town")]
    phases = {key: type(one.phase).__name__ for key, one in mayor.beads.items()}
    return {"due": dict(sorted(due.items())), "beads": dict(sorted(phases.items()))}


def _views(store: Store) -> dict[str, Any]:
    found = beads.listing(store)
    return {
        "town": town_view.show(store),
        "beads": found,
        "attempts": {bead["id"]: attempts.of_bead(store, bead["id"]) for bead in found},
        "sessions": {bead["id"]: session_view.listing(store, bead["id"]) for bead in found},
        "convoys": convoys.listing(store),
        "rigs": rigs.listing(store),
        "agents": definitions.agents(store),
        "settings": definitions.settings(store),
        "polecats": agents.listing(store, None),
        "queue": merge_queue.queue(store, None),
        "landed": merge_queue.ended(store, None, limit=0),
        "kept": branches.listing(store, None),
        "escalations": escalations.listing(store, closed_too=True),
    }
