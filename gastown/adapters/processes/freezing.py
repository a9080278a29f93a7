"""Holding a whole family still, and letting it go on: nothing of it runs in between, and nothing is lost."""

import os
import signal
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import anyio.to_thread

from gastown.adapters.processes.census import HAS_PROC, Seen, see
from gastown.adapters.processes.ending import send
from gastown.adapters.processes.family import Family, united
from gastown.loggers import get_logger

_log = get_logger("gastown.host")

_SIGSTOP_BIT = 1 << (signal.SIGSTOP - 1)
_GOING_ON = 0.2
"""Seconds for letting go, before it is asked anew whether that is still wanted."""
_HOLDING = 1.0
"""Seconds to wait for a cgroup to stand still: what hangs in the kernel takes longer, and forks nobody there."""
_PENDING = ("SigPnd:", "ShdPnd:")


class Stoppable:
    """What every program of this machine can do, by its family. pid, started: of its first process."""

    pid: int
    started: int

    def family(self) -> Family:
        """All its processes."""
        raise NotImplementedError

    async def freeze(self, *others: "Stoppable") -> bool:
        """Nothing of these programs runs any more when this returns True."""
        return not await freeze(united([one.family() for one in (self, *others)]))

    def halt(self) -> None:
        """Most of it stops at once: to look for all of it takes 0.2 s where 3,000 processes run."""
        first = see(self.pid)
        if first and (first.started, first.group) == (self.started, self.pid):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGSTOP)

    async def thaw(self, *others: "Stoppable") -> bool:
        """All of these programs goes on when this returns True."""
        return not await thaw(united([one.family() for one in (self, *others)]), seconds=_GOING_ON)


async def freeze(family: Family, *, seconds: float = 10.0) -> tuple[Seen, ...]:
    """SIGSTOP to all of the family, until none of it runs and none can have forked meanwhile. -> who still runs.

    That is nobody, unless `seconds` were not enough. In a cgroup of its own it is held while it is told to stop: none
    can hop on meanwhile. Elsewhere what forks while it is being stopped is seen by the next look; where processes come
    and go faster than one can look, one that hops may be missed, which is logged.
    """
    return await anyio.to_thread.run_sync(_freeze, family, seconds)


async def thaw(family: Family, *, seconds: float = 10.0) -> tuple[Seen, ...]:
    """SIGCONT to all of the family, until none of it is stopped. -> who still is: nobody, if `seconds` were enough.

    What had stopped itself before goes on as well: nobody can tell the two apart.
    """
    return await anyio.to_thread.run_sync(_thaw, family, seconds)


def _freeze(family: Family, seconds: float) -> tuple[Seen, ...]:
    """It is over when everyone in a look was found stopped by the look before: a stopped one forks nobody."""
    deadline = time.monotonic() + seconds
    still: set[tuple[int, int]] = set()

    def stop(seen: Seen) -> None:
        if not seen.stopped:
            send(seen, signal.SIGSTOP)

    with _held(family.cgroups):
        family.look(stop)
    while True:
        look = family.look(stop)
        running = tuple(seen for seen in look.alive if not is_still(seen))
        here = {(seen.pid, seen.started) for seen in look.alive}
        if not running and not look.blind and here <= still:
            return ()
        if time.monotonic() > deadline:
            if not running:
                _log.warning("processes.blind_look")
            return running
        still = set() if running or look.blind else here
        time.sleep(0.001 if running else 0)  # a signal takes a moment to arrive


@contextmanager
def _held(cgroups: Sequence[Path]) -> Generator[None]:
    """Nothing in these runs meanwhile. What is sent to it then is the first thing that it gets to know afterwards."""
    try:
        for cgroup in cgroups:
            _write(cgroup / "cgroup.freeze", "1")
        deadline = time.monotonic() + _HOLDING
        while not all(map(_is_held, cgroups)) and time.monotonic() < deadline:
            time.sleep(0.001)
        yield
    finally:
        for cgroup in cgroups:
            _write(cgroup / "cgroup.freeze", "0")


def _write(file: Path, text: str) -> None:
    with suppress(OSError):  # all of it has ended
        file.write_text(text)


def _is_held(cgroup: Path) -> bool:
    try:
        return "frozen 1" in (cgroup / "cgroup.events").read_text()
    except OSError:
        return True


def _thaw(family: Family, seconds: float) -> tuple[Seen, ...]:
    deadline = time.monotonic() + seconds
    while True:
        look = family.look()
        stopped = [seen for seen in look.alive if is_still(seen)]
        if not stopped and not look.blind:
            return ()
        if time.monotonic() > deadline:
            return tuple(stopped)
        for seen in stopped:
            send(seen, signal.SIGCONT)
        time.sleep(0.001)


def is_still(seen: Seen) -> bool:
    """Stopped, or bound to stop before it does anything: one that waits for its vfork is deaf until that is over."""
    if seen.stopped or not HAS_PROC:
        return seen.stopped
    try:
        lines = Path(f"/proc/{seen.pid}/status").read_text(errors="replace").splitlines()
    except OSError:
        return True  # it is gone
    words = [line.split() for line in lines]
    waits = any(word[:2] == ["State:", "D"] for word in words)
    return waits and any(int(word[1], 16) & _SIGSTOP_BIT for word in words if word and word[0] in _PENDING)
