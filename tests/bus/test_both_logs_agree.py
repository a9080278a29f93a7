"""The log in memory is a fair stand-in for the real one: the same steps end the same way on both."""

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gastown.bus.event_log import WrongExpectedVersionError
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.bus.nats_connection import connect
from gastown.bus.streams import ensure_log_stream
from gastown.clock import new_id
from gastown.events.ids import Entity

BEADS = ("ap-1", "ap-1.x", "ap-2")

expectations = st.one_of(st.just("last"), st.integers(0, 12))
batches = st.dictionaries(st.sampled_from(BEADS), st.tuples(expectations, st.integers(1, 3)), min_size=1)
steps = st.lists(st.one_of(batches, st.just("the previous append again")), min_size=1, max_size=12)


async def taken(log, steps, an_append_for):
    """What each step came to, and what is in the log at the end."""
    outcomes, last = [], {}
    for number, step in enumerate(steps):
        batch = an_append_for(number, step, last)
        try:
            positions = await log.append(batch)
        except WrongExpectedVersionError as refused:
            outcomes.append((refused.entity, refused.actual))
            continue
        outcomes.append(positions)
        last.update({member.entity.id: position for member, position in zip(batch, positions, strict=True)})
    outcomes.append([events async for events in log.read()])
    outcomes.extend([await log.read_entity(Entity("bead", bead)) for bead in BEADS])
    outcomes.append(await log.last_position())
    return outcomes


@given(steps)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_steps_end_the_same_way_on_both(nats_server, an_append, steps):
    made = {}

    def an_append_for(number, step, last):
        if step == "the previous append again":
            return made.get(number - 1, [])
        if number not in made:
            made[number] = [
                an_append(bead, last.get(bead, 0) if expected == "last" else expected, events=events)
                for bead, (expected, events) in step.items()
            ]
        return made[number]

    async def compare():
        credentials = {"user": nats_server.user, "password": nats_server.password}
        async with connect(nats_server.url, name="test", **credentials) as connection:
            town = new_id()
            await ensure_log_stream(connection, town, "1")
            real = await taken(JetStreamEventLog(connection, town, "1"), steps, an_append_for)
        assert real == await taken(MemoryEventLog(), steps, an_append_for)

    anyio.run(compare)


@pytest.fixture(autouse=True)
def quiet(capsys):
    """Sixty connections say so sixty times."""
    yield
    capsys.readouterr()
