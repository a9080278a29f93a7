"""An agent that is one program and one turn: from its start to its last process, at the latest at its time limit."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, nullcontext

from gastown.adapters.agents.port import CannotError, Message, Start
from gastown.adapters.agents.told import AgentEvent, AgentExited, AgentStarted, TurnEnded
from gastown.adapters.processes.program import LEFTOVER_PATIENCE, TERM_PATIENCE, Exit, Running, signal_name
from gastown.events.turn import Failure


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
        yield self._turn_ended(end)
        yield AgentExited(
            exit_code=end.code,
            signal=end.signal,
            timed_out=limit.cancelled_caught and not self._stopped,
            stopped=self._stopped,
            tail=self._tail(),
        )

    async def prompt(self, message: Message) -> None:
        """Raises CannotError."""
        msg = f"message {message.id} is not taken: it has had its one turn, with the brief"
        raise CannotError(msg)

    async def steer(self, message: Message) -> None:
        """Raises CannotError."""
        msg = f"message {message.id} is not taken: a command listens to its brief alone"
        raise CannotError(msg)

    async def answer(self, ask: str, *, allow: bool) -> None:
        """It asks for nothing."""

    async def cancel(self) -> None:
        """Raises CannotError."""
        msg = "its turn cannot be ended by itself: stop it"
        raise CannotError(msg)

    async def stop(self, *, grace: float) -> None:
        """End it and all its processes. Safe to call again; the shorter grace counts."""
        self._stopped = True
        if grace > 0:
            with self._still.limit(grace):
                await self._program.exited()
        await self._end(TERM_PATIENCE)

    def _turn_ended(self, end: Exit) -> TurnEnded:
        if self._stopped:
            return TurnEnded(end="cancelled")
        if end.code == 0:
            return TurnEnded(end="done")
        words = f"exit {end.code}" if end.signal is None else f"ended by {signal_name(end.signal)}"
        return TurnEnded(end="failed", failure=Failure(kind="crash", message=words))

    async def _end(self, patience: float) -> Exit:
        return await self._program.end(patience=self._still.patience(patience))
