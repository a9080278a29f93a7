"""What specs and simulations say to the hub in memory, which no real one can be told."""

from contextlib import aclosing

import anyio
import pytest
from joined.towns import INCARNATION, MemoryTowns, tell

from gastown.bus.event_log import Append
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.bus.memory_hub import MemoryHub
from gastown.events.ids import Entity


async def heard_now(hub, town):
    """The positions of all that has arrived at `town`, each taken."""
    arrivals, found = hub.arrivals(town, INCARNATION), []
    with anyio.move_on_after(0.02):
        while True:
            arrival = await arrivals.next()
            await arrivals.taken(arrival)
            found.append(arrival.position)
    return found


async def test_a_copy_that_is_held_back_stands_where_it_was_told_to_and_nobody_hears_more(an_append):
    towns = MemoryTowns()
    for number in range(5):
        await tell(towns, "a", "letter", f"b.m{number}", an_append)
        towns.hub.hold("a", 2)
    assert towns.hub.position("a") == 2
    assert await heard_now(towns.hub, "b") == [1, 2]
    towns.hub.hold("a", 4)
    assert await heard_now(towns.hub, "b") == [3, 4]
    towns.hub.hold("a", None)
    assert await heard_now(towns.hub, "b") == [5]


async def test_a_copy_never_loses_what_it_had(an_append):
    towns = MemoryTowns()
    for number in range(3):
        await tell(towns, "a", "bead", f"x{number}", an_append)
    towns.hub.hold("a", 1)
    assert towns.hub.position("a") == 3
    towns.hub.cut("a")
    towns.hub.hold("a", None)
    await tell(towns, "a", "bead", "y", an_append)
    assert towns.hub.position("a") == 3


async def test_of_a_town_that_goes_on_elsewhere_only_what_it_says_there_is_heard(an_append):
    """Its copied past was heard already; whoever it was before is cut off."""
    towns = MemoryTowns()
    for number in range(3):
        await tell(towns, "a", "letter", f"b.m{number}", an_append)
    copied = MemoryEventLog()
    async for events in towns.log("a").read(until=2):
        await copied.append([Append(entity=events[0].entity, expected=0, envelopes=(events[0].envelope,))])
    assert await heard_now(towns.hub, "b") == [1, 2, 3]
    towns.hub.join("a", "01JSECOND", copied, heard_from=2)
    envelopes = an_append("x").envelopes
    await copied.append([Append(entity=Entity("letter", "b.new"), expected=0, envelopes=envelopes)])
    assert await heard_now(towns.hub, "b") == [3]
    assert towns.hub.position("a") == 3


async def test_a_follower_waits_out_a_cut_link_without_time_passing(an_append):
    towns = MemoryTowns()
    towns.hub.cut("b")
    await tell(towns, "a", "bead", "x", an_append)
    async with aclosing(towns.copies("b").log("a", INCARNATION).follow()) as following:
        waiting = anyio.Event()

        async def heal():
            waiting.set()
            towns.hub.heal("b")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(heal)
            chunk = await anext(following)
    assert waiting.is_set()
    assert [events[0].position for events in chunk] == [1]


async def test_the_same_log_may_say_that_it_is_there_again(an_append):
    hub, log = MemoryHub(), MemoryEventLog()
    hub.join("a", INCARNATION, log)
    hub.cut("a")
    hub.join("a", INCARNATION, log)
    assert not hub.is_linked(f"EV_a_{INCARNATION}")
    with pytest.raises(KeyError):
        hub.cut("b")
