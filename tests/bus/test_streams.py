"""The stream that holds a log: what it is, what it refuses to be."""

import msgspec
import pytest

from gastown.bus.jetstream_api import ApiError, call
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.nats_connection import connect
from gastown.bus.streams import ensure_log_stream, log_stream_config
from gastown.errors import RefusedError

TOWN, INCARNATION = "testtown", "01JINCARNATION"
STREAM = f"EV_{TOWN}_{INCARNATION}"


def opened(server):
    return connect(server.url, name="test", user=server.user, password=server.password)


async def info(connection):
    return msgspec.json.decode(await call(connection, f"STREAM.INFO.{STREAM}"))


async def test_the_stream_of_a_log_can_not_be_emptied(open_jetstream, nats_server, an_append):
    async with open_jetstream() as log, opened(nats_server) as admin:
        await log.append([an_append("ap-1")])
        for method, request, code in (
            (f"STREAM.PURGE.{STREAM}", None, 10110),
            (f"STREAM.MSG.DELETE.{STREAM}", {"seq": 1}, 10057),
        ):
            with pytest.raises(ApiError) as refused:
                await call(admin, method, request)
            assert refused.value.err_code == code
        assert len(await log.read_position(1)) == 1


async def test_making_the_stream_again_leaves_it_as_it_is(open_jetstream, nats_server, an_append):
    async with open_jetstream() as log:
        await log.append([an_append("ap-1")])
    async with open_jetstream() as log, opened(nats_server) as admin:
        assert await log.last_position() == 1
        config = (await info(admin))["config"]
        wanted = log_stream_config(TOWN, INCARNATION)
        assert {key: config.get(key, type(value)()) for key, value in wanted.items() if key != "metadata"} == {
            key: value for key, value in wanted.items() if key != "metadata"
        }
        assert config["metadata"]["incarnation"] == INCARNATION
        assert not config.get("allow_msg_ttl")


async def test_a_stream_that_could_not_keep_a_logs_promises_is_refused(nats_server):
    async with opened(nats_server) as connection:
        weak = log_stream_config(TOWN, INCARNATION) | {"deny_purge": False, "discard": "old"}
        await call(connection, f"STREAM.CREATE.{STREAM}", weak)
        with pytest.raises(RefusedError, match="discard, deny_purge"):
            await ensure_log_stream(connection, TOWN, INCARNATION)


async def test_two_logs_of_one_town_name_are_refused_and_two_towns_live_side_by_side(nats_server, an_append):
    async with opened(nats_server) as connection:
        await ensure_log_stream(connection, TOWN, INCARNATION)
        with pytest.raises(RefusedError, match="already keeps the subjects"):
            await ensure_log_stream(connection, TOWN, "01JANOTHER")
        await ensure_log_stream(connection, "neighbour", INCARNATION)
        for town in (TOWN, "neighbour"):
            log = JetStreamEventLog(connection, town, INCARNATION)
            assert await log.append([an_append("ap-1")]) == (1,)
