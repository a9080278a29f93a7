"""A push to an origin on this machine that was killed can leave its lock there, which blocks every later landing.

Before each push an intent is written beside the rig's repositories and flushed; it goes when the push has ended by
itself. A lock in the origin is ours and stale if the intent is there, the lock is not older, belongs to our user, holds
nothing or the commit we pushed, nothing of that push still runs, and no other git works in that repository.
"""

import os
from pathlib import Path

import anyio.to_thread
import msgspec
import psutil

from gastown import durable
from gastown.adapters.git.locks import environment_of, gits, is_inside, still_running
from gastown.adapters.git.port import GitFailedError
from gastown.clock import new_id, now
from gastown.loggers import get_logger
from gastown.not_json import NOT_JSON

_MARK = "GASTOWN_PUSH"
_PATIENCE = 20.0  # seconds a push that lost its host has to end
_CLOCKS = 1.0  # seconds a file system's clock may be behind ours

log = get_logger(__name__)


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """at: seconds since the epoch. folder: the origin's git directory."""

    id: str
    folder: str
    ref: str
    commit: str
    at: float


class InterruptedPush:
    """Of one rig: at most one push runs at a time."""

    def __init__(self, root: Path) -> None:
        self._file = root / "push-intent.json"

    async def begin(self, folder: Path, ref: str, commit: str) -> dict[str, str]:
        """Write the intent. Returns the mark to put into the push's environment."""
        intent = Intent(id=new_id(), folder=str(folder), ref=ref, commit=commit, at=now())
        await anyio.to_thread.run_sync(durable.write, self._file, msgspec.json.encode(intent))
        return {_MARK: intent.id}

    def end(self) -> None:
        """The push ended by itself, however it ended."""
        self._file.unlink(missing_ok=True)

    async def settle(self) -> None:
        """If a push was interrupted: wait until nothing of it runs, remove the locks it left.

        Raises GitFailedError when it still runs.
        """
        if self._file.exists():
            await anyio.to_thread.run_sync(self._settle)

    def _settle(self) -> None:
        try:
            intent = msgspec.json.decode(self._file.read_bytes(), type=Intent)
        except NOT_JSON:  # a power cut in the middle of writing it: the push had not begun
            return self.end()
        _await_end([process for process in gits() if environment_of(process).get(_MARK) == intent.id], intent.folder)
        locks = (Path(intent.folder, f"{intent.ref}.lock"), Path(intent.folder, "HEAD.lock"))
        for lock in [lock for lock in locks if lock.exists() and _is_ours(lock, intent)]:
            _await_end(_working_in(Path(intent.folder)), intent.folder)
            lock.unlink(missing_ok=True)
            log.warning("removed a lock that an interrupted push left", lock=str(lock))
        return self.end()


def _is_ours(lock: Path, intent: Intent) -> bool:
    facts = lock.stat()
    fits = facts.st_mtime >= intent.at - _CLOCKS and facts.st_uid == os.getuid()
    return fits and lock.read_text(errors="replace").strip() in ("", intent.commit)


def _working_in(folder: Path) -> list[psutil.Process]:
    checkout = folder.parent if folder.name == ".git" else folder
    return [process for process in gits() if is_inside(process, checkout)]


def _await_end(processes: list[psutil.Process], folder: str) -> None:
    alive = still_running(processes, _PATIENCE)
    if alive:
        pids = ", ".join(str(process.pid) for process in alive)
        message = f"a push to {folder} was interrupted, and git still works there (process {pids})"
        raise GitFailedError(message, hint="it is tried again; end that process if it hangs")
