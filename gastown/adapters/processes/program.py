"""One program of ours: started in a session of its own, nothing inherited, owned until all its processes are gone."""

import os
import signal
import subprocess  # noqa: TID251  this is the place that starts programs
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import anyio
import anyio.to_thread
import msgspec

from gastown.adapters.processes.census import start_time
from gastown.adapters.processes.ending import end_all
from gastown.adapters.processes.family import Mark, marked
from gastown.clock import monotonic
from gastown.errors import GastownError

TERM_PATIENCE = 5.0
"""Seconds between SIGTERM and SIGKILL."""
LEFTOVER_PATIENCE = 2.0
"""The same, for what a program that has ended by itself left running."""
TAIL = 8192
"""Bytes of output that are worth repeating in an event."""


class StartFailedError(GastownError):
    """The program could not be started at all."""


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """environment: complete, nothing is inherited; it carries `mark`. stdin: a file, None for nothing.

    output: stdout and stderr are appended to it, in the order they were written.
    """

    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    mark: Mark
    output: Path
    stdin: Path | None = None


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
    """See `Program`."""

    pid: int
    started: int

    async def exited(self) -> None: ...

    async def end(self, *, patience: float) -> Exit: ...


class Program:
    """A running program. Whoever starts one calls `end`, in whatever way it comes to its end."""

    def __init__(self, launch: Launch) -> None:
        """Start it. Raises StartFailedError."""
        self._mark = launch.mark
        self._exit: Exit | None = None
        self._ending = anyio.Lock()
        try:
            self._process = _spawn(launch)
        except (OSError, ValueError) as error:  # ValueError: a NUL byte
            msg = f"{launch.argv[0]} cannot be started in {launch.folder}: {error}"
            raise StartFailedError(msg) from error
        self.pid = self._process.pid
        self.started = start_time(self.pid)  # it is not reaped before `end`, so its pid is its own until then
        self._descriptor = os.pidfd_open(self.pid) if hasattr(os, "pidfd_open") else None

    async def exited(self) -> None:
        """Returns when the first process has ended; what it started may still run."""
        if self._exit is not None:
            return
        if self._descriptor is None:
            await anyio.to_thread.run_sync(self._process.wait, abandon_on_cancel=True)
            return
        descriptor = os.dup(self._descriptor)  # each waiter has one: a descriptor takes one waiter only
        try:
            await anyio.wait_readable(descriptor)
        finally:
            os.close(descriptor)

    async def end(self, *, patience: float = TERM_PATIENCE) -> Exit:
        """End whatever of it still runs: SIGTERM, `patience` seconds later SIGKILL. Returns when all of it is gone."""
        with anyio.CancelScope(shield=True):
            await self._ending.acquire()
            try:
                if self._exit is None:
                    family = marked(self._mark, group=self.pid, since=self.started)
                    await end_all(family, patience=patience, unreaped=self.pid)
            finally:
                self._ending.release()
        return self._exit or self._reap()

    def _reap(self) -> Exit:
        status = self._process.wait()
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._exit = Exit(status, None) if status >= 0 else Exit(None, -status)
        return self._exit


async def run(launch: Launch, *, seconds: float) -> Ending:
    """See `run_out`. Raises StartFailedError."""
    return await run_out(Program(launch), seconds=seconds)


async def run_out(program: Running, *, seconds: float) -> Ending:
    """Leave a program to its end or for `seconds`; afterwards, also when cancelled, none of its processes is left."""
    begin = monotonic()
    limit = anyio.move_on_after(seconds)
    try:
        with limit:
            await program.exited()
    finally:
        end = await program.end(patience=TERM_PATIENCE if limit.cancelled_caught else LEFTOVER_PATIENCE)
    return Ending(exit=end, timed_out=limit.cancelled_caught, seconds=monotonic() - begin)


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


def _spawn(launch: Launch) -> "subprocess.Popen[bytes]":
    launch.output.parent.mkdir(parents=True, exist_ok=True)
    with launch.output.open("ab") as output, (launch.stdin or Path(os.devnull)).open("rb") as stdin:
        return subprocess.Popen(
            launch.argv,
            cwd=launch.folder,
            env=dict(launch.environment),
            stdin=stdin,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
