"""What every Copies promises, asked of each implementation: as a log, read from elsewhere."""

from contextlib import aclosing

import anyio
import pytest
from joined.towns import INCARNATION, tell

from gastown.bus.copies import NoCopyError
from gastown.bus.event_log import LogUnavailableError
from gastown.events.ids import Entity


async def everything(log, **bounds):
    return [events async for events in log.read(**bounds)]


def positions(messages):
    return [events[0].position for events in messages]


async def test_a_copy_reads_as_its_log_does(open_towns, an_append):
    async with open_towns() as towns:
        for number in range(8):
            await tell(towns, "a", "bead", f"ap-{number}", an_append)
        await tell(towns, "a", "bead", "ap-3", an_append, 4)
        await towns.level("a")
        log, copy = towns.log("a"), towns.copies("b").log("a", INCARNATION)
        assert await everything(copy) == await everything(log)
        assert await copy.last_position() == 9
        assert positions(await everything(copy, after=2, until=5)) == [3, 4, 5]
        assert positions(await everything(copy, after=7, until=99)) == [8, 9]
        assert await everything(copy, after=9) == await everything(copy, after=99) == []
        for position in (1, 9):
            assert await copy.read_position(position) == await log.read_position(position)
        for position in (-1, 0, 10):
            with pytest.raises(KeyError):
                await copy.read_position(position)


async def test_the_history_of_one_entity_is_its_own_also_with_dots_in_its_id(open_towns, an_append):
    async with open_towns() as towns:
        last = 0
        for number in range(30):
            last = await tell(towns, "a", "bead", "app.ap-1", an_append, last)
            for other in ("app", "app.ap-1.x"):
                await tell(towns, "a", "bead", f"{other}{number}", an_append)
        await towns.level("a")
        copy, entity = towns.copies("c").log("a", INCARNATION), Entity("bead", "app.ap-1")
        assert [r.position for r in await copy.read_entity(entity)] == list(range(1, 91, 3))
        assert [r.position for r in await copy.read_entity(entity, after=82)] == [85, 88]
        assert await copy.read_entity(entity, after=88) == await copy.read_entity(Entity("rig", "app")) == ()


async def test_a_copy_of_an_empty_log_is_empty(open_towns):
    async with open_towns() as towns:
        copy = towns.copies("b").log("a", INCARNATION)
        assert await everything(copy) == []
        assert await copy.last_position() == 0
        assert await copy.read_entity(Entity("bead", "ap-1")) == ()


async def test_there_is_no_copy_of_what_never_joined(open_towns):
    async with open_towns() as towns:
        copy = towns.copies("b").log("nobody", INCARNATION)
        for reading in (copy.last_position(), copy.read_position(1), copy.read_entity(Entity("bead", "x"))):
            with pytest.raises(NoCopyError, match="nobody"):
                await reading
        with pytest.raises(NoCopyError):
            await everything(copy)


async def test_a_follower_of_a_copy_gets_the_past_and_then_what_comes(open_towns, an_append):
    async with open_towns() as towns:
        for number in range(1, 4):
            await tell(towns, "a", "bead", f"ap-{number}", an_append)
        await towns.level("a")
        seen = []
        with anyio.fail_after(20):
            async with aclosing(towns.copies("b").log("a", INCARNATION).follow()) as following:
                async for chunk in following:
                    assert chunk
                    seen += positions(chunk)
                    if seen[-1] in (3, 5):
                        for more in (1, 2):
                            await tell(towns, "a", "bead", f"ap-{seen[-1] + more}", an_append)
                        await towns.level("a")
                    if seen[-1] == 7:
                        break
        assert seen == [1, 2, 3, 4, 5, 6, 7]


async def test_a_town_is_read_while_it_is_away_and_nobody_reads_without_a_link(open_towns, an_append):
    async with open_towns() as towns:
        await tell(towns, "a", "bead", "ap-1", an_append)
        await towns.level("a")
        await towns.cut("a")
        await tell(towns, "a", "bead", "ap-2", an_append)
        copy = towns.copies("b").log("a", INCARNATION)
        assert positions(await everything(copy)) == [1]
        assert await copy.last_position() == 1
        await towns.cut("b")
        with pytest.raises(LogUnavailableError):
            await copy.last_position()
        with pytest.raises(LogUnavailableError):
            await everything(copy)
        await towns.heal("b")
        with anyio.fail_after(20):
            while not await answers(copy):  # noqa: ASYNC110  only an answer tells
                await anyio.sleep(0.05)
        assert await copy.last_position() == 1


async def answers(copy):
    try:
        await copy.last_position()
    except LogUnavailableError:
        return False
    return True


async def test_large_messages_come_back_unharmed_and_in_order(open_towns, an_append):
    """More than one answer holds at a time."""
    async with open_towns() as towns:
        for number in range(10):
            await towns.log("a").append([an_append(f"ap-{number}", title="x" * 1024 * 1024)])
        await towns.log("a").append([an_append("ap-large", title="x" * 4 * 1024 * 1024)])
        await towns.log("a").append([an_append("ap-0", 1)])
        with anyio.fail_after(60):
            await towns.level("a")
            log, copy = towns.log("a"), towns.copies("b").log("a", INCARNATION)
            assert await everything(copy) == await everything(log)
            assert await copy.read_position(11) == await log.read_position(11)
            entity = Entity("bead", "ap-0")
            assert await copy.read_entity(entity) == await log.read_entity(entity)


async def test_of_a_copy_all_are_read_that_there_were_when_reading_began(open_towns, an_append):
    async with open_towns() as towns:
        for first in range(0, 2500, 500):
            await towns.log("a").append([an_append(f"ap-{number}") for number in range(first, first + 500)])
        await towns.level("a")
        copy = towns.copies("b").log("a", INCARNATION)
        assert positions(await everything(copy)) == list(range(1, 2501))
        assert positions(await everything(copy, after=1, until=2499)) == list(range(2, 2500))
