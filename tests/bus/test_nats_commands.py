"""Requests over a real server that dies or is shared."""

import anyio
import pytest

from gastown.bus.nats_commands import NatsCommands
from gastown.bus.nats_connection import connect
from gastown.errors import UnreachableError


def opened(server, name):
    return connect(server.url, name=name, user=server.user, password=server.password)


async def echo(payload: bytes) -> bytes:
    return payload


async def test_a_service_is_there_again_after_a_restart_of_the_server(nats_server):
    async with opened(nats_server, "host") as a, opened(nats_server, "town") as b:
        host, town = NatsCommands(a, "t", "1"), NatsCommands(b, "t", "1")
        async with host.serve("host", echo):
            assert await town.request("host", b"before", patience=5) == b"before"
            nats_server.restart()
            with anyio.fail_after(5):
                while True:
                    try:
                        assert await town.request("host", b"after", patience=5) == b"after"
                        break
                    except UnreachableError:
                        await anyio.sleep(0.01)


async def test_a_request_under_way_fails_as_soon_as_the_server_dies(nats_server):
    asked = anyio.Event()

    async def never(payload: bytes) -> bytes:
        asked.set()
        await anyio.sleep_forever()
        return payload

    async with (
        opened(nats_server, "host") as a,
        opened(nats_server, "town") as b,
        NatsCommands(a, "t", "1").serve("host", never),
    ):
        town = NatsCommands(b, "t", "1")

        async def ask():
            with pytest.raises(UnreachableError, match="connection broke"):
                await town.request("host", b"hello", patience=60)

        with anyio.fail_after(5):
            async with anyio.create_task_group() as asking:
                asking.start_soon(ask)
                await asked.wait()
                nats_server.end()
            with pytest.raises(UnreachableError, match="cannot be reached just now"):
                await town.request("host", b"hello", patience=60)


async def test_towns_and_incarnations_on_one_server_do_not_hear_each_other(nats_server):
    async with opened(nats_server, "both") as connection, NatsCommands(connection, "mine", "1").serve("host", echo):
        for town, incarnation in (("yours", "1"), ("mine", "2")):
            with pytest.raises(UnreachableError, match="nobody serves"):
                await NatsCommands(connection, town, incarnation).request("host", b"", patience=5)
