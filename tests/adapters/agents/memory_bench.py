"""A bench (`turns_contract.Bench`) in memory: its program is a coroutine, and so are the commands its model wants."""

import re
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import anyio
from model_api.script import Drop, Fail, Hang, Run, Say, Step, times
from turns_contract import PAUSE

from gastown.adapters.agents.dialogue import Call
from gastown.adapters.agents.failures import of_status
from gastown.adapters.agents.memory_talks import MemoryTalks, Pipes
from gastown.adapters.agents.memory_vendor import Cancel, Heard, MemoryOneShot, MemoryStream, Permit, Steer, Voice
from gastown.adapters.agents.one_shot_driver import OneShotAgent
from gastown.adapters.agents.port import Agent, Capability, Message, Start
from gastown.adapters.agents.stream_driver import StreamAgent
from gastown.adapters.agents.told import (
    ConversationOpened,
    MessageTaken,
    PermissionAsked,
    Retrying,
    TextSaid,
    ToolBegan,
    ToolEnded,
    TurnEnded,
)
from gastown.adapters.files.memory import MemoryFiles
from gastown.adapters.git.memory_git import MemoryGit
from gastown.adapters.git.memory_store import MemoryStore
from gastown.adapters.git.memory_worktree import MemoryWorktree
from gastown.adapters.processes.memory_machine import MemoryMachine, Process
from gastown.clock import new_id
from gastown.events.agent import AgentSpec
from gastown.events.rig import RigConfig
from gastown.events.turn import Failure, Usage

ONCE: frozenset[Capability] = frozenset({"turns", "cancel", "resume", "fork", "usage", "cost", "retries"})
STREAM: frozenset[Capability] = ONCE | {"steer", "permissions"}


class MemoryBench:
    patience = 3.0
    slow_errors: frozenset[int] = frozenset()
    silence = 0.2

    def __init__(self, vendor: str, folder: Path) -> None:
        self.vendor = vendor
        self.worktree = folder / "rigs" / "app" / "sandboxes" / "ap-1-1"
        self._folder = folder
        self._machine, self._store, self._files = MemoryMachine(), MemoryStore(), MemoryFiles()
        talks = MemoryTalks(self._machine, self._store, self._converse, self._files)
        self.agent: Agent = (
            OneShotAgent(MemoryOneShot("once", ONCE), talks, patience=1.0)
            if vendor == "once"
            else StreamAgent(MemoryStream("stream", STREAM), talks, patience=1.0)
        )
        self._steps: list[Step] = []
        self._taken = 0
        self._told: dict[str, list[str]] = {}  # by conversation
        self._kept: dict[str, list[str]] = {}  # of it, what its program finds again
        self._keeps = anyio.Event()
        self._asked_last = ""
        self._conversations = count(1)

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        self._store.origin("/origin").commit("First", readme="hello\n")
        config = RigConfig(origin="/origin", target="main", landing="main", prefix="ap")
        rig = MemoryGit(self._store).rig(self._folder / "rigs" / "app", "app", config)
        await rig.ensure()
        await rig.create_sandbox("ap-1-1", None)
        async with anyio.create_task_group() as tasks:
            await tasks.start(self._machine.run)
            yield
            tasks.cancel_scope.cancel()

    def start(self, brief: str = "do it", **given: Any) -> Start:
        mark = ("GT_MARK", new_id())
        started: dict[str, Any] = {
            "worktree": self.worktree,
            "brief": brief,
            "agent": AgentSpec(name="x", vendor=self.vendor),
            "environment": {mark[0]: mark[1]},
            "mark": mark,
            "logs": self._folder / f"logs-{mark[1]}",
            "timeout": 60.0,
        }
        return Start(**{**started, **given})

    def play(self, *steps: Step) -> None:
        self._steps, self._taken = list(steps), 0

    def was_told(self, text: str) -> bool:
        return any(text in told for told in self._told[self._asked_last])

    def has(self, name: str) -> bool:
        return name in self._store.worktree(self.worktree).files

    def touch(self, name: str) -> None:
        self._store.worktree(self.worktree).files[name] = ""

    async def until_kept(self, text: str) -> None:
        with anyio.fail_after(self.patience):
            while not any(text in told for told in self._kept.values()):
                await self._keeps.wait()

    def kill(self, start: Start) -> None:
        for pid in self.alive(start):
            self._machine.kill(pid)

    def alive(self, start: Start) -> list[int]:
        return list(self._machine.alive(start.mark))

    def calls(self, number: int) -> Usage:
        return Usage(fresh=900 * number, cache_read=200 * number, output=50 * number, cost=0.01 * number)

    async def _converse(
        self, start: Start, call: Call, worktree: MemoryWorktree, process: Process, pipes: Pipes
    ) -> int:
        """The program: it goes on with the conversation of its argument."""
        old, voice = call.argv[1], Voice(pipes)
        if old and old not in self._kept:
            process.print(f"No conversation found: {old}\n")
            return 1
        conversation = old if old and not start.fork else f"c{next(self._conversations)}"
        told = self._told[conversation] = list(self._kept.get(old, ()))
        voice.tell(ConversationOpened(id=conversation))
        program = Program(self, voice, worktree, process, told, asks=start.asks)
        if self.vendor == "once":
            self._asked_last = conversation
            self._keep(conversation, told)
            await program.turn(Message(id="", text=call.stdin))
            return 0
        while (heard := await voice.hear()) is not None:
            self._asked_last = conversation
            if not isinstance(heard, Cancel | Permit):
                voice.tell(MessageTaken(id=heard.message.id))
                await program.turn(heard.message)
                self._keep(conversation, list(told))  # late, as claude does
        return 0

    def _keep(self, conversation: str, told: list[str]) -> None:
        self._kept[conversation] = told
        self._keeps.set()
        self._keeps = anyio.Event()

    def next_step(self) -> Step:
        number, self._taken = self._taken, self._taken + 1
        for step in self._steps:
            if number < times(step):
                return step
            number -= times(step)
        return self._steps[-1]


class CancelledError(Exception):
    """The turn is to end."""


class Program:
    """One that does what the bench's steps say."""

    def __init__(
        self,
        bench: MemoryBench,
        voice: Voice,
        worktree: MemoryWorktree,
        process: Process,
        told: list[str],
        *,
        asks: bool,
    ) -> None:
        self._bench = bench
        self._voice = voice
        self._worktree = worktree
        self._process = process
        self._told = told
        self._asks = asks
        self._tools = count(1)
        self._calls = 0
        self._denied: list[str] = []

    async def turn(self, message: Message) -> None:
        self._told.append(message.text)
        self._calls, self._denied = 0, []
        try:
            while not await self._step(self._bench.next_step()):
                pass
        except CancelledError:
            self._over(TurnEnded(end="cancelled"))

    def _over(self, ended: TurnEnded) -> bool:
        self._voice.tell(
            TurnEnded(
                end=ended.end,
                text=ended.text,
                failure=ended.failure,
                usage=self._bench.calls(self._calls),
                denied=tuple(self._denied),
            )
        )
        return True

    async def _step(self, step: Step) -> bool:
        """-> whether the turn is over."""
        match step:
            case Say(text=text):
                self._calls += 1
                self._voice.tell(TextSaid(text=text))
                return self._over(TurnEnded(end="done", text=text))
            case Run(command=command):
                self._calls += 1
                await self._run(command)
                return False
            case Hang():
                await self._listen(3600.0)
                return False
            case Fail(status=status, times=often, retry_after=after):
                return self._fail(of_status(status, "no", retry_after=after), often)
            case Drop(times=often):
                return self._fail(Failure(kind="server", message="the line was cut"), often)
            case _:
                raise NotImplementedError(step)

    def _fail(self, failure: Failure, often: int) -> bool:
        if often > 1000:
            return self._over(TurnEnded(end="failed", failure=failure))
        self._voice.tell(Retrying(failure=failure, delay=failure.retry_after or 0.0))
        return False

    async def _run(self, command: str) -> None:
        tool = f"x{next(self._tools)}"
        if self._asks:
            self._voice.tell(PermissionAsked(id=tool, tool="sh", title=command))
            while not isinstance(answer := await self._heard(), Permit):
                pass
            if not answer.allow:
                self._denied.append("sh")
                return
        self._voice.tell(ToolBegan(id=tool, tool="sh", title=command))
        self._voice.tell(ToolEnded(id=tool, ok=await self._command(command) == 0))

    async def _command(self, command: str) -> int:
        """What the contract's commands do. -> the exit code."""
        if command == "echo hi > made && git add made && git commit -qm made":
            self._worktree.commit("made", made="hi\n")
        elif waits := re.fullmatch(r"while \[ ! -e (\w+) \]; do sleep 0.02; done", command):
            while waits[1] not in self._worktree.files:
                await self._listen(0.02)
        elif made := re.fullmatch(r"touch (\w+)", command):
            self._worktree.files[made[1]] = ""
        elif "&" in command:
            self._process.spawn(_sleep)
            self._process.spawn(_sleep, own_group=True)
            await self._listen(61.0)
        elif sleeps := re.fullmatch(rf"{PAUSE} ([\d.]+)", command):
            await self._listen(float(sleeps[1]))
        else:
            return {"true": 0, "exit 3": 3}[command]
        return 0

    async def _listen(self, seconds: float) -> None:
        """It goes on meanwhile, and hears what it is told."""
        with anyio.move_on_after(seconds):
            while True:
                await self._heard()

    async def _heard(self) -> Heard | None:
        heard = await self._voice.hear()
        match heard:
            case Steer(message=message):
                self._told.append(message.text)
                self._voice.tell(MessageTaken(id=message.id))
            case Cancel():
                raise CancelledError
            case None:
                await anyio.sleep_forever()
            case _:
                pass
        return heard


async def _sleep(process: Process) -> int:
    process.catch(signal.SIGHUP)
    await anyio.sleep_forever()
    return 0
