"""Containment by marks alone: what carries the mark, is in the program's group or session, or descends from those.

For systems that have nothing better.
"""

import os
import subprocess  # noqa: TID251  this is a place that starts programs
from contextlib import ExitStack
from pathlib import Path

import anyio
import anyio.to_thread

from gastown.adapters.processes.census import start_time
from gastown.adapters.processes.ending import end_all
from gastown.adapters.processes.family import Family, marked
from gastown.adapters.processes.freezing import Stoppable
from gastown.adapters.processes.own_children import started
from gastown.adapters.processes.program import TERM_PATIENCE, Exit, Launch, Means, StartFailedError


class MarkedProgram(Stoppable):
    """A child of ours."""

    def __init__(self, launch: Launch) -> None:
        """Start it. Raises StartFailedError."""
        self._mark = launch.mark
        self._exit: Exit | None = None
        self._ending = anyio.Lock()
        try:
            self._process = spawn(launch)
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
                    await self._end(patience)
            finally:
                self._ending.release()
        return self._exit or self._reap()

    def family(self) -> Family:
        """What `end` ends."""
        return marked(self._mark, group=self.pid, since=self.started)

    async def _end(self, patience: float) -> None:
        await end_all(self.family(), patience=patience)

    def _reap(self) -> Exit:
        status = self._process.wait()
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._exit = Exit(status, None) if status >= 0 else Exit(None, -status)
        return self._exit


class Marks:
    """Needs nothing."""

    means = Means(
        "marks",
        "what keeps its environment, its process group or its session, and what descends from it",
        "a process that cleans its environment, starts a session of its own and outlives its parents",
    )

    def start(self, launch: Launch) -> MarkedProgram:
        """Raises StartFailedError."""
        return MarkedProgram(launch)

    def close(self) -> None:
        """There is nothing to let go of."""


OTHERS_MAY_READ = 0o022
"""The umask of workers, setup and gates, whose files are a project's: ours keeps the town's own files private."""


def spawn(launch: Launch) -> "subprocess.Popen[bytes]":
    """In a session of its own. Raises OSError, ValueError."""
    refuse_walls(launch)
    with ExitStack() as opened:
        stdin, output, errors = streams(launch, opened)
        return started(
            lambda: subprocess.Popen(
                launch.argv,
                cwd=launch.folder,
                env=dict(launch.environment),
                stdin=stdin,
                stdout=output,
                stderr=errors,
                start_new_session=True,
                umask=OTHERS_MAY_READ,
            )
        )


def refuse_walls(launch: Launch) -> None:
    """Raises ValueError for one that is to have some: whoever builds them takes them off the launch."""
    if launch.walls is not None:
        msg = "it is to have walls, and nobody has built them"
        raise ValueError(msg)


def streams(launch: Launch, opened: ExitStack) -> tuple[int, int, int]:
    """The descriptors of its three standard streams, open as long as `opened` is. Raises OSError."""
    launch.output.parent.mkdir(parents=True, exist_ok=True)
    errors = opened.enter_context(launch.output.open("ab")).fileno()
    stdin = launch.stdin
    if not isinstance(stdin, int):
        stdin = opened.enter_context((stdin or Path(os.devnull)).open("rb")).fileno()
    return stdin, errors if launch.stdout is None else launch.stdout, errors
