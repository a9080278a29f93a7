"""A host's executors with everything in memory, and an agent that writes down what it is told."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import msgspec
from scribe import Town

from gastown.actors.effects import HoldWork, HostEffect, RunSession, TakeTurn, TellNow
from gastown.actors.errands import Errand, Reply
from gastown.adapters.agents.dialogue import Call
from gastown.adapters.agents.memory_talks import MemoryTalks, Pipes
from gastown.adapters.agents.memory_vendor import MemoryStream, Prompt, Steer, Voice
from gastown.adapters.agents.port import Message, Start
from gastown.adapters.agents.stream_driver import StreamAgent
from gastown.adapters.agents.told import ConversationOpened, MessageRefused, MessageTaken, TurnEnded
from gastown.adapters.effects.homeward import AtHome, Homeward
from gastown.adapters.effects.reception import Reception
from gastown.adapters.effects.run_session import Sessions
from gastown.adapters.effects.site import Rigs, Site
from gastown.adapters.files.memory import MemoryFiles
from gastown.adapters.gates.memory import MemoryChecks, Ran
from gastown.adapters.git.memory_git import MemoryGit
from gastown.adapters.git.memory_store import MemoryStore
from gastown.adapters.git.memory_worktree import MemoryWorktree
from gastown.adapters.lease import Lease
from gastown.adapters.outbox import Outbox
from gastown.adapters.processes.memory_machine import MemoryMachine, Process
from gastown.bus.memory_commands import MemoryCommands
from gastown.bus.memory_texts import MemoryTexts
from gastown.events.agent import AgentSpec
from gastown.events.ids import Entity
from gastown.events.rig import RigConfig

FOLDER, ORIGIN, SESSION = Path("/town"), "/origin", "ap-1-1"
ABOUT = Entity("session", SESSION)


class Listener:
    """A program of many turns. Each lasts until it is told to end it.

    told: all it was told, its prompts too. refuses: ids that it does not take. hesitates: it says of nothing within a
    turn that it has it.
    """

    def __init__(self) -> None:
        self.told: list[Message] = []
        self.refuses: set[str] = set()
        self.hesitates = False
        self.worktree: MemoryWorktree | None = None
        self._voice: Voice | None = None
        self._news = anyio.Event()

    async def converse(self, start: Start, call: Call, worktree: MemoryWorktree, process: Process, pipes: Pipes) -> int:
        del start, call, process
        self.worktree = worktree
        voice = self._voice = Voice(pipes)
        voice.tell(ConversationOpened(id="talk-1"))
        while (heard := await voice.hear()) is not None:
            if isinstance(heard, Prompt | Steer):
                self._take(heard.message, hesitates=self.hesitates and isinstance(heard, Steer))
        return 0

    def _take(self, message: Message, *, hesitates: bool) -> None:
        self.told.append(message)
        if message.id in self.refuses:
            self.say(MessageRefused(id=message.id, reason="not now"))
        elif not hesitates:
            self.say(MessageTaken(id=message.id))
        self._news.set()
        self._news = anyio.Event()

    def say(self, event: MessageRefused | MessageTaken | TurnEnded) -> None:
        assert self._voice is not None
        self._voice.tell(event)

    async def hears(self, text: str) -> None:
        """Returns once it was told this."""
        with anyio.fail_after(10):
            while not self.times(text):
                await self._news.wait()

    def times(self, text: str) -> int:
        """How often it was told this."""
        return sum(text in message.text for message in self.told)


class MemoryHost:
    def __init__(self, town: Town, commands: MemoryCommands, listener: Listener, reception: Reception) -> None:
        self.town = town
        self.reception = reception
        self.listener = listener
        self._commands = commands

    async def give(self, effect: HostEffect, *, brief: str = "the brief", mails: tuple[str, ...] = ()) -> None:
        config = RigConfig(origin=ORIGIN, target="main", landing="main", prefix="ap")
        errand = Errand(epoch=1, host=1, effect=effect, rig=config, brief=brief, mails=mails, cause="01CAUSE")
        reply = await self._commands.request("host", msgspec.json.encode(errand), patience=10)
        assert msgspec.json.decode(reply, type=Reply).ok


class MemoryStage:
    """Hosts come and go on it. homeward: their way home."""

    def __init__(self, homeward: Homeward | None = None) -> None:
        self.listener = Listener()
        self._homeward = homeward or AtHome()
        self._machine, self._store, self._files = MemoryMachine(), MemoryStore(), MemoryFiles()
        self._texts = MemoryTexts()
        self._store.origin(ORIGIN).commit("First", readme="hello\n")

    @asynccontextmanager
    async def on(self) -> AsyncGenerator["MemoryStage"]:
        async with anyio.create_task_group() as tasks:
            await tasks.start(self._machine.run)
            yield self
            tasks.cancel_scope.cancel()

    @asynccontextmanager
    async def host(self, *, mute: bool = False) -> AsyncGenerator[MemoryHost]:
        """A host at work. Left, it is gone as if it had been killed. mute: its town answers no report."""
        commands, town = MemoryCommands(), Town()
        town.mute = mute
        site = self._site(commands)
        talks = MemoryTalks(self._machine, self._store, self.listener.converse, self._files)
        vendor = MemoryStream("stream", frozenset({"turns", "steer", "resume"}))
        reception = Reception(site, Sessions(site, {"stream": StreamAgent(vendor, talks)}), FOLDER / "epoch")
        async with anyio.create_task_group() as tasks:
            await tasks.start(site.outbox.run)
            await tasks.start(reception.run)
            async with commands.serve("town", town.receive), commands.serve("host", reception.answer):
                await site.lease.greet()
                await site.holds.take(HoldWork(key="hold:0", about=Entity("hold", "town"), number=0))
                yield MemoryHost(town, commands, self.listener, reception)
            tasks.cancel_scope.cancel()

    def unanswered(self, words: str) -> bool:
        """Whether a report that says so lies on disk."""
        names = self._files.names(FOLDER / "outbox")
        return any(words in self._files.read(FOLDER / "outbox" / name).decode() for name in names)

    def _site(self, commands: MemoryCommands) -> Site:
        lease = Lease(commands, "01HOST", "here")
        return Site(
            town=FOLDER,
            incarnation="01TEST",
            lineage="01TEST",
            environment={"PATH": "/bin"},
            rigs=Rigs(FOLDER / "rigs", MemoryGit(self._store), self._files),
            outbox=Outbox(FOLDER / "outbox", commands, self._files, lease),
            lease=lease,
            texts=self._texts,
            files=self._files,
            checks=MemoryChecks(self._store, lambda *_: Ran(0), self._machine, self._files),
            sweep=self._machine.sweep,
            homeward=self._homeward,
        )


def run(**fields: Any) -> RunSession:
    given: dict[str, Any] = {
        "key": f"run:{SESSION}",
        "about": ABOUT,
        "session": SESSION,
        "rig": "app",
        "bead": "ap-1",
        "polecat": "nux",
        "agent": AgentSpec(name="worker", vendor="stream"),
        "may_be_resumed": True,
    }
    return RunSession(**{**given, **fields})


def tell(message: str, text: str, **fields: Any) -> TellNow:
    return TellNow(key=f"say:{SESSION}:{message}", about=ABOUT, session=SESSION, message=message, text=text, **fields)


def turn(number: int, text: str, *messages: str) -> TakeTurn:
    key = f"turn:{SESSION}:{number}"
    return TakeTurn(key=key, about=ABOUT, session=SESSION, number=number, text=text, messages=messages)
