"""A log is copied as it is: the same bytes at the same positions, or nothing at all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gastown.bus import loading
from gastown.bus.jetstream_api import ApiError, call
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.loading import load
from gastown.bus.nats_connection import NatsConnection, connect
from gastown.bus.streams import ensure_log_stream
from gastown.bus.subjects import entity_of, stream_name


@asynccontextmanager
async def connected(nats_server) -> AsyncIterator[NatsConnection]:
    async with connect(nats_server.url, name="t", user=nats_server.user, password=nats_server.password) as connection:
        yield connection


async def written(connection: NatsConnection, an_append, beads: int, title: str = "x") -> JetStreamEventLog:
    await ensure_log_stream(connection, "old", "1")
    log = JetStreamEventLog(connection, "old", "1")
    for number in range(beads):
        created = an_append(f"ap-{number}", events=2, title=title)
        (position,) = await log.append([created])
        await log.append([an_append(f"ap-{number}", position)])
    return log


async def messages(log: JetStreamEventLog, until: int):
    async for chunk in log.read_raw(until=until):
        for _, subject, payload in chunk:
            yield entity_of(subject), payload


@pytest.mark.parametrize("most", [1, 2, 7, 1000])
async def test_a_copy_has_the_same_events_at_the_same_positions(nats_server, an_append, monkeypatch, most):
    monkeypatch.setattr(loading, "MOST", most)
    async with connected(nats_server) as connection:
        log = await written(connection, an_append, 20)
        assert await load(connection, "new", "2", messages(log, 33)) == 33
        copy = JetStreamEventLog(connection, "new", "2")
        assert [events async for events in copy.read()] == [events async for events in log.read(until=33)]
        subjects = [subject async for chunk in copy.read_raw(until=33) for _, subject, _ in chunk]
        assert subjects[0] == b"ev.new.bead.ap-0"
        position = (await copy.read_entity((await log.read_position(1))[0].entity))[-1].position
        assert await copy.append([an_append("ap-0", position)]) == (34,)


async def test_large_messages_make_small_batches(nats_server, an_append):
    async with connected(nats_server) as connection:
        log = await written(connection, an_append, 8, title="x" * 1_500_000)
        assert await load(connection, "new", "2", messages(log, 16)) == 16


async def test_an_empty_log_is_copied_to_an_empty_one(nats_server, an_append):
    async with connected(nats_server) as connection:
        log = await written(connection, an_append, 1)
        assert await load(connection, "new", "2", messages(log, 0)) == 0
        assert await JetStreamEventLog(connection, "new", "2").last_position() == 0


async def test_a_copy_that_fails_half_way_leaves_no_stream(nats_server, an_append, monkeypatch):
    monkeypatch.setattr(loading, "MOST", 3)
    async with connected(nats_server) as connection:
        log = await written(connection, an_append, 10)

        async def broken():
            async for number, message in numbered(messages(log, 20)):
                if number == 15:
                    raise OSError("the file ends here")
                yield message

        with pytest.raises(OSError, match="ends here"):
            await load(connection, "new", "2", broken())
        with pytest.raises(ApiError):
            await call(connection, f"STREAM.INFO.{stream_name('new', '2')}")
        assert await load(connection, "new", "3", messages(log, 20)) == 20


async def numbered(items):
    number = 0
    async for item in items:
        yield number, item
        number += 1
