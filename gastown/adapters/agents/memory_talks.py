"""Programs in memory that drivers talk with (`talks.py`): coroutines at work in a worktree in memory."""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TypeAlias

import anyio

from gastown.adapters.agents.dialogue import Call
from gastown.adapters.agents.port import Start
from gastown.adapters.agents.talks import ERRORS, OUTPUT
from gastown.adapters.agents.told import LineDropped
from gastown.adapters.files.memory import MemoryFiles
from gastown.adapters.git.memory_store import MemoryStore
from gastown.adapters.git.memory_worktree import MemoryWorktree
from gastown.adapters.pause import Pause, no_pause
from gastown.adapters.processes.memory_machine import MemoryMachine, MemoryProgram, Process
from gastown.adapters.processes.program import TAIL, Exit, StartFailedError

Reaches: TypeAlias = Callable[[str], bool]
"""Whether the host still reaches the world: asked where nothing can be waited for."""


class Pipes:
    """Between a program and its driver: what the driver says, and what the program does."""

    def __init__(self, *, talks: bool) -> None:
        """talks: the driver says anything at all."""
        self._told: deque[bytes] = deque()
        self._hushed = not talks
        self._told_more = anyio.Event()
        self._said: deque[bytes] = deque()
        self._said_more = anyio.Event()

    async def hear(self) -> bytes | None:
        """For the program: the next line that is said to it. None: the end of its input."""
        while not self._told:
            if self._hushed:
                return None
            await self._told_more.wait()
        return self._told.popleft()

    def say(self, line: bytes) -> None:
        """For the program."""
        self._said.append(line)
        self._said_more.set()

    def tell(self, lines: Iterable[bytes], *, last: bool = False) -> None:
        """For the driver. last: there will be no more."""
        self._told.extend(lines)
        self._hushed = self._hushed or last
        self._told_more.set()
        self._told_more = anyio.Event()

    def take(self) -> list[bytes]:
        """For the driver: what the program has said since it was asked last."""
        lines, self._said_more = list(self._said), anyio.Event()
        self._said.clear()
        return lines

    async def said(self) -> None:
        """For the driver: returns when there is something to be taken."""
        await self._said_more.wait()


Converse: TypeAlias = Callable[[Start, Call, MemoryWorktree, Process, Pipes], Awaitable[int]]
"""What the program does. -> its exit code, or the signal (of `signal.Signals`) that it dies by."""


class MemoryTalks:
    """Programs run on `machine`, also when the host that started them is dead; what they say goes to `files`."""

    def __init__(
        self,
        machine: MemoryMachine,
        store: MemoryStore,
        converse: Converse,
        files: MemoryFiles,
        pause: Pause = no_pause,
        reaches: Reaches = lambda _: True,
    ) -> None:
        self.pause = pause
        self.reaches = reaches
        self._machine = machine
        self._store = store
        self._converse = converse
        self._files = files

    async def begin(self, start: Start, call: Call, *, talks: bool) -> "MemoryTalk":
        """See `talks.Talks`."""
        await self.pause("agent: begin")
        try:
            worktree = self._store.worktree(start.worktree)
        except FileNotFoundError as error:
            raise StartFailedError(f"{call.argv[0]} cannot be started in {start.worktree}: it is not there") from error
        pipes, errors = Pipes(talks=talks), start.logs / ERRORS

        async def work(process: Process) -> int:
            return await self._converse(start, call, worktree, process, pipes)

        before = len(self._files.content.get(errors, b""))
        process = self._machine.start(start.mark, work, environment={**start.environment, **call.environment})
        process.output = lambda text: self.append(errors, text.encode())
        with anyio.CancelScope(shield=True):  # no program is started and then not known
            await self.pause("agent: started")
        program = MemoryProgram(self._machine, process, start.mark, self.pause)
        return MemoryTalk(self, start, program, pipes, before)

    def tail(self, start: Start) -> str:
        return self._files.tail(start.logs / ERRORS, TAIL) or self._files.tail(start.logs / OUTPUT, TAIL)

    def append(self, file: Path, content: bytes) -> None:
        self._files.write(file, self._files.content.get(file, b"") + content)

    def errors(self, start: Start, before: int) -> str:
        """What was appended to standard error since it was so long."""
        return self._files.content.get(start.logs / ERRORS, b"")[before:][-TAIL:].decode(errors="replace")


class MemoryTalk:
    """It takes at once what it is told."""

    def __init__(
        self, talks: MemoryTalks, start: Start, program: MemoryProgram, pipes: Pipes, errors_before: int
    ) -> None:
        self.program = program
        self.heard_all = False
        self.exited = False
        self.unsaid = 0
        self._talks = talks
        self._start = start
        self._pipes = pipes
        self._errors_before = errors_before
        self._waiting: anyio.CancelScope | None = None

    def hear(self) -> list[bytes | LineDropped] | None:
        lines = self._pipes.take()
        if not lines:
            self.heard_all = self.exited
            return None
        self._talks.append(self._start.logs / OUTPUT, b"".join(line + b"\n" for line in lines))
        return [*lines]

    def say(self, lines: Iterable[bytes]) -> None:
        if self._talks.reaches("agent: told"):
            self._pipes.tell(lines)

    def hush(self) -> None:
        if self._talks.reaches("agent: hushed"):
            self._pipes.tell((), last=True)

    def nudge(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()

    async def stir(self, seconds: float) -> None:
        with self._start.still.limit(seconds) as self._waiting:
            async with anyio.create_task_group() as tasks:

                async def first(wait: Callable[[], Awaitable[None]]) -> None:
                    await wait()
                    tasks.cancel_scope.cancel()

                tasks.start_soon(first, self._pipes.said)
                if not self.exited:
                    tasks.start_soon(first, self._exit)
        self._waiting = None
        await self._talks.pause("agent: heard")

    async def end(self, patience: float) -> Exit:
        exit_ = await self.program.end(patience=self._start.still.patience(patience))
        self.exited = True
        return exit_

    def errors(self) -> str:
        return self._talks.errors(self._start, self._errors_before)

    async def shorten(self) -> None:
        """There is room for all of it."""

    def close(self) -> None:
        self._pipes.tell((), last=True)

    async def _exit(self) -> None:
        await self.program.exited()
        self.exited = True
