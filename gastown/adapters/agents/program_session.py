"""An agent that is one program: from its start to its last process, at the latest at its time limit."""

from collections.abc import AsyncIterator, Callable

import anyio

from gastown.adapters.agents.port import AgentEvent, AgentExited, AgentStarted
from gastown.adapters.processes.program import LEFTOVER_PATIENCE, TERM_PATIENCE, Running


class ProgramSession:
    """One program at work. timeout: seconds. tail: the end of what it printed."""

    def __init__(self, program: Running, timeout: float, tail: Callable[[], str]) -> None:
        self._program = program
        self._timeout = timeout
        self._tail = tail
        self._stopped = False

    async def events(self) -> AsyncIterator[AgentEvent]:
        """AgentStarted first, AgentExited last. To be read once."""
        yield AgentStarted(pid=self._program.pid, started=self._program.started)
        with anyio.move_on_after(self._timeout) as limit:
            await self._program.exited()
        end = await self._program.end(patience=TERM_PATIENCE if limit.cancelled_caught else LEFTOVER_PATIENCE)
        yield AgentExited(
            exit_code=end.code,
            signal=end.signal,
            timed_out=limit.cancelled_caught and not self._stopped,
            stopped=self._stopped,
            tail=self._tail(),
        )

    async def stop(self, *, grace: float) -> None:
        """End it and all its processes. Safe to call again; the shorter grace counts."""
        self._stopped = True
        with anyio.move_on_after(grace):
            await self._program.exited()
        await self._program.end(patience=TERM_PATIENCE)
