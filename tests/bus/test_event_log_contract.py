"""What every EventLog promises about appending, asked of each implementation."""

import anyio
import pytest

from gastown.bus.event_log import Append, WrongExpectedVersionError
from gastown.bus.sizes import MessageTooLargeError
from gastown.events.ids import Entity


async def everything(log, **bounds):
    return [events async for events in log.read(**bounds)]


async def test_positions_count_from_one_without_gaps(open_log, an_append):
    async with open_log() as log:
        assert await log.last_position() == 0
        assert [await log.append([an_append(f"ap-{n}")]) for n in range(3)] == [(1,), (2,), (3,)]
        assert await log.last_position() == 3


async def test_what_is_read_is_what_was_appended(open_log, an_append):
    async with open_log() as log:
        append = an_append("ap-1", events=3)
        await log.append([append])
        [events] = await everything(log)
        assert tuple(recorded.envelope for recorded in events) == append.envelopes
        assert [(recorded.position, recorded.index) for recorded in events] == [(1, 0), (1, 1), (1, 2)]
        assert {recorded.entity for recorded in events} == {append.entity}


async def test_a_stale_writer_is_told_where_the_entity_is_and_nothing_is_stored(open_log, an_append):
    async with open_log() as log:
        await log.append([an_append("ap-1")])
        await log.append([an_append("ap-2")])
        await log.append([an_append("ap-1", 1)])
        for expected in (0, 1, 2, 99):
            with pytest.raises(WrongExpectedVersionError) as refused:
                await log.append([an_append("ap-1", expected)])
            assert (refused.value.entity, refused.value.actual) == (Entity("bead", "ap-1"), 3)
        assert await log.last_position() == 3


async def test_an_expected_position_of_a_new_entity_is_refused(open_log, an_append):
    async with open_log() as log:
        await log.append([an_append("ap-1")])
        with pytest.raises(WrongExpectedVersionError) as refused:
            await log.append([an_append("ap-2", 1)])
        assert refused.value.actual == 0


async def test_a_batch_is_stored_in_one_go(open_log, an_append):
    async with open_log() as log:
        await log.append([an_append("ap-1")])
        batch = [an_append("ap-2"), an_append("ap-1", 1, events=2), an_append("ap-3")]
        assert await log.append(batch) == (2, 3, 4)
        stored = await everything(log, after=1)
        assert [events[0].entity.id for events in stored] == ["ap-2", "ap-1", "ap-3"]
        assert [tuple(recorded.envelope for recorded in events) for events in stored] == [b.envelopes for b in batch]


@pytest.mark.parametrize("stale", [0, 1, 2])
async def test_of_a_batch_with_one_stale_member_nothing_is_stored(open_log, an_append, stale):
    async with open_log() as log:
        await log.append([an_append(f"old-{stale}")])
        batch = [an_append(f"new-{n}") if n != stale else an_append(f"old-{stale}") for n in range(3)]
        with pytest.raises(WrongExpectedVersionError) as refused:
            await log.append(batch)
        assert (refused.value.entity.id, refused.value.actual) == (f"old-{stale}", 1)
        assert await log.last_position() == 1
        assert await log.append([an_append("new-0"), an_append("new-1")]) == (2, 3)


async def test_repeating_an_append_whose_acknowledgement_was_lost_finds_it(open_log, an_append):
    async with open_log() as log:
        await log.append([an_append("ap-0")])
        append = an_append("ap-1", events=2)
        assert await log.append([append]) == (2,)
        assert await log.append([append]) == (2,)
        await log.append([an_append("ap-1", 2)])
        await log.append([an_append("ap-1", 3)])
        assert await log.append([append]) == (2,)
        assert await log.last_position() == 4


async def test_repeating_a_batch_whose_acknowledgement_was_lost_finds_it(open_log, an_append):
    async with open_log() as log:
        batch = [an_append("ap-1"), an_append("ap-2")]
        assert await log.append(batch) == (1, 2)
        await log.append([an_append("ap-2", 2)])
        assert await log.append(batch) == (1, 2)
        assert await log.last_position() == 3


async def test_another_decision_at_the_same_place_is_not_taken_for_the_own(open_log, an_append):
    async with open_log() as log:
        await log.append([an_append("ap-1", title="same words")])
        with pytest.raises(WrongExpectedVersionError):
            await log.append([an_append("ap-1", title="same words")])


async def test_of_concurrent_writers_to_one_entity_one_wins(open_log, an_append):
    async with open_log() as log:
        await log.append([an_append("ap-1")])
        won, lost = [], []

        async def write():
            try:
                won.extend(await log.append([an_append("ap-1", 1)]))
            except WrongExpectedVersionError as refused:
                lost.append(refused.actual)

        async with anyio.create_task_group() as writers:
            for _ in range(10):
                writers.start_soon(write)
        assert (won, lost) == ([2], [2] * 9)
        assert await log.last_position() == 2


async def test_of_concurrent_batches_that_share_an_entity_one_wins(open_log, an_append):
    async with open_log() as log:
        won, lost = [], []

        async def write(number):
            try:
                won.append(await log.append([an_append(f"own-{number}"), an_append("shared")]))
            except WrongExpectedVersionError:
                lost.append(number)

        async with anyio.create_task_group() as writers:
            for number in range(8):
                writers.start_soon(write, number)
        assert (won, len(lost)) == ([(1, 2)], 7)
        assert await log.last_position() == 2


async def test_fifty_concurrent_appends_all_get_a_place(open_log, an_append):
    async with open_log() as log:
        positions = {}

        async def write(number):
            [positions[number]] = await log.append([an_append(f"ap-{number}")])

        async with anyio.create_task_group() as writers:
            for number in range(50):
                writers.start_soon(write, number)
        assert sorted(positions.values()) == list(range(1, 51))
        for number, position in positions.items():
            assert (await log.read_position(position))[0].entity.id == f"ap-{number}"


async def test_a_cancelled_append_is_stored_or_not_and_harms_nothing(open_log, an_append):
    async with open_log() as log:
        for number in range(40):
            with anyio.move_on_after(number / 40_000):
                await log.append([an_append(f"cut-{number}", events=2)])
            with anyio.move_on_after(number / 40_000):
                await log.append([an_append(f"cut-{number}-a"), an_append(f"cut-{number}-b")])
        [position] = await log.append([an_append("whole")])
        stored = await everything(log)
        assert [events[0].position for events in stored] == list(range(1, position + 1))
        names = [events[0].entity.id for events in stored]
        assert [name for name in names if name.endswith("-a")] == [
            name.removesuffix("b") + "a" for name in names if name.endswith("-b")
        ]


async def test_malformed_batches_are_refused_and_an_empty_one_does_nothing(open_log, an_append):
    async with open_log() as log:
        assert await log.append([]) == ()
        with pytest.raises(ValueError, match="one member for each entity"):
            await log.append([an_append("ap-1"), an_append("ap-1")])
        with pytest.raises(ValueError, match="has events"):
            await log.append([Append(entity=Entity("bead", "ap-1"), expected=0, envelopes=())])
        assert await log.last_position() == 0


async def test_a_message_that_is_too_large_is_refused_and_the_log_goes_on(open_log, an_append):
    async with open_log() as log:
        with pytest.raises(MessageTooLargeError, match="ap-2"):
            await log.append([an_append("ap-1"), an_append("ap-2", title="x" * 9 * 1024 * 1024)])
        assert await log.append([an_append("ap-1")]) == (1,)
