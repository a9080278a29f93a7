"""The vendor without a model: `sh -c COMMAND` in the worktree, the brief on stdin."""

from collections.abc import AsyncIterator

import anyio

from gastown.adapters.agents.port import AgentEvent, AgentExited, AgentStarted, Start
from gastown.adapters.processes.program import LEFTOVER_PATIENCE, TERM_PATIENCE, Launch, Program, tail

BRIEF = "brief.md"
OUTPUT = "output.log"


class ShellSession:
    """One command at work."""

    def __init__(self, start: Start, program: Program) -> None:
        self._start = start
        self._program = program
        self._stopped = False

    async def events(self) -> AsyncIterator[AgentEvent]:
        """AgentStarted first, AgentExited last. To be read once."""
        yield AgentStarted(pid=self._program.pid, started=self._program.started)
        with anyio.move_on_after(self._start.timeout) as limit:
            await self._program.exited()
        end = await self._program.end(patience=TERM_PATIENCE if limit.cancelled_caught else LEFTOVER_PATIENCE)
        yield AgentExited(
            exit_code=end.code,
            signal=end.signal,
            timed_out=limit.cancelled_caught and not self._stopped,
            stopped=self._stopped,
            tail=tail(self._start.logs / OUTPUT),
        )

    async def stop(self, *, grace: float) -> None:
        """End it and all its processes. Safe to call again; the shorter grace counts."""
        self._stopped = True
        with anyio.move_on_after(grace):
            await self._program.exited()
        await self._program.end(patience=TERM_PATIENCE)


class ShellAgent:
    """Starts commands."""

    vendor = "shell"

    async def start(self, start: Start) -> ShellSession:
        """The brief lies beside the output as `brief.md`. Raises StartFailedError."""
        brief = start.logs / BRIEF
        await anyio.Path(start.logs).mkdir(parents=True, exist_ok=True)
        await anyio.Path(brief).write_text(start.brief)
        launch = Launch(
            argv=("/bin/sh", "-c", start.command),
            folder=start.worktree,
            environment=start.environment,
            mark=start.mark,
            output=start.logs / OUTPUT,
            stdin=brief,
        )
        return ShellSession(start, Program(launch))
