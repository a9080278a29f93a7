"""The town's ends of the lines to its hosts: who is handed what, and who is asked."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import msgspec
import pytest

from gastown.actors.effects import EndSession, HoldWork
from gastown.actors.errands import AskOutputs, AskPeek, Errand, Reply
from gastown.actors.kernel.remote_host import Equipment, RemoteHost
from gastown.bus.memory_commands import MemoryCommands
from gastown.errors import UnreachableError
from gastown.events.ids import Entity

EPOCHS = {"": 3, "east": 7, "west": 0}


class Hosts:
    def __init__(self, commands: MemoryCommands) -> None:
        self.commands = commands
        self.errands: list[tuple[str, Errand]] = []
        self.epochs = dict(EPOCHS)

    @asynccontextmanager
    async def serve(self, name: str) -> AsyncGenerator[None]:
        async def answer(payload: bytes) -> bytes:
            if b'"type"' in payload[:9]:
                return msgspec.json.encode(Reply(ok=True, data=name))
            self.errands.append((name, msgspec.json.decode(payload, type=Errand)))
            return msgspec.json.encode(Reply(ok=True))

        async with self.commands.serve(f"host.{name}" if name else "host", answer):
            yield


@asynccontextmanager
async def running() -> AsyncGenerator[tuple[RemoteHost, Hosts]]:
    commands = MemoryCommands()
    hosts = Hosts(commands)

    async def equip(_: object) -> Equipment:
        return Equipment()

    remote = RemoteHost(commands, 1, equip, hosts.epochs.__getitem__, {"ap-1-1": "east", "ap-2-1": ""}.__getitem__)
    async with hosts.serve(""), hosts.serve("east"):
        yield remote, hosts


def ending(session: str, host: str = "") -> EndSession:
    about = Entity("session", session)
    return EndSession(key=f"end:{session}", about=about, session=session, outcome="withdrawn", reason="x", host=host)


@pytest.mark.parametrize(("host", "epoch"), [("", 3), ("east", 7)])
async def test_an_errand_goes_to_the_host_it_names_under_that_hosts_epoch(host, epoch):
    async with running() as (remote, hosts):
        await remote.perform(ending("ap-1-1", host), cause="c", traceparent="")
        word = HoldWork(key="hold:1", about=Entity("hold", "town"), number=1, host=host)
        await remote.perform(word, cause="c", traceparent="")
    assert [(name, errand.host) for name, errand in hosts.errands] == [(host, epoch)] * 2


async def test_an_errand_for_a_host_that_holds_no_lease_waits_until_it_does():
    async with running() as (remote, hosts), hosts.serve("west"):
        with anyio.move_on_after(0.2) as waits:
            await remote.perform(ending("ap-3-1", "west"), cause="c", traceparent="")
        assert waits.cancelled_caught
        assert hosts.errands == []
        hosts.epochs["west"] = 1
        await remote.perform(ending("ap-3-1", "west"), cause="c", traceparent="")
    assert [(name, errand.host) for name, errand in hosts.errands] == [("west", 1)]


async def test_a_question_about_a_session_goes_to_its_host_and_any_other_home():
    async with running() as (remote, _):
        assert await remote.ask(AskPeek(session="ap-1-1"), 5) == "east"
        assert await remote.ask(AskPeek(session="ap-2-1"), 5) == ""
        assert await remote.ask(AskOutputs(), 5) == ""
        assert await remote.ask(AskOutputs(), 5, "east") == "east"


async def test_a_host_that_does_not_answer_is_named():
    async with running() as (remote, _):
        with pytest.raises(UnreachableError, match="host west does not answer"):
            await remote.ask(AskOutputs(), 0.1, "west")
