"""Each trap of nats-py is sprung; the connection must be none the worse, or must be a new one at once."""

import gc
import signal
from contextlib import asynccontextmanager

import anyio
import pytest

from gastown.bus.nats_client import TrapFreeClient
from gastown.bus.nats_connection import NoAnswerError, NobodyThereError, NotConnectedError, connect
from gastown.bus.sizes import MessageTooLargeError
from gastown.errors import UnreachableError


@asynccontextmanager
async def a_client(server):
    """A bare client, and an event for its reconnections."""
    client, again = TrapFreeClient(), anyio.Event()

    async def reconnected():
        again.set()

    async def ignore(_):
        pass

    await client.connect(
        server.url,
        user=server.user,
        password=server.password,
        reconnected_cb=reconnected,
        error_cb=ignore,
        reconnect_time_wait=0.05,
        max_reconnect_attempts=-1,
        ping_interval=60,  # so that no test is saved by the pings
    )
    try:
        yield client, again
    finally:
        await client.close()


def opened(server):
    return connect(server.url, name="test", user=server.user, password=server.password)


@pytest.fixture
async def ready_server(nats_server):
    async with opened(nats_server):
        pass
    return nats_server


async def test_a_cancelled_flush_does_not_kill_the_read_loop(ready_server):
    async with a_client(ready_server) as (client, _):
        ready_server.freeze()
        with anyio.move_on_after(0.05):
            await client.flush()
        ready_server.thaw()
        await client.flush()
        assert client.stats["reconnects"] == 0


async def test_an_error_from_the_server_makes_a_new_connection_instead_of_closing_for_good(ready_server):
    async with a_client(ready_server) as (client, again):
        client._transport.write(b"NONSENSE\r\n")
        with anyio.fail_after(5):
            await again.wait()
        assert client.is_connected


async def test_a_dead_read_loop_is_noticed_at_once(ready_server):
    async with a_client(ready_server) as (client, again):
        await client.flush()
        client._reading_task.cancel()
        with anyio.fail_after(5):
            await again.wait()
        await client.flush()


async def test_a_publish_without_a_connection_fails_and_never_lands_later(ready_server):
    seen, lost = [], anyio.Event()
    async with (
        opened(ready_server) as connection,
        connection.subscription("news", lambda _, __, payload, ___: seen.append(payload)),
    ):
        with connection.on_loss(lost.set), anyio.fail_after(5):
            ready_server.end()
            await lost.wait()
        with pytest.raises(NotConnectedError):
            await connection.publish("news", b"too early")
        ready_server.start()
        with anyio.fail_after(5):
            await connection.wait_up()
        await connection.publish("news", b"now")
        await connection.round_trip()
        assert seen == [b"now"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_a_pending_request_ends_with_the_connection_and_the_next_one_works(ready_server, how):
    async with opened(ready_server) as connection, connection.subscription("silent", lambda *_: None):

        async def ask():
            with pytest.raises(NoAnswerError):
                await connection.request("silent", patience=60)

        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                group.start_soon(ask)
                await connection.round_trip()
                ready_server.restart(how)
            await connection.wait_up()
            with pytest.raises(NobodyThereError):
                await connection.request("nobody", patience=60)


async def test_a_frozen_server_costs_a_caller_its_patience_and_nothing_else(ready_server):
    async with opened(ready_server) as connection:
        ready_server.freeze()
        with pytest.raises(NoAnswerError):
            await connection.request("anything", patience=0.05)
        ready_server.thaw()
        with anyio.fail_after(5):
            await connection.round_trip()


async def test_a_message_above_the_servers_limit_is_refused_before_it_breaks_the_connection(ready_server):
    async with opened(ready_server) as connection:
        with pytest.raises(MessageTooLargeError):
            await connection.publish("news", b"x" * (connection.max_payload + 1))
        await connection.round_trip()


async def test_where_no_server_is_connecting_ends_in_time_and_names_the_address(nats_server):
    nats_server.end()
    with pytest.raises(UnreachableError, match=f"no NATS server answers at 127.0.0.1:{nats_server.port}"):
        with anyio.fail_after(5):
            async with connect(f"nats://me:secret@127.0.0.1:{nats_server.port}", name="test", patience=0.2):
                pass


async def test_wrong_credentials_are_said_at_once_and_never_shown(ready_server):
    with pytest.raises(UnreachableError, match="refuses the credentials") as refused, anyio.fail_after(5):
        async with connect(ready_server.url, name="test", user="town", password="hunter2", patience=60):
            pass
    assert "hunter2" not in str(refused.value)
    gc.collect()  # a socket left open would be warned about here


async def test_connecting_waits_for_a_server_that_is_only_starting(nats_server):
    nats_server.end()
    async with anyio.create_task_group() as group:

        async def open_it():
            async with opened(nats_server) as connection:
                await connection.round_trip()

        group.start_soon(open_it)
        await anyio.wait_all_tasks_blocked()
        nats_server.start()
