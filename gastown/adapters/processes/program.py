"""The port to programs of ours: each is started in a session of its own, inherits nothing, and is *contained*: owned
until all its processes are gone, whatever they do. By what means is said by one file each: see `containment.py`.
"""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from gastown.adapters.processes.family import Family, Mark
from gastown.adapters.still import Still
from gastown.errors import GastownError

TERM_PATIENCE = 5.0
"""Seconds between SIGTERM and SIGKILL."""
LEFTOVER_PATIENCE = 2.0
"""The same, for what a program that has ended by itself left running."""
TAIL = 8192
"""Bytes of output that are worth repeating in an event."""


class StartFailedError(GastownError):
    """The program could not be started at all."""


class Walls(msgspec.Struct, frozen=True, kw_only=True):
    """What a program sees that has any (`bubblewrap.py`): the system's own programs, and these.

    home: a folder of this session's. reads, writes: what is seen, and what may be written.

    covers: pieces of `writes` that may be read only.
    """

    home: Path
    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    covers: tuple[Path, ...] = ()
    network: bool = True


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """environment: complete, nothing is inherited; it carries `mark`. stdin: a file or a descriptor, None for nothing.

    output: stdout and stderr are appended to it, in the order they were written.
    stdout: a descriptor that standard output goes to instead. Whoever opened a descriptor closes it.
    walls: None for none; a containment that knows no walls starts nothing that has some.
    """

    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    mark: Mark
    output: Path
    stdin: Path | int | None = None
    stdout: int | None = None
    walls: Walls | None = None


class Exit(msgspec.Struct, frozen=True):
    """How the first process ended: by an exit code or by a signal."""

    code: int | None
    signal: int | None


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How a program that was run to its end ended."""

    exit: Exit
    timed_out: bool
    seconds: float


class Running(Protocol):
    """A running program. Whoever starts one calls `end`, in whatever way it comes to its end.

    pid, started: of its first process; see `census.start_time`.
    """

    pid: int
    started: int

    async def exited(self) -> None:
        """Returns when the first process has ended; what it started may still run."""
        ...

    def halt(self) -> None:
        """Most of it stops at once; `freeze` sees to the rest."""
        ...

    async def freeze(self, *others: Any) -> bool:
        """Nothing of it, and of the others of its kind, runs any more when this returns True."""
        ...

    async def thaw(self, *others: Any) -> bool:
        """All of these go on when this returns True."""
        ...

    async def end(self, *, patience: float) -> Exit:
        """End whatever of it still runs: SIGTERM, `patience` seconds later SIGKILL. Returns when all of it is gone."""
        ...


class Program(Running, Protocol):
    """One of this machine's."""

    async def end(self, *, patience: float = TERM_PATIENCE) -> Exit: ...

    def family(self) -> Family:
        """All its processes, as far as these means can tell: to be held still, or to be looked at."""
        ...


class Means(msgspec.Struct, frozen=True):
    """By what programs are contained. catches, misses: in words, for people."""

    name: str
    catches: str
    misses: str


class Containment(Protocol):
    """Starts programs, and sees to it that nothing of them outlives their end, or the end of the host."""

    @property
    def means(self) -> Means: ...

    def start(self, launch: Launch) -> Program:
        """Raises StartFailedError."""
        ...

    def close(self) -> None:
        """Let go of what it keeps for itself. Every program has ended by then."""
        ...


async def run(containment: Containment, launch: Launch, *, seconds: float, still: Still | None = None) -> Ending:
    """See `run_out`. Raises StartFailedError."""
    return await run_out(containment.start(launch), seconds=seconds, still=still)


async def run_out(program: Running, *, seconds: float, still: Still | None = None) -> Ending:
    """Leave a program to its end or for `seconds`; afterwards, also when cancelled, none of its processes is left.

    still: holds it, and the time meanwhile does not count; None: nothing does.
    """
    still = still or Still()
    begin, limit = still.clock(), None
    try:
        async with still.over(program):
            with still.limit(seconds) as limit:
                await program.exited()
    finally:
        timed_out = limit is not None and limit.cancelled_caught
        end = await program.end(patience=still.patience(TERM_PATIENCE if timed_out else LEFTOVER_PATIENCE))
    return Ending(exit=end, timed_out=timed_out, seconds=still.clock() - begin)


def tail(file: Path, size: int = TAIL) -> str:
    """The end of a file as text, whole lines where it has any; "" when it is not there."""
    try:
        with file.open("rb") as content:
            length = content.seek(0, os.SEEK_END)
            content.seek(max(0, length - size))
            end = content.read(size)
    except FileNotFoundError:
        return ""
    if length > size and b"\n" in end[:-1]:
        end = end[end.index(b"\n") + 1 :]
    return end.decode(errors="replace")


def signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
