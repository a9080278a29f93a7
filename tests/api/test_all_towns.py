"""What a town says of all towns at once."""

from gastown import clock
from gastown.actors.errands import CommitFacts
from gastown.api.all_towns import seen
from gastown.bus.event_log import Append
from gastown.bus.hub_protocol import Member
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.errors import UnknownThingError
from gastown.events.bead import BeadCreated, BeadReceived, BeadSlung
from gastown.events.envelope import Envelope
from gastown.events.fact import Fact
from gastown.events.handover import BeadHandedOver, Parcel
from gastown.events.ids import Entity
from gastown.events.submission import SubmissionLanded, SubmissionReceived
from gastown.projections.placement import Wanted, candidates

PARCEL = Parcel(title="x")


async def write(log: MemoryEventLog, kind: str, key: str, fact: Fact, heard: str = "") -> int:
    """Past the owners. heard: the id of the event of another town that it answers."""
    envelope = Envelope(
        id=clock.new_id(),
        time=clock.now(),
        actor="x",
        command=f"heard:{heard}" if heard else clock.new_id(),
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


async def test_towns_says_what_goes_on_in_each(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await a.founded()
        await b.founded()
        await b.started(await b.bead())
        gone = Member(name="z", incarnation="01JZ", epoch=0)
        a.registrar.members = (*hub.members(), gone)
        own, other, never = (await a.data("towns"))["towns"]
        assert (own["load"]["workers"], own["load"]["agents"]) == ({"now": 0, "most": 8}, ["shell"])
        assert (other["load"]["workers"]["now"], other["load"]["beads"]["at_work"]) == (1, 1)
        assert never["load"] is None


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
        for _ in range(hub.logs["a"].size):
            await write(other, "handover", "b.a.ap-1", BeadHandedOver(bead="x", epoch=1, rig="app", parcel=PARCEL))
        hub.memory._copied[f"EV_a_{a.town.incarnation}"].log = other
        (own,) = (await a.data("towns.verify"))["towns"]
        assert own["complaints"] == [f"the hub's copy of this town's log says something else at position {other.size}"]


async def test_views_that_are_not_what_a_copy_says_are_found(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await b.founded()
        await b.bead()
        async with a.desk.abroad.town("b") as away:
            away.store._connection.execute("UPDATE beads SET title = 'forged'")
        _, row = (await a.data("towns.verify"))["towns"]
        assert row["complaints"] == ["the view beads is not what the copy says"]


async def test_a_bead_slung_in_one_town_and_landed_in_another_is_one_story_on_both_sides(open_town, hub):
    async with open_town("a", hub) as a, open_town("b", hub) as b:
        await a.founded()
        await b.founded()
        bead = await a.bead()
        slung = BeadSlung(rig="app", convoy="", to=("b",), there="app")
        await write(hub.logs["a"], "bead", bead, slung)
        handed = BeadHandedOver(bead=bead, epoch=1, rig="app", parcel=PARCEL)
        position = await write(hub.logs["a"], "handover", f"b.a.{bead}", handed)
        (said,) = await hub.logs["a"].read_position(position)
        there = f"a.{bead}"
        received = BeadReceived(town="a", epoch=1, position=position, rig="app", parcel=PARCEL)
        created = BeadCreated(title="Fix login", rig="app")
        await write(hub.logs["b"], "bead", there, created, heard=said.envelope.id)
        await write(hub.logs["b"], "bead", there, received, heard=said.envelope.id)
        await write(hub.logs["b"], "bead", there, BeadSlung(rig="app", convoy=""), heard=said.envelope.id)
        submission = f"app.{there}-1"
        got = SubmissionReceived(
            rig="app", bead=there, session=f"{there}-1", title="t", commit="7" * 40, base="1" * 40, priority=2
        )
        await write(hub.logs["b"], "submission", submission, got)
        landed = SubmissionLanded(commit="7" * 40, target_commit="8" * 40)
        last = await write(hub.logs["b"], "submission", submission, landed)
        await b.desk.runner.wait_for(last, 10)
        await a.desk.runner.wait_for(position, 10)

        facts = CommitFacts(commit="8" * 40, landing="8" * 40, bead=there, submission=submission)
        a.host.answers["ask_commit"] = b.host.answers["ask_commit"] = facts
        for town, other, key in ((a, "b", bead), (b, "a", there)):
            found = await town.data("trace", id=key)
            assert ([one["town"] for one in found["towns"]], found["missing"]) == ([other], [])
            types = _types(found["roots"])
            assert ("a", "handover.handed_over") in types
            assert ("b", "submission.landed") in types
            why = await town.data("why", commit="8" * 10)
            assert (why["bead"], why["submission"]) == (there, submission)
            assert [(step["town"], step["type"]) for step in why["chain"]][-1] == ("b", "submission.landed")
        a.host.answers["ask_commit"] = UnknownThingError("not fetched yet")
        assert (await a.data("why", commit="8" * 10))["submission"] == submission
        assert _types((await a.data("trace", id=there, of="b"))["roots"]) == _types(
            (await b.data("trace", id=there))["roots"]
        )
        before = (await a.ask("trace", id=bead, at=position))["result"]["data"]
        assert "towns" not in before

        hub.cut("a")
        a.desk.abroad._open["b"].level(0)
        a.desk.abroad._open["b"]._level = type(a.desk.abroad._open["b"]._level)()
        found = await a.data("trace", id=bead)
        assert [one["town"] for one in found["missing"]] == ["b"]


def _types(roots):
    pending, found = list(roots), set()
    while pending:
        node = pending.pop()
        pending += node["children"]
        if "type" in node:
            found.add((node["town"], node["type"]))
    return found
