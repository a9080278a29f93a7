"""An agent that is one program: from its start to its last process, at the latest at its time limit."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, nullcontext

from gastown.adapters.agents.port import AgentEvent, AgentExited, AgentStarted, Start
from gastown.adapters.processes.program import LEFTOVER_PATIENCE, TERM_PATIENCE, Exit, Running


class ProgramSession:
    """One program at work, as `start` wants it. tail: the end of what it printed.

    during: entered while any of it runs.
    """

    def __init__(
        self,
        program: Running,
        start: Start,
        tail: Callable[[], str],
        during: AbstractAsyncContextManager[None] = nullcontext(),  # noqa: B008  it has no state
    ) -> None:
        self._program = program
        self._timeout = start.timeout
        self._still = start.still
        self._tail = tail
        self._during = during
        self._stopped = False

    async def events(self) -> AsyncIterator[AgentEvent]:
        """AgentStarted first, AgentExited last. To be read once."""
        yield AgentStarted(pid=self._program.pid, started=self._program.started)
        async with self._during:
            async with self._still.over(self._program):
                with self._still.limit(self._timeout) as limit:
                    await self._program.exited()
            end = await self._end(TERM_PATIENCE if limit.cancelled_caught else LEFTOVER_PATIENCE)
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
        if grace > 0:
            with self._still.limit(grace):
                await self._program.exited()
        await self._end(TERM_PATIENCE)

    async def _end(self, patience: float) -> Exit:
        return await self._program.end(patience=self._still.patience(patience))
