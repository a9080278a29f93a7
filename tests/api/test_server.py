import json
import os
import socket

import anyio
import pytest

from gastown.api import callers
from gastown.errors import EXIT_CODES


async def test_several_requests_on_one_connection_are_answered_in_order(open_town):
    async with open_town() as town, town.caller() as caller:
        for number in range(3):
            await caller.send(id=number, method="ping")
        assert [(await caller.answer())["id"] for _ in range(3)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (b"garbage\n", -32700),
        (b"\xff\xfe\x00\n", -32700),
        (b"\n", -32700),
        (b'{"half": \n', -32700),
        (b'{"jsonrpc": "2.0", "method": "ping", "params": {"x": ' + b"[" * 100_000 + b"\n", -32700),
        (b"{}\n", -32600),
        (b"[]\n", -32600),
        (b'{"jsonrpc": "1.0", "method": "ping"}\n', -32600),
        (b'{"jsonrpc": "2.0", "method": "ping", "params": []}\n', -32600),
        (b'{"jsonrpc": "2.0", "id": {}, "method": "ping"}\n', -32600),
    ],
)
async def test_what_is_no_request_gets_an_error_and_the_others_are_served(open_town, line, number):
    async with open_town() as town, town.caller() as caller:
        await caller.stream.send(line)
        answer = await caller.line()
        assert answer["error"]["code"] == number
        assert answer["error"]["data"]["code"] == "usage"
        with pytest.raises(anyio.EndOfStream):
            await caller.stream.receive()

        assert (await town.data("ping"))["town"] == "springfield"


async def test_half_a_line_gets_an_error(open_town):
    async with open_town() as town, town.caller() as caller:
        await caller.stream.send(b'{"jsonrpc": "2.0", "method": "pi')
        await caller.stream.send_eof()
        assert (await caller.line())["error"]["code"] == -32700


async def test_a_caller_who_leaves_in_the_middle_of_a_line_does_no_harm(open_town):
    async with open_town() as town:
        async with town.caller() as caller:
            await caller.stream.send(b'{"jsonrpc": "2.0", "method": "pi')
        assert (await town.data("ping"))["town"] == "springfield"


@pytest.mark.parametrize("end", [b"", b"\n"])
async def test_ten_megabytes_get_a_clear_error(open_town, end):
    async with open_town() as town, town.caller() as caller:
        await caller.stream.send(b"x" * 10_000_000 + end)
        answer = await caller.line()
        assert answer["error"]["code"] == -32600
        assert "8388608 bytes" in answer["error"]["message"]
        assert (await town.data("ping"))["town"] == "springfield"


async def test_an_unknown_method_is_a_usage_error_and_the_connection_goes_on(open_town):
    async with open_town() as town, town.caller() as caller:
        await caller.send(method="bead.explode")
        answer = await caller.answer()
        assert answer["error"]["code"] == -32601
        assert answer["error"]["data"]["exit"] == EXIT_CODES["usage"]
        await caller.send(method="ping")
        assert (await caller.answer())["result"]["data"]["town"] == "springfield"


@pytest.mark.parametrize(
    "params",
    [
        {"bead": 7},
        {},
        {"bead": "ap-1", "colour": "red"},
        {"bead": "ap-1", "at": 1.5},
        {"bead": "ap-1", "command_id": "no spaces"},
        {"bead": "ap-1", "command_id": "x" * 65},
    ],
)
async def test_wrong_params_are_named(open_town, params):
    async with open_town() as town:
        refusal = await town.error("bead.show", **params)
        assert (refusal["code"], refusal["exit"]) == ("usage", 2)
        assert refusal["message"].startswith("bead.show")


async def test_a_bug_in_a_method_is_answered_and_the_server_lives(open_town):
    async with open_town() as town:
        await town.founded()
        town.host.answers["ask_peek"] = {"not": "a text"}
        session = await town.started(await town.bead())

        answer = await town.ask("peek", address=session)
        assert answer["error"]["code"] == -32603
        assert (answer["error"]["data"]["code"], answer["error"]["data"]["exit"]) == ("bug", 1)
        assert (await town.data("ping"))["town"] == "springfield"


async def test_a_slow_method_shows_that_the_town_lives(open_town, monkeypatch):
    monkeypatch.setattr(callers, "_SIGN_OF_LIFE", 0.01)
    async with open_town() as town, town.caller() as caller:
        await town.founded()
        bead = await town.bead()
        await town.data("sling", words=[bead])
        await caller.send(method="wait", params={"ids": [bead]})
        assert (await caller.line())["method"] == "item"
        assert await caller.line() == {"jsonrpc": "2.0", "method": "working", "params": {}}


async def test_a_caller_who_hangs_up_is_no_longer_worked_for(open_town, monkeypatch, eventually):
    monkeypatch.setattr(callers, "_SIGN_OF_LIFE", 0.01)
    async with open_town() as town:
        before = len(os.listdir("/proc/self/fd"))
        async with town.caller() as caller:
            await caller.send(method="events", params={"follow": True})
            await eventually(lambda: len(os.listdir("/proc/self/fd")) == before + 2)
        await eventually(lambda: len(os.listdir("/proc/self/fd")) == before)


async def test_a_caller_who_does_not_read_holds_up_nobody_else(open_town):
    async with open_town() as town:
        await town.founded()
        for number in range(30):
            await town.bead(f"bead {number}", description="x" * 100_000)
        with socket.socket(socket.AF_UNIX) as deaf:
            deaf.connect(str(town.path))
            deaf.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "bead.list"}).encode() + b"\n")
            assert len(await town.data("bead.list")) == 30
