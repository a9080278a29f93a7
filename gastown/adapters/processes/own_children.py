"""Which children of this process are its own: somebody here waits for their status. All others it has adopted.

Exact, by two rules. Whoever starts a process does it in `started`, and nothing is reaped between a start and its
entry here: not even one that ends at once. And a pid is its owner's until the owner has fetched the status, as the
kernel gives it to nobody else before.
"""

import os
import threading
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol, TypeVar
from weakref import WeakSet

from gastown.adapters.processes.census import pids, see

_AT_ONCE = 256
"""Children looked at while nothing can be started; it takes a millisecond."""


class OwnChild(Protocol):
    """subprocess.Popen is one. returncode: None until its status has been fetched."""

    pid: int
    returncode: int | None


_Child = TypeVar("_Child", bound=OwnChild)
_starting = threading.RLock()
_own = WeakSet[OwnChild]()  # one that nobody holds any more is nobody's, and is reaped as if adopted


class Awaited:
    """A child that is ours though we did not fork it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def wait(self) -> None:
        """Returns when it has ended."""
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        self.returncode = 0


def started(start: Callable[[], _Child]) -> _Child:
    """What `start` returns is our own from its first moment on. Any thread may start; one does at a time."""
    with none_reaped():
        child = start()
        _own.add(child)
        return child


@contextmanager
def none_reaped() -> Generator[None]:
    """Around what makes children that only later turn out to be our own."""
    with _starting:
        yield


def reap_adopted(among: Collection[int] | None = None) -> int:
    """Reap adopted children that have ended. -> how many. among: these pids, of which not all need be children."""
    reaped, candidates = 0, list(_children() if among is None else among)
    for begin in range(0, len(candidates), _AT_ONCE):
        with _starting:
            own = {child.pid for child in _own if child.returncode is None}
            reaped += sum(_reap(pid) for pid in candidates[begin : begin + _AT_ONCE] if pid not in own)
    return reaped


def _reap(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return False  # somebody else's, or reaped already


def _children() -> list[int]:
    """Of the main thread, to which the kernel gives all orphans; of other threads where it does not say whose."""
    me = os.getpid()
    try:
        return [int(pid) for pid in Path(f"/proc/self/task/{me}/children").read_bytes().split()]
    except OSError:
        return [seen.pid for seen in map(see, pids()) if seen and seen.zombie and seen.parent == me]
