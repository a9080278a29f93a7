"""The log on a real server: what happens when that dies, fills up, or is not what it should be."""

import signal
from collections import Counter
from contextlib import aclosing

import anyio
import msgspec
import pytest

from gastown.bus.event_log import (
    LogBrokenError,
    LogFullError,
    LogStuckError,
    LogUnavailableError,
    WrongExpectedVersionError,
)
from gastown.bus.jetstream_api import call
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.nats_connection import connect
from gastown.bus.stream_reader import REQUEST, open_reader
from gastown.bus.streams import ensure_log_stream, log_stream_config

TOWN, INCARNATION = "testtown", "01JINCARNATION"
STREAM = f"EV_{TOWN}_{INCARNATION}"


def opened(server, name="test", **options):
    return connect(server.url, name=name, user=server.user, password=server.password, **options)


async def positions(log, **bounds):
    return [events[0].position async for events in log.read(**bounds)]


async def info(connection):
    return msgspec.json.decode(await call(connection, f"STREAM.INFO.{STREAM}"))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_a_follower_goes_on_across_a_restart_of_the_server(nats_server, open_jetstream, an_append, how):
    async with open_jetstream() as log:
        await log.append([an_append("ap-1")])
        seen = []
        with anyio.fail_after(20):
            async with aclosing(log.follow()) as following:
                async for chunk in following:
                    seen += [events[0].position for events in chunk]
                    if seen[-1] == 3:
                        break
                    nats_server.restart(how)
                    await log.append([an_append(f"ap-{seen[-1] + 1}")])
        assert seen == [1, 2, 3]


async def test_a_waiting_follower_notices_a_restart_at_once(nats_server, open_jetstream, an_append):
    """Its consumer died with the server; only the new one can bring what is appended afterwards."""
    async with open_jetstream() as log, open_jetstream() as other, anyio.create_task_group() as group:
        await log.append([an_append("ap-1")])
        arrived = {1: anyio.Event(), 2: anyio.Event()}

        async def follow():
            async with aclosing(log.follow()) as following:
                async for chunk in following:
                    for events in chunk:
                        arrived[events[0].position].set()

        group.start_soon(follow)
        with anyio.fail_after(10):
            await arrived[1].wait()
            nats_server.restart()
            await other.append([an_append("ap-2")])
        with anyio.fail_after(2):
            await arrived[2].wait()
        group.cancel_scope.cancel()


async def test_a_follower_whose_consumer_is_deleted_makes_a_new_one(open_jetstream, nats_server, an_append):
    async with open_jetstream() as log, opened(nats_server) as admin:
        await log.append([an_append("ap-1")])
        seen = []
        with anyio.fail_after(10):
            async with aclosing(log.follow()) as following:
                async for chunk in following:
                    seen += [events[0].position for events in chunk]
                    if seen[-1] == 2:
                        break
                    names = msgspec.json.decode(await call(admin, f"CONSUMER.NAMES.{STREAM}"))["consumers"]
                    assert len(names) == 1
                    await call(admin, f"CONSUMER.DELETE.{STREAM}.{names[0]}")
                    await log.append([an_append("ap-2")])
        assert seen == [1, 2]


async def test_a_read_goes_on_across_a_restart_of_the_server(nats_server, open_jetstream, an_append):
    async with open_jetstream() as log:
        for first in range(0, 6 * REQUEST, 500):
            await log.append([an_append(f"ap-{number}") for number in range(first, first + 500)])
        seen = []
        async for events in log.read():
            seen.append(events[0].position)
            if len(seen) == 100:
                nats_server.restart()
        assert seen == list(range(1, 6 * REQUEST + 1))


async def test_what_was_acknowledged_survives_kill_9_and_nothing_is_there_twice(nats_server, open_jetstream, an_append):
    """Appends go on through eight kills at moments of no one's choosing; each is repeated until it has an answer."""
    async with open_jetstream() as log:
        acknowledged = {}

        async def write(number):
            while len(acknowledged) < 1500:
                append = an_append(f"ap-{number}-{len(acknowledged)}", events=2)
                [position] = await log.append([append])
                acknowledged[position] = append
                batch = [an_append(f"x-{number}-{position}"), an_append(f"y-{number}-{position}")]
                acknowledged.update(zip(await log.append(batch), batch, strict=True))

        async def kill():
            for number in range(1, 9):
                while len(acknowledged) < number * 150:  # noqa: ASYNC110  a condition, not a delay
                    await anyio.sleep(0.001)
                nats_server.restart()

        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                for number in range(4):
                    group.start_soon(write, number)
                group.start_soon(kill)
        stored = {events[0].position: events async for events in log.read()}
        assert list(stored) == list(range(1, len(stored) + 1))
        for position, append in acknowledged.items():
            assert tuple(recorded.envelope for recorded in stored[position]) == append.envelopes
        twice = Counter(events[0].envelope.id for events in stored.values())
        assert max(twice.values()) == 1


async def test_an_append_waits_for_a_server_that_comes_back(nats_server, open_jetstream, an_append):
    async with open_jetstream() as log:
        nats_server.end()
        async with anyio.create_task_group() as group:

            async def write():
                assert await log.append([an_append("ap-1")]) == (1,)

            group.start_soon(write)
            await anyio.wait_all_tasks_blocked()
            nats_server.start()


async def test_without_a_server_every_call_says_so_in_the_end(nats_server, open_jetstream, an_append):
    async with open_jetstream(patience=0.3) as log:
        nats_server.end()
        for call_it in (
            lambda: log.append([an_append("ap-1")]),
            lambda: log.append([an_append("ap-1"), an_append("ap-2")]),
            log.last_position,
            lambda: log.read_position(1),
            lambda: log.read_entity(an_append("ap-1").entity),
            lambda: positions(log),
        ):
            with pytest.raises(LogUnavailableError), anyio.fail_after(5):
                await call_it()


async def test_a_full_log_refuses_appends_and_goes_on_when_it_has_room(open_jetstream, nats_server, an_append):
    async with open_jetstream(max_bytes=20_000) as log:
        stored = 0
        with pytest.raises(LogFullError, match="maximum bytes"):
            for stored in range(1000):
                await log.append([an_append(f"ap-{stored}")])
        with pytest.raises(LogFullError):
            await log.append([an_append("b-1"), an_append("b-2")])
        assert await positions(log) == list(range(1, stored + 1))
        async with opened(nats_server) as admin:
            await ensure_log_stream(admin, TOWN, INCARNATION, max_bytes=1_000_000)
        assert await log.append([an_append("ap-new")]) == (stored + 1,)


async def test_a_disk_that_is_really_full_loses_nothing_and_all_goes_on_after_room_and_a_restart(
    small_disk, small_disk_server, an_append
):
    async with opened(small_disk_server) as connection:
        await ensure_log_stream(connection, TOWN, INCARNATION)
        log = JetStreamEventLog(connection, TOWN, INCARNATION, patience=0.1)
        stored = 0
        with pytest.raises(LogStuckError, match="stores nothing"):
            for stored in range(1000):
                await log.append([an_append(f"ap-{stored}", title="x" * 100_000)])
        assert await positions(log) == list(range(1, stored + 1))
        small_disk.grow()
        small_disk_server.restart()
        patient = JetStreamEventLog(connection, TOWN, INCARNATION)
        assert await patient.append([an_append("ap-new")]) == (stored + 1,)
        assert await positions(log) == list(range(1, stored + 2))


async def test_a_follower_never_sees_what_was_refused(open_jetstream, an_append):
    async with open_jetstream() as log:
        seen = []
        async with aclosing(log.follow()) as following:
            await log.append([an_append("ap-1")])
            for _ in range(3):
                with pytest.raises(WrongExpectedVersionError):
                    await log.append([an_append("ap-1"), an_append("ap-2")])
            await log.append([an_append("ap-3")])
            with anyio.fail_after(10):
                async for chunk in following:
                    seen += [events[0].entity.id for events in chunk]
                    if seen[-1] == "ap-3":
                        break
        assert seen == ["ap-1", "ap-3"]


async def test_a_hole_in_the_log_is_never_read_over(nats_server, an_append):
    async with opened(nats_server) as connection:
        weak = log_stream_config(TOWN, INCARNATION) | {"deny_delete": False}
        await call(connection, f"STREAM.CREATE.{STREAM}", weak)
        log = JetStreamEventLog(connection, TOWN, INCARNATION)
        for number in range(4):
            await log.append([an_append(f"ap-{number}")])
        await call(connection, f"STREAM.MSG.DELETE.{STREAM}", {"seq": 2})
        with pytest.raises(LogBrokenError, match="no position 2"):
            await positions(log)
        async with aclosing(log.follow()) as following:
            with pytest.raises(LogBrokenError), anyio.fail_after(10):
                async for _ in following:
                    pass
        assert await positions(log, after=2) == [3, 4]


async def test_readers_leave_no_consumer_behind(open_jetstream, nats_server, an_append):
    async with open_jetstream() as log, opened(nats_server) as admin:
        await log.append([an_append("ap-1")])
        await positions(log)
        await log.read_entity(an_append("ap-1").entity)
        async with aclosing(log.follow()) as following:
            async for _ in following:
                break
        with anyio.fail_after(5):
            while (await info(admin))["state"]["consumer_count"]:
                pass


async def test_a_reader_that_does_not_take_is_sent_no_more_than_it_asked_for(open_jetstream, nats_server, an_append):
    async with open_jetstream() as log, opened(nats_server) as connection:
        total = 5 * REQUEST
        for first in range(0, total, 1000):
            await log.append([an_append(f"ap-{number}") for number in range(first, first + 1000)])
        async with open_reader(connection, STREAM, after=0) as reader:
            first = await reader.take()
            with anyio.fail_after(5):
                while True:
                    consumer = msgspec.json.decode(await call(connection, f"CONSUMER.INFO.{STREAM}.{reader.name}"))
                    if consumer["num_waiting"] == 0:
                        break
            sent = consumer["delivered"]["consumer_seq"]
            assert sent <= 3 * REQUEST < total
            rest = await reader.take()
            assert len(first) + len(rest) <= sent
