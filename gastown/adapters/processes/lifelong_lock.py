"""A lock that a program holds as long as it lives, without knowing: it inherits the open file by which it is held.

For a program of somebody else's of which there must never be two, also where whoever started it is killed before it
could note which process that is.
"""

import fcntl
import os
import signal
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gastown.adapters.processes.census import pids
from gastown.errors import TakenError
from gastown.loggers import get_logger

_log = get_logger("gastown.daemon")

_MOMENT = 0.01  # seconds


@contextmanager
def to_hand_on(path: Path, patience: float) -> Generator[int]:
    """The locked descriptor, which the program started meanwhile is to keep. A program that holds it is killed first.

    Raises TakenError when it is not gone within `patience` seconds, or cannot be found. Blocks.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + patience
        while not _locked(descriptor):
            _kill_holders(path)
            if time.monotonic() > deadline:
                msg = f"a program that an earlier process of this town started still holds {path}"
                raise TakenError(msg, "end it: its pid is the one that `fuser` names for this file")
            time.sleep(_MOMENT)
        yield descriptor
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _kill_holders(path: Path) -> None:
    for pid in pids():
        with suppress(OSError):
            process = os.pidfd_open(pid)  # from now on the pid is nobody else's
            try:
                if pid != os.getpid() and _holds(pid, path):
                    _log.warning("lock.holder_killed", pid=pid, lock=str(path))
                    signal.pidfd_send_signal(process, signal.SIGKILL)
            finally:
                os.close(process)


def _holds(pid: int, path: Path) -> bool:
    """Having it open is not enough: whoever only reads the file is somebody else's."""
    return any("FLOCK" in Path(f"/proc/{pid}/fdinfo/{name}").read_text() for name in _opened(pid, path))


def _opened(pid: int, path: Path) -> Iterator[str]:
    wanted = path.stat()
    for name in os.listdir(f"/proc/{pid}/fd"):
        with suppress(FileNotFoundError):
            found = os.stat(f"/proc/{pid}/fd/{name}")
            if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
                yield name
