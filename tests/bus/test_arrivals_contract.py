"""What every Arrivals promises, asked of each implementation."""

from contextlib import suppress

import anyio
from joined.towns import tell

from gastown.bus.event_log import Append
from gastown.events.ids import Entity


async def heard(arrivals, count):
    """The next so many, each taken."""
    found = []
    for _ in range(count):
        arrival = await arrivals.next()
        found.append((arrival.town, arrival.position, str(arrival.entity)))
        await arrivals.taken(arrival)
    return found


async def nothing_comes(arrivals, seconds=0.3):
    with anyio.move_on_after(seconds) as scope:
        await arrivals.next()
    return scope.cancelled_caught


async def test_what_is_addressed_to_a_town_arrives_there_in_order_and_nothing_else(open_towns, an_append):
    async with open_towns() as towns, towns.arrivals("b") as arrivals:
        await tell(towns, "a", "bead", "b.x", an_append)
        assert await tell(towns, "a", "handover", "b.a.x", an_append) == 2
        await tell(towns, "a", "handover", "c.a.x", an_append)
        await tell(towns, "a", "handover", "bb.a.x", an_append)
        assert await tell(towns, "a", "letter", "b.m1", an_append) == 5
        await tell(towns, "a", "handover", "b.a.x", an_append, 2)
        assert await tell(towns, "a", "watch", "b.b.z", an_append) == 7
        await tell(towns, "a", "letter", "c.m1", an_append)
        with anyio.fail_after(10):
            assert await heard(arrivals, 4) == [
                ("a", 2, "handover/b.a.x"),
                ("a", 5, "letter/b.m1"),
                ("a", 6, "handover/b.a.x"),
                ("a", 7, "watch/b.b.z"),
            ]
        assert await nothing_comes(arrivals)


async def test_an_arrival_holds_the_events_as_the_sender_wrote_them(open_towns, an_append):
    async with open_towns() as towns, towns.arrivals("b") as arrivals:
        position = await tell(towns, "a", "letter", "b.m1", an_append)
        with anyio.fail_after(10):
            arrival = await arrivals.next()
        assert arrival.events == await towns.log("a").read_position(position)
        assert (arrival.entity, arrival.town, arrival.received) == (Entity("letter", "b.m1"), "a", 1)


async def test_an_arrival_comes_again_until_it_is_taken_and_before_the_next_of_its_sender(open_towns, an_append):
    async with open_towns() as towns, towns.arrivals("b") as arrivals:
        for name in ("b.m1", "b.m2"):
            await tell(towns, "a", "letter", name, an_append)
        with anyio.fail_after(10):
            seen = [await arrivals.next() for _ in range(3)]
            assert [(arrival.position, arrival.received) for arrival in seen] == [(1, 1), (1, 2), (1, 3)]
            await arrivals.taken(seen[0])
            after = await arrivals.next()
            assert (after.position, after.received) == (2, 1)


async def test_what_was_not_taken_comes_again_to_whoever_opens_the_arrivals_next(open_towns, an_append):
    async with open_towns() as towns:
        for name in ("b.m1", "b.m2", "b.m3"):
            await tell(towns, "a", "letter", name, an_append)
        with anyio.fail_after(10):
            async with towns.arrivals("b") as arrivals:
                assert await heard(arrivals, 2) == [("a", 1, "letter/b.m1"), ("a", 2, "letter/b.m2")]
                assert (await arrivals.next()).position == 3
            async with towns.arrivals("b") as arrivals:
                assert await heard(arrivals, 1) == [("a", 3, "letter/b.m3")]
            async with towns.arrivals("b") as arrivals:
                assert await nothing_comes(arrivals)


async def test_senders_take_turns_however_much_one_of_them_has_to_say(open_towns, an_append):
    async with open_towns() as towns:
        for number in range(200):
            await tell(towns, "a", "letter", f"b.m{number}", an_append)
        for number in range(5):
            await tell(towns, "c", "letter", f"b.m{number}", an_append)
        await towns.level("a")
        await towns.level("c")
        async with towns.arrivals("b") as arrivals:
            with anyio.fail_after(10):
                found = await heard(arrivals, 205)
        senders = [town for town, _, _ in found]
        assert sorted(senders[:10]) == ["a"] * 5 + ["c"] * 5
        assert [position for town, position, _ in found if town == "a"] == list(range(1, 201))


async def test_one_whose_arrival_is_not_taken_keeps_nobody_else_from_being_heard(open_towns, an_append):
    async with open_towns() as towns, towns.arrivals("b") as arrivals:
        await tell(towns, "a", "letter", "b.bad", an_append)
        for number in range(3):
            await tell(towns, "c", "letter", f"b.m{number}", an_append)
        await towns.level("c")
        taken = []
        with anyio.fail_after(10):
            while len(taken) < 3:
                arrival = await arrivals.next()
                if arrival.town == "c":
                    taken.append(arrival.position)
                    await arrivals.taken(arrival)
        assert taken == [1, 2, 3]


async def test_one_waits_for_what_has_not_been_said_yet(open_towns, an_append):
    async with open_towns() as towns, towns.arrivals("b") as arrivals:
        found = []

        async def listen():
            found.extend(await heard(arrivals, 3))

        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(listen)
                for number, town in enumerate("aca"):
                    await anyio.sleep(0.02)  # so that listening has begun to wait: it must hold either way
                    await tell(towns, town, "letter", f"b.m{number}", an_append)
        assert sorted(found) == [("a", 1, "letter/b.m0"), ("a", 2, "letter/b.m2"), ("c", 1, "letter/b.m1")]


async def test_a_wait_that_is_given_up_loses_nothing(open_towns, an_append):
    async with open_towns() as towns, towns.arrivals("b") as arrivals:
        for number in range(20):
            with anyio.move_on_after(number / 2000):
                await arrivals.next()
            await tell(towns, "a", "letter", f"b.m{number}", an_append)
            with suppress(TimeoutError), anyio.fail_after(number / 2000):
                await arrivals.next()
        with anyio.fail_after(10):
            assert [position for _, position, _ in await heard(arrivals, 20)] == list(range(1, 21))


async def test_what_was_said_while_ones_link_was_cut_is_heard_when_it_is_there_again(open_towns, an_append):
    async with open_towns() as towns, towns.arrivals("b") as arrivals:
        await tell(towns, "a", "letter", "b.m0", an_append)
        with anyio.fail_after(30):
            await heard(arrivals, 1)
            await towns.cut("b")
            for number in range(1, 4):
                await tell(towns, "a", "letter", f"b.m{number}", an_append)
            await towns.level("a")
            assert await nothing_comes(arrivals)
            await towns.heal("b")
            assert [position for _, position, _ in await heard(arrivals, 3)] == [2, 3, 4]
            assert await nothing_comes(arrivals)


async def test_what_a_town_says_without_a_link_is_heard_when_it_has_one(open_towns, an_append):
    async with open_towns() as towns, towns.arrivals("b") as arrivals:
        await towns.cut("a")
        for number in range(3):
            await tell(towns, "a", "letter", f"b.m{number}", an_append)
        await tell(towns, "c", "letter", "b.m", an_append)
        with anyio.fail_after(60):
            assert await heard(arrivals, 1) == [("c", 1, "letter/b.m")]
            assert await nothing_comes(arrivals)
            await towns.heal("a")
            assert [position for _, position, _ in await heard(arrivals, 3)] == [1, 2, 3]


async def test_a_town_that_joins_later_is_heard_too(open_towns, an_append):
    async with open_towns() as towns, towns.arrivals("b") as arrivals:
        await tell(towns, "a", "letter", "b.m", an_append)
        with anyio.fail_after(20):
            assert await heard(arrivals, 1) == [("a", 1, "letter/b.m")]
            await towns.newcomer("d")
            await tell(towns, "d", "letter", "b.m", an_append)
            assert await heard(arrivals, 1) == [("d", 1, "letter/b.m")]


async def test_what_no_version_of_this_program_knows_arrives_too(open_towns, an_append):
    """A sender may be newer: who hears it decides what to make of it."""
    async with open_towns() as towns, towns.arrivals("b") as arrivals:
        await tell(towns, "a", "handover", "b.a.x", an_append)
        with anyio.fail_after(10):
            arrival = await arrivals.next()
        assert [type(recorded.envelope.data).__name__ for recorded in arrival.events] == ["Unreadable"]


async def test_large_letters_arrive_whole(open_towns, an_append):
    async with open_towns() as towns, towns.arrivals("b") as arrivals:
        for number in range(5):
            envelopes = an_append("x", title="x" * 1024 * 1024).envelopes
            await towns.log("a").append(
                [Append(entity=Entity("letter", f"b.m{number}"), expected=0, envelopes=envelopes)]
            )
        with anyio.fail_after(60):
            for number in range(5):
                arrival = await arrivals.next()
                assert len(str(arrival.events)) > 1024 * 1024
                assert (arrival.position, arrival.entity.id) == (number + 1, f"b.m{number}")
                await arrivals.taken(arrival)
