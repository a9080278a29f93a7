"""Holding the programs of one piece of work still, and their time limits with them."""

import math
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol

import anyio
import structlog

from gastown.clock import monotonic

_log = structlog.get_logger("gastown.host")


class Stoppable(Protocol):
    """A program with all its processes."""

    pid: int

    async def freeze(self) -> bool:
        """None of it runs any more when it returns; False: some of it still does."""
        ...

    async def thaw(self) -> bool:
        """All of it goes on; False: some of it does not."""
        ...


class Still:
    """Whether some work is held now. Its programs are started, watched and ended in here."""

    def __init__(self, *, held: bool = False) -> None:
        self.held = held
        self._freed = anyio.Event()
        self._programs: dict[Stoppable, anyio.Lock] = {}
        self._limits: dict[anyio.CancelScope, float] = {}  # the seconds each has left, while held
        self._began = monotonic()
        self._stood = 0.0

    @property
    def programs(self) -> int:
        """How many there are, held or not."""
        return len(self._programs)

    def clock(self) -> float:
        """Seconds that only count while it is not held."""
        return (self._began if self.held else monotonic()) - self._stood

    async def passed(self) -> None:
        """Returns when it is not held."""
        while self.held:
            await self._freed.wait()

    async def hold(self) -> None:
        """Nothing of it runs when this returns."""
        if not self.held:
            self.held, self._began, self._freed = True, monotonic(), anyio.Event()
            now = anyio.current_time()
            for scope in self._limits:
                self._limits[scope] = max(0.0, scope.deadline - now)
                scope.deadline = math.inf
        await self._settle_all()

    async def release(self) -> None:
        """All of it goes on, with the time it had left."""
        if self.held:
            self.held, self._stood = False, self._stood + monotonic() - self._began
            now = anyio.current_time()
            for scope, left in self._limits.items():
                scope.deadline = now + left
            self._freed.set()
        await self._settle_all()

    @contextmanager
    def limit(self, seconds: float) -> Generator[anyio.CancelScope]:
        """Cancels what is inside after so many seconds in which it was not held."""
        scope = anyio.CancelScope(deadline=math.inf if self.held else anyio.current_time() + seconds)
        self._limits[scope] = seconds
        try:
            with scope:
                yield scope
        finally:
            del self._limits[scope]

    def patience(self, seconds: float) -> float:
        """How long a program has to end by itself once it was asked to: one that is held cannot hear it."""
        return 0.0 if self.held else seconds

    @asynccontextmanager
    async def over(self, program: Stoppable) -> AsyncGenerator[None]:
        """It is held and let go with the rest, from now on until it has ended."""
        self._programs[program] = anyio.Lock()
        try:
            if self.held:
                await self._settle(program)
            yield
        finally:
            del self._programs[program]

    async def _settle_all(self) -> None:
        async with anyio.create_task_group() as tasks:
            for program in self._programs:
                tasks.start_soon(self._settle, program)

    async def _settle(self, program: Stoppable) -> None:
        """Bring it to what holds now, however often that changes meanwhile."""
        async with self._programs.get(program) or anyio.Lock():
            while program in self._programs:
                held = self.held
                done = await (program.freeze() if held else program.thaw())
                if done and held == self.held:
                    return
                if not done:
                    _log.error("program.not_still" if held else "program.not_let_go", pid=program.pid)
