"""Holding the programs of one piece of work still, and their time limits with them."""

import math
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol

import anyio

from gastown.clock import monotonic
from gastown.loggers import get_logger

_log = get_logger("gastown.host")


class Stoppable(Protocol):
    """A program with all its processes."""

    pid: int

    def halt(self) -> None:
        """Most of it stops at once; `freeze` sees to the rest."""
        ...

    async def freeze(self, *others: Any) -> bool:
        """Nothing of it, and of the others of its kind, runs any more when it returns; False: something still does."""
        ...

    async def thaw(self, *others: Any) -> bool:
        """All of these go on; False: something does not."""
        ...


class Still:
    """Whether some work is held now. Its programs are started, watched and ended in here."""

    def __init__(self, *, held: bool = False) -> None:
        self.held = held
        self._freed = anyio.Event()
        self._programs: dict[Stoppable, None] = {}
        self._settling = anyio.Lock()
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
            for program in self._programs:
                program.halt()
        await self._settle()

    async def release(self) -> None:
        """All of it goes on, with the time it had left."""
        if self.held:
            self.held, self._stood = False, self._stood + monotonic() - self._began
            now = anyio.current_time()
            for scope, left in self._limits.items():
                scope.deadline = now + left
            self._freed.set()
        await self._settle()

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
        self._programs[program] = None
        try:
            if self.held:
                program.halt()
                await self._settle()
            yield
        finally:
            del self._programs[program]

    async def _settle(self) -> None:
        """Bring all programs to what holds now, however often that changes meanwhile."""
        async with self._settling:
            while self._programs:
                held, programs = self.held, tuple(self._programs)
                first, *others = programs
                done = await (first.freeze(*others) if held else first.thaw(*others))
                if done and held == self.held and set(self._programs) <= set(programs):
                    return
                if not done:
                    _log.error("programs.not_still" if held else "programs.not_let_go", first=first.pid)
