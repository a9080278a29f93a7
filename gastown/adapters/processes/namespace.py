"""Containment by a PID namespace for each program: the kernel ends all that is in it when its first process dies."""

import signal

from gastown.adapters.processes.ending import KILL_PATIENCE
from gastown.adapters.processes.family import Mark
from gastown.adapters.processes.guards import GuardedProgram, Guards
from gastown.adapters.processes.program import Launch, Means
from gastown.loggers import get_logger

_log = get_logger("gastown.host")


_WITH_USER = (
    "; and within it sudo and other setuid programs have no power, and root's files seem nobody's, which ssh may refuse"
)


class Namespaces:
    """user: for an ordinary user, who may make a PID namespace only within a user namespace."""

    def __init__(self, mark: Mark, *, user: bool) -> None:
        self._guards = Guards(mark, namespace=True, user=user)
        self.means = Means(
            "namespace",
            "every process, whatever it does",
            "what it has another program start that is not its child: cron, systemd, a container engine"
            + (_WITH_USER if user else ""),
        )

    def start(self, launch: Launch) -> "NamespacedProgram":
        """Raises StartFailedError."""
        return NamespacedProgram(launch, self._guards.start(launch))

    def close(self) -> None:
        """No more programs."""
        self._guards.close()


class NamespacedProgram(GuardedProgram):
    """Its guard is the first process of the namespace."""

    async def _end(self, patience: float) -> None:
        if patience > 0:
            self._guarded.tell(signal.SIGTERM)  # it passes this on, to all of them in one moment
            if await self._guarded.extinct(patience):
                return
        self._guarded.tell(signal.SIGKILL)
        while not await self._guarded.extinct(KILL_PATIENCE):
            _log.error("processes.survive_kill", guard=self._guarded.guard_pid)
