"""The socket of an outer host: calls of its agents are brought to the town, byte by byte, and the answers back."""

import json
import stat
from contextlib import asynccontextmanager

import anyio
import msgspec
import pytest

from gastown.bus.gate_protocol import DoorAnswer
from gastown.bus.memory_commands import MemoryCommands
from gastown.gate import doorstep
from gastown.gate.doorstep import Doorstep, bound

LINE = b'{"jsonrpc":"2.0","id":7,"method":"status"}\n'


@pytest.fixture
def at_the_step(host):
    """The commands to its town, and a caller's connection."""

    @asynccontextmanager
    async def standing():
        host.run.mkdir(parents=True)
        commands = MemoryCommands()
        with bound(host) as listener:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(Doorstep(commands, "x").serve, listener)
                async with await anyio.connect_unix(str(host.socket_path())) as caller:
                    yield commands, caller
                tasks.cancel_scope.cancel()

    return standing


def town(*lines, over=True):
    """Answers in turn with these; `heard` is what it was asked, by whom."""
    heard, left = [], list(lines)

    async def answer(name, payload):
        heard.append((name, payload))
        return msgspec.msgpack.encode(DoorAnswer(left.pop(0), over))

    return heard, answer


async def error(caller):
    with anyio.fail_after(10):
        return json.loads(await caller.receive())["error"]


async def test_the_socket_is_the_users_alone_and_goes_with_the_host(host):
    host.run.mkdir(parents=True)
    with bound(host):
        path = host.socket_path()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert (host.run / "socket").read_text() == str(path)
    assert not path.exists()


async def test_a_line_goes_to_the_town_as_it_is_and_its_answer_comes_back(at_the_step):
    heard, answer = town(b"one\n", b"two\nthree\n")
    async with at_the_step() as (commands, caller), commands.serve_each("door", answer):
        for said in (b"one\n", b"two\nthree\n"):
            await caller.send(LINE)
            assert await caller.receive() == said
    assert [(name, payload.strip()) for name, payload in heard] == [("x", LINE.strip())] * 2


async def test_one_that_is_not_answered_to_the_end_is_to_call_again(at_the_step):
    _, answer = town(b"so far\n", over=False)
    async with at_the_step() as (commands, caller), commands.serve_each("door", answer):
        await caller.send(LINE)
        assert await caller.receive() == b"so far\n"
        with pytest.raises(anyio.EndOfStream):
            await caller.receive()


async def test_a_call_waits_for_a_town_that_is_away(at_the_step, monkeypatch):
    monkeypatch.setattr(doorstep, "_PAUSE", 0.001)
    _, answer = town(b"late\n")
    async with at_the_step() as (commands, caller):
        await caller.send(LINE)
        await anyio.wait_all_tasks_blocked()
        async with commands.serve_each("door", answer):
            assert await caller.receive() == b"late\n"


async def test_it_waits_no_longer_than_it_is_patient(at_the_step, monkeypatch):
    monkeypatch.setattr(doorstep, "PATIENCE", -1.0)
    async with at_the_step() as (_, caller):
        await caller.send(LINE)
        assert "cannot be reached from here" in (await error(caller))["message"]
        await caller.send(b"no call\n")
        assert (await error(caller))["code"] < 0


async def test_an_answer_that_cannot_be_read_is_an_error_of_that_call(at_the_step):
    async def answer(name, payload):
        return b"\xc1"

    async with at_the_step() as (commands, caller), commands.serve_each("door", answer):
        await caller.send(LINE)
        assert "cannot be taken" in (await error(caller))["message"]
