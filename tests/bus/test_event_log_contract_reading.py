"""What every EventLog promises about reading, asked of each implementation."""

from contextlib import aclosing

import anyio
import pytest

from gastown.events.ids import Entity


async def everything(log, **bounds):
    return [events async for events in log.read(**bounds)]


async def test_a_range_is_read_in_order_from_behind_after_up_to_until(open_log, an_append):
    async with open_log() as log:
        for number in range(1, 8):
            await log.append([an_append(f"ap-{number}")])

        async def positions(**bounds):
            return [events[0].position for events in await everything(log, **bounds)]

        assert await positions() == [1, 2, 3, 4, 5, 6, 7]
        assert await positions(after=2, until=5) == [3, 4, 5]
        assert await positions(after=5) == [6, 7]
        assert await positions(after=5, until=99) == [6, 7]
        assert await positions(after=7) == await positions(after=99) == await positions(after=5, until=5) == []


async def test_reading_an_empty_log_ends_at_once(open_log):
    async with open_log() as log:
        assert await everything(log) == []


async def test_a_read_ends_where_the_log_ended_when_it_began(open_log, an_append):
    async with open_log() as log:
        for number in range(3):
            await log.append([an_append(f"ap-{number}")])
        seen = []
        async for events in log.read():
            seen.append(events[0].position)
            await log.append([an_append(f"later-{len(seen)}")])
        assert seen == [1, 2, 3]


async def test_a_read_may_be_left_in_the_middle(open_log, an_append):
    async with open_log() as log:
        for number in range(5):
            await log.append([an_append(f"ap-{number}")])
        async with aclosing(log.read()) as reading:
            async for events in reading:
                if events[0].position == 2:
                    break
        assert len(await everything(log)) == 5


async def test_a_follower_gets_the_past_and_then_what_comes(open_log, an_append):
    async with open_log() as log:
        for number in range(1, 4):
            await log.append([an_append(f"ap-{number}")])
        seen = []
        with anyio.fail_after(10):
            async with aclosing(log.follow()) as following:
                async for chunk in following:
                    assert chunk
                    seen += [events[0].position for events in chunk]
                    if seen[-1] in (3, 5):
                        await log.append([an_append(f"ap-{seen[-1] + 1}"), an_append(f"ap-{seen[-1] + 2}")])
                    if seen[-1] == 7:
                        break
        assert seen == [1, 2, 3, 4, 5, 6, 7]


async def test_a_follower_may_begin_at_the_end_and_waits_there(open_log, an_append):
    async with open_log() as log:
        await log.append([an_append("ap-1")])
        seen = []

        async def follow(log, started):
            async with aclosing(log.follow(after=1)) as following:
                started.set()
                async for chunk in following:
                    seen.extend(events[0].position for events in chunk)

        with anyio.fail_after(10):
            async with anyio.create_task_group() as group:
                started = anyio.Event()
                group.start_soon(follow, log, started)
                await started.wait()
                for number in range(2, 5):
                    await log.append([an_append(f"ap-{number}")])
                while len(seen) < 3:  # noqa: ASYNC110  only followers know how far they are
                    await anyio.sleep(0.001)
                group.cancel_scope.cancel()
        assert seen == [2, 3, 4]


async def test_the_history_of_one_entity_is_its_own_also_with_dots_in_its_id(open_log, an_append):
    async with open_log() as log:
        for bead in ("app", "app.ap-1", "app.ap-1-2", "app.ap-1.x"):
            await log.append([an_append(bead, events=2)])
        await log.append([an_append("app.ap-1", 2)])
        found = await log.read_entity(Entity("bead", "app.ap-1"))
        assert [(recorded.position, recorded.index) for recorded in found] == [(2, 0), (2, 1), (5, 0)]
        assert {recorded.entity for recorded in found} == {Entity("bead", "app.ap-1")}
        assert [r.position for r in await log.read_entity(Entity("bead", "app.ap-1"), after=2)] == [5]
        assert await log.read_entity(Entity("bead", "app.ap-1"), after=5) == ()
        assert await log.read_entity(Entity("bead", "nothing")) == await log.read_entity(Entity("rig", "app")) == ()


async def test_a_long_history_of_one_entity_is_read_whole(open_log, an_append):
    async with open_log() as log:
        last = 0
        for number in range(30):
            [last] = await log.append([an_append("ap-1", last)])
            await log.append([an_append(f"other-{number}")])
        assert [r.position for r in await log.read_entity(Entity("bead", "ap-1"))] == list(range(1, 60, 2))


async def test_four_mebibytes_in_one_message_come_back_unharmed(open_log, an_append):
    async with open_log() as log:
        append = an_append("ap-1", title="x" * 4 * 1024 * 1024)
        await log.append([append])
        await log.append([an_append("ap-2")])
        for events in (
            (await everything(log))[0],
            await log.read_position(1),
            await log.read_entity(Entity("bead", "ap-1")),
        ):
            assert tuple(recorded.envelope for recorded in events) == append.envelopes
        assert await log.append([append]) == (1,)


async def test_a_message_is_found_by_its_position(open_log, an_append):
    async with open_log() as log:
        append = an_append("ap.1", events=2)
        await log.append([an_append("ap-0"), append])
        assert tuple(recorded.envelope for recorded in await log.read_position(2)) == append.envelopes
        assert (await log.read_position(2))[1].position == 2
        for position in (-1, 0, 3):
            with pytest.raises(KeyError):
                await log.read_position(position)
