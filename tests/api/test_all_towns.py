"""What a town says of all towns at once."""

from gastown import clock
from gastown.api.all_towns import seen
from gastown.bus.event_log import Append
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.events.bead import BeadReceived
from gastown.events.envelope import Envelope
from gastown.events.fact import Fact
from gastown.events.handover import BeadHandedOver, Parcel
from gastown.events.ids import Entity
from gastown.projections.placement import Wanted, candidates

PARCEL = Parcel(title="x")


async def write(log: MemoryEventLog, kind: str, key: str, fact: Fact) -> int:
    """Past the owners."""
    envelope = Envelope(
        id=clock.new_id(),
        time=clock.now(),
        actor="x",
        command="c",
        cause="",
        correlation="t",
        traceparent="",
        data=fact,
    )
    entity = Entity(kind, key)
    found = await log.read_entity(entity)
    expected = found[-1].position if found else 0
    (position,) = await log.append([Append(entity=entity, expected=expected, envelopes=(envelope,))])
    return position


async def test_which_towns_there_are(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub):
        assert await a.data("towns.known") == {"here": "a", "others": ["b"]}
    async with open_town() as alone:
        assert await alone.data("towns.known") == {"here": "springfield", "others": []}
        assert [one["town"] for one in await alone.data("towns.capacity")] == ["springfield"]


async def test_what_each_can_take_on_and_who_could_be_asked(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub) as b, open_town("c", hub) as c:
        for town in (a, b, c):
            await town.founded()
        await a.started(await a.bead())
        await b.bead("Ready there")
        hub.cut("c")
        found = {one["town"]: one for one in await a.data("towns.capacity")}
        assert list(found) == ["a", "b", "c"]
        assert (found["a"]["now"], found["a"]["most"], found["a"]["beads"]["at_work"]) == (1, 8, 1)
        assert (found["b"]["now"], found["b"]["beads"]["ready"], found["b"]["agents"][0]["vendor"]) == (0, 1, "shell")
        assert (found["a"]["away"], found["b"]["away"], found["c"]["away"][:16]) == ("", "", "it is away since")

        order = candidates(await seen(a.desk), Wanted(rig="app", origin="/srv/app.git"))
        assert [(one.town, one.can) for one in order] == [("b", True), ("a", True), ("c", False)]


async def test_a_town_that_cannot_be_read_is_not_asked(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub):
        await a.desk.abroad.others()
        hub.cut("a")
        _, other = await a.data("towns.capacity")
        assert (other["town"], "cannot be reached" in other["away"]) == ("b", True)


async def test_all_is_as_it_must_be(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await a.founded()
        await b.founded()
        await b.landed(await b.submitted(await b.started(await b.bead())))
        found = await a.data("towns.verify")
        assert (found["ok"], found["beads"], [row["town"] for row in found["towns"]]) == (True, [], ["a", "b"])
        assert [row["copy"] for row in found["towns"]] == [hub.logs["a"].size, hub.logs["b"].size]


async def test_a_bead_taken_up_that_nobody_handed_over_is_found(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await a.founded()
        await write(
            hub.logs["b"], "bead", "a.ap-1", BeadReceived(town="a", epoch=1, position=2, rig="app", parcel=PARCEL)
        )
        found = await a.data("towns.verify")
        said = "a/ap-1: taken up in b under epoch 1, and handed over by a to nobody"
        assert (found["ok"], found["beads"]) == (False, [said])
        assert (await b.data("towns.verify"))["beads"] == [said]


async def test_a_bead_handed_over_and_taken_up_is_as_it_must_be(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub):
        handed = BeadHandedOver(bead="ap-1", epoch=1, rig="app", parcel=PARCEL)
        there = await write(hub.logs["a"], "handover", "b.a.ap-1", handed)
        received = BeadReceived(town="a", epoch=1, position=there, rig="app", parcel=PARCEL)
        await write(hub.logs["b"], "bead", "a.ap-1", received)
        assert (await a.data("towns.verify"))["beads"] == []


async def test_a_copy_that_is_not_our_log_is_found(open_town, hub):
    async with open_town("a", hub) as a:
        await a.founded()
        other = MemoryEventLog()
        for _ in range(2):
            await write(other, "handover", "b.a.ap-1", BeadHandedOver(bead="x", epoch=1, rig="app", parcel=PARCEL))
        hub.memory._copied[f"EV_a_{a.town.incarnation}"].log = other
        (own,) = (await a.data("towns.verify"))["towns"]
        assert own["complaints"] == ["the hub's copy of this town's log says something else at position 2"]


async def test_views_that_are_not_what_a_copy_says_are_found(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await b.founded()
        await b.bead()
        async with a.desk.abroad.town("b") as away:
            away.store._connection.execute("UPDATE beads SET title = 'forged'")
        _, row = (await a.data("towns.verify"))["towns"]
        assert row["complaints"] == ["the view beads is not what the copy says"]
