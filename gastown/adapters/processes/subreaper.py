"""Containment where no namespace is to be had: whatever is orphaned in a program becomes a child of its guard.

The guard kills its children until there is none, and is told to by the kernel when the host dies.
"""

import signal

from gastown.adapters.processes import guard
from gastown.adapters.processes.ending import KILL_PATIENCE, end_all
from gastown.adapters.processes.family import Mark, marked
from gastown.adapters.processes.guards import GuardedProgram, Guards
from gastown.adapters.processes.program import Launch, Means
from gastown.loggers import get_logger

_log = get_logger("gastown.host")


class Subreapers:
    """Needs Linux, and nothing else."""

    means = Means(
        "subreaper",
        "every process, whatever it does, as long as the guard of its session lives",
        "once something has killed that guard: a process that cleans its environment and outlives its parents; "
        "and what it has another program start that is not its child: cron, systemd, a container engine",
    )

    def __init__(self, mark: Mark) -> None:
        self._guards = Guards(mark, namespace=False)

    def start(self, launch: Launch) -> "SubreapedProgram":
        """Raises StartFailedError."""
        return SubreapedProgram(launch, self._guards.start(launch))

    def close(self) -> None:
        """No more programs."""
        self._guards.close()


class SubreapedProgram(GuardedProgram):
    """Its guard is the parent of every orphan."""

    async def _end(self, patience: float) -> None:
        if not await self._guarded.extinct(0):
            await end_all(self.family(), patience=patience, first=self._kill)
        self._kill()
        while not await self._guarded.extinct(KILL_PATIENCE):
            _log.error("processes.survive_kill", guard=self._guarded.guard_pid)
        await end_all(marked(self._mark, since=self.started), patience=0)

    def _kill(self) -> None:
        self._guarded.tell(signal.SIGCONT)  # should one of them have stopped it
        self._guarded.tell(guard.KILL)
