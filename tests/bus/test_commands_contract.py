"""What Commands promises, asked of each implementation."""

import anyio
import pytest

from gastown.bus.sizes import MessageTooLargeError
from gastown.errors import UnreachableError

PATIENCE = 10.0


async def echo(payload: bytes) -> bytes:
    return b"you said " + payload


async def test_a_request_is_answered(open_commands):
    async with open_commands() as (host, town), host.serve("host", echo):
        assert await town.request("host", b"hello", patience=PATIENCE) == b"you said hello"
        assert await town.request("host", b"", patience=PATIENCE) == b"you said "


async def test_requests_are_answered_concurrently(open_commands):
    both_in = anyio.Event()
    inside = []

    async def answer(payload):
        inside.append(payload)
        if len(inside) == 2:
            both_in.set()
        await both_in.wait()
        return payload

    async with open_commands() as (host, town), host.serve("host", answer):
        answers = {}

        async def ask(payload):
            answers[payload] = await town.request("host", payload, patience=PATIENCE)

        async with anyio.create_task_group() as group:
            group.start_soon(ask, b"1")
            group.start_soon(ask, b"2")
        assert answers == {b"1": b"1", b"2": b"2"}


async def test_a_hundred_requests_get_each_their_own_answer(open_commands):
    async with open_commands() as (host, town), host.serve("host", echo):

        async def ask(number):
            assert await town.request("host", b"%d" % number, patience=PATIENCE) == b"you said %d" % number

        async with anyio.create_task_group() as group:
            for number in range(100):
                group.start_soon(ask, number)


async def test_where_nobody_serves_the_caller_is_told_at_once(open_commands):
    async with open_commands() as (host, town), host.serve("host", echo):
        with pytest.raises(UnreachableError, match="nobody serves 'town'"), anyio.fail_after(2):
            await town.request("town", b"hello", patience=60)


async def test_who_serves_each_name_is_told_under_which_it_was_asked(open_commands):
    async def answer(name, payload):
        return name.encode() + b": " + payload

    async with open_commands() as (host, town), town.serve_each("town", answer), town.serve("town", echo):
        assert await host.request("town.east", b"hello", patience=PATIENCE) == b"east: hello"
        assert await host.request("town.west", b"hello", patience=PATIENCE) == b"west: hello"
        assert await host.request("town", b"hello", patience=PATIENCE) == b"you said hello"
        for nobody in ("town.east.end", "host.east"):
            with pytest.raises(UnreachableError), anyio.fail_after(2):
                await host.request(nobody, b"hello", patience=60)


async def test_after_the_service_closed_nobody_is_there(open_commands):
    async with open_commands() as (host, town):
        async with host.serve("host", echo):
            await town.request("host", b"hello", patience=PATIENCE)
        with pytest.raises(UnreachableError), anyio.fail_after(2):
            await town.request("host", b"hello", patience=60)
        async with host.serve("host", echo):
            assert await town.request("host", b"again", patience=PATIENCE) == b"you said again"


async def test_a_callers_patience_ends_but_the_answer_under_way_goes_on(open_commands):
    go_on, finished = anyio.Event(), anyio.Event()

    async def slow(payload):
        await go_on.wait()
        finished.set()
        return payload

    async with open_commands() as (host, town), host.serve("host", slow):
        with pytest.raises(UnreachableError), anyio.fail_after(5):
            await town.request("host", b"hello", patience=0.05)
        go_on.set()
        with anyio.fail_after(5):
            await finished.wait()
        assert await town.request("host", b"again", patience=PATIENCE) == b"again"


async def test_a_cancelled_request_harms_nothing(open_commands):
    async with open_commands() as (host, town), host.serve("host", echo):
        for number in range(50):
            with anyio.move_on_after(number / 50_000):
                await town.request("host", b"hello", patience=PATIENCE)
        assert await town.request("host", b"hello", patience=PATIENCE) == b"you said hello"


@pytest.mark.parametrize("size", [2 * 1024 * 1024, 8 * 1024 * 1024])
async def test_large_payloads_go_both_ways(open_commands, size):
    async def same(payload):
        return payload

    payload = bytes(range(256)) * (size // 256)
    async with open_commands() as (host, town), host.serve("host", same):
        assert await town.request("host", payload, patience=PATIENCE) == payload


async def test_a_payload_above_the_limit_is_refused_and_requests_go_on(open_commands):
    async with open_commands() as (host, town), host.serve("host", echo):
        with pytest.raises(MessageTooLargeError):
            await town.request("host", b"x" * (8 * 1024 * 1024 + 1), patience=PATIENCE)
        assert await town.request("host", b"hello", patience=PATIENCE) == b"you said hello"


async def test_an_answer_that_raises_is_no_answer_and_the_service_goes_on(open_commands, capsys):
    async def fragile(payload):
        if payload == b"bad":
            raise RuntimeError("a bug")
        return payload

    async with open_commands() as (host, town), host.serve("host", fragile):
        with pytest.raises(UnreachableError):
            await town.request("host", b"bad", patience=0.1)
        assert await town.request("host", b"good", patience=PATIENCE) == b"good"
    assert "commands.answer_failed" in capsys.readouterr().out
