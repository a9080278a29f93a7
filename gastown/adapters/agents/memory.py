"""An agent in memory: a coroutine at work in a worktree in memory."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import anyio

from gastown.adapters.agents.port import Capability, Start
from gastown.adapters.agents.program_session import ProgramSession
from gastown.adapters.agents.shell import BRIEF, OUTPUT
from gastown.adapters.files.memory import MemoryFiles
from gastown.adapters.git.memory_store import MemoryStore
from gastown.adapters.git.memory_worktree import MemoryWorktree
from gastown.adapters.pause import Pause, no_pause
from gastown.adapters.processes.memory_machine import MemoryMachine, MemoryProgram, Process
from gastown.adapters.processes.program import TAIL, StartFailedError

Behave: TypeAlias = Callable[[Start, MemoryWorktree, Process], Awaitable[int]]
"""What the agent does. -> its exit code, or the signal (of `signal.Signals`) that it dies by."""


class MemoryAgent:
    """Its processes run on `machine`, also when the host that started them is dead; its output goes to `files`."""

    def __init__(
        self,
        vendor: str,
        machine: MemoryMachine,
        store: MemoryStore,
        behave: Behave,
        files: MemoryFiles,
        pause: Pause = no_pause,
    ) -> None:
        self.vendor = vendor
        self.can: frozenset[Capability] = frozenset()
        self._machine = machine
        self._store = store
        self._behave = behave
        self._files = files
        self._pause = pause

    async def start(self, start: Start) -> ProgramSession:
        """The brief lies beside the output as `brief.md`. Raises StartFailedError."""
        await self._pause("agent: begin")
        output = start.logs / OUTPUT
        self._files.write(start.logs / BRIEF, start.brief.encode())
        try:
            worktree = self._store.worktree(start.worktree)
        except FileNotFoundError as error:
            raise StartFailedError(f"/bin/sh cannot be started in {start.worktree}: it is not there") from error

        async def work(process: Process) -> int:
            return await self._behave(start, worktree, process)

        process = self._machine.start(start.mark, work, environment=start.environment)
        process.output = lambda text: self._files.write(output, self._files.content.get(output, b"") + text.encode())
        with anyio.CancelScope(shield=True):  # no program is started and then not known
            await self._pause("agent: started")
        program = MemoryProgram(self._machine, process, start.mark, self._pause)
        return ProgramSession(program, start, lambda: self._files.tail(output, TAIL))
