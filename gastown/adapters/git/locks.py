"""Locks and half packs that a killed git left, and gits that a killed host left running. Only what is provably ours is
touched.

Every git we start carries a mark in its environment: the rig's folder and the run of this process. A git that carries
the folder and another run was left behind by a host that is gone. A lock that is older than every git running in the
rig belongs to none of them.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from gastown.clock import monotonic, new_id
from gastown.loggers import get_logger

_MARK = "GASTOWN_GIT"
RUN = new_id()
"""Of this process."""

_CLOCKS = 2.0  # seconds by which a process's start time may be wrong: it is counted from a rounded time of boot
_PATIENCE = 10.0  # seconds a left-over git has to end
_GLANCE = 0.02  # seconds between looks at it

log = get_logger(__name__)


class Locks:
    """Of one rig, whose folder is `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.mark = {_MARK: f"{RUN}:{root}"}

    def clear(self) -> None:
        """End what an earlier host left running here, then remove the locks nobody holds. Blocks."""
        end_processes([process for process in gits() if self._is_left_behind(process)])
        living = [process.create_time() for process in gits() if self._is_here(process)]
        for repository in (self._root / "work.git", self._root / "refinery.git"):
            for lock in _locks(repository):
                self._remove_if_older(lock, min(living, default=None))

    def _remove_if_older(self, lock: Path, oldest_git: float | None) -> None:
        with contextlib.suppress(FileNotFoundError):
            if oldest_git is None or lock.stat().st_mtime < oldest_git - _CLOCKS:
                lock.unlink()
                log.warning("removed what a killed git left", file=str(lock))

    def _is_left_behind(self, process: psutil.Process) -> bool:
        run, _, folder = environment_of(process).get(_MARK, "").partition(":")
        return folder == str(self._root) and run != RUN

    def _is_here(self, process: psutil.Process) -> bool:
        ours = environment_of(process).get(_MARK, "").endswith(f":{self._root}")
        return ours or is_inside(process, self._root)


def gits() -> Iterator[psutil.Process]:
    """Every process of a git program on this machine."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name().startswith("git") and _lives(process):
                yield process


def environment_of(process: psutil.Process) -> dict[str, str]:
    """Empty when it cannot be read: another user's, or gone."""
    try:
        return process.environ()
    except (psutil.Error, OSError):
        return {}


def is_inside(process: psutil.Process, folder: Path) -> bool:
    """Whether it works in `folder`."""
    try:
        return Path(process.cwd()).is_relative_to(folder)
    except (psutil.Error, OSError):
        return False


def end_processes(processes: list[psutil.Process]) -> None:
    """SIGTERM, on which git removes its locks; SIGKILL to what is left after a while. Blocks."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    for process in still_running(processes, _PATIENCE):
        with contextlib.suppress(psutil.Error):
            process.kill()


def still_running(processes: list[psutil.Process], patience: float) -> list[psutil.Process]:
    """Those that have not ended after up to `patience` seconds. Blocks.

    Not psutil.wait_procs: it reaps, and a git of our own that it reaped would look to its caller like a success.
    """
    deadline = monotonic() + patience
    while (alive := [process for process in processes if _lives(process)]) and monotonic() < deadline:
        time.sleep(_GLANCE)
    return alive


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _locks(repository: Path) -> Iterator[Path]:
    """And packs that were never finished, which are named like that by all versions of git."""
    for here, folders, files in os.walk(repository):
        if os.path.basename(here) == "objects":
            folders[:] = [name for name in folders if name in ("info", "pack")]  # the rest holds objects only
        packs = os.path.basename(here) == "pack"
        drafts = ("tmp_", ".tmp-") if packs else ()
        yield from (Path(here, name) for name in files if name.endswith(".lock") or name.startswith(drafts))
