"""The past that is written for the bench is one that a town could have had."""

from collections import defaultdict
from pathlib import Path

from gastown.actors.commands.mayor import MAYOR
from gastown.actors.kernel.role import Change
from gastown.actors.roles import ROLES, owner_of
from gastown.bench.history import Scribe, write_history
from gastown.bench.lives import Life, bead_id, founding
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.daemon.log_connection import connected
from gastown.daemon.log_server import nats_server
from gastown.events.ids import Entity
from gastown.projections import beads, convoys, sessions
from gastown.projections.kernel.rebuild import rebuild_into
from gastown.projections.kernel.store import Store
from gastown.projections.views import VIEWS

LIVES = [
    Life(number=number, polecat="toast", need=bead_id(number - 1) if number > 1 else "") for number in range(1, 36)
]
"""Among them every combination of a failed attempt and a red gate."""


def test_after_these_lives_nobody_owes_anything_but_to_say_that_nothing_is_held():
    states = {}
    for step in [*founding("bench", "A"), *(step for life in LIVES for step in life.steps())]:
        kind, key, facts = step
        owner = owner_of(Entity(kind, key))
        role = ROLES[owner.role]
        state = states.get(owner, role.initial(owner))
        for fact in facts:
            state = role.evolve(state, Change(Entity(kind, key), fact))
        states[owner] = state
    due = defaultdict(list)
    for owner, state in states.items():
        for effect in ROLES[owner.role].due(state):
            due[owner].append(effect.key)
    assert due == {MAYOR: ["hold:0"]}
    assert {owner.role for owner in states} == set(ROLES)


async def test_the_views_tell_these_lives_as_they_were():
    scribe = Scribe(log := MemoryEventLog())
    for step in [*founding("bench", "A"), *(step for life in LIVES for step in life.steps())]:
        await scribe.write([step])
    store = Store(None, VIEWS)
    try:
        await rebuild_into(store, log)
        assert store.mark.events == scribe.events
        assert {bead["state"] for bead in beads.listing(store)} == {"landed"}
        assert {convoy["state"] for convoy in convoys.listing(store)} == {"done"}
        assert len(sessions.listing(store, bead_id(35))) == 3
        assert not sessions.listing(store, running=True)
    finally:
        store.close()


async def test_a_written_past_is_in_the_log_of_the_town_that_is_returned(tmp_path: Path):
    town = await write_history(tmp_path / "town", 500)
    async with nats_server(tmp_path / "nats", town.path / "log") as (_, login), connected(login) as connection:
        log = JetStreamEventLog(connection, town.name, town.incarnation)
        events = [event async for message in log.read() for event in message]
    assert len(events) >= 500
    assert len({event.envelope.id for event in events}) == len(events)
