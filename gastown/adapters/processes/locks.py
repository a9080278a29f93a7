"""One process at a time: a file lock held for life. The system lets go of it when the holder dies, however it dies."""

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from gastown.adapters.processes.census import runs, start_time
from gastown.errors import TakenError
from gastown.not_json import NOT_JSON

_MOMENT = 0.5  # seconds
_LONGEST_NAME = 100  # bytes


class Holder(msgspec.Struct, frozen=True):
    """Who holds a lock. started: see `census.start_time`. Both 0: it has not written its name yet."""

    pid: int
    started: int


@contextmanager
def held(path: Path, what: str) -> Generator[None]:
    """Hold the lock at `path` while the context is open. Raises TakenError, which names the holder, if it is taken.

    what: who wants it, for the message ("the host of /home/me/gt"). The file stays: removing it would let two in.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _take(descriptor):
            other = _read(descriptor)
            msg = f"{what} runs already, as process {other.pid}" if other.pid else f"{what} is just starting"
            raise TakenError(msg, f"its lock is {path}")
        name = msgspec.json.encode(Holder(os.getpid(), start_time(os.getpid())))
        os.pwrite(descriptor, name.ljust(_LONGEST_NAME), 0)  # at once: nobody reads half of it
        yield
    finally:
        os.close(descriptor)


def holder(path: Path) -> Holder | None:
    """Who holds the lock at `path` now; None: nobody."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(descriptor)
    else:
        return None
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    """Whoever only looks who holds it (`holder`) has it for a moment: refused only with a name, or after a while."""
    deadline = time.monotonic() + _MOMENT
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if _read(descriptor).pid or time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        else:
            return True


def _read(descriptor: int) -> Holder:
    """An earlier holder's name may still stand there; then nobody's does."""
    try:
        found = msgspec.json.decode(os.pread(descriptor, _LONGEST_NAME, 0), type=Holder)
    except NOT_JSON:
        return Holder(0, 0)
    return found if runs(found.pid, found.started) else Holder(0, 0)
