"""Orphans of what we started come to us instead of to init, so that none is out of sight; we reap them."""

import ctypes
import os
import signal
import sys

import anyio
import anyio.to_thread
import structlog

from gastown.adapters.processes.census import Seen, pids, see
from gastown.clock import monotonic

_log = structlog.get_logger("gastown.host")

_PR_SET_CHILD_SUBREAPER = 36
_GATHER = 0.25  # seconds
_LONGEST_WAIT = 7200.0
"""Seconds. No program of ours that has ended waits longer for whoever started it to fetch its status."""


def become_subreaper() -> bool:
    """From now on orphaned descendants become children of this process. False: this system cannot (only Linux can)."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        _log.warning("processes.no_subreaper", error=os.strerror(ctypes.get_errno()))
        return False
    return True


async def reap_orphans() -> None:
    """Reap adopted children as they end. Sleeps until a child ends; never returns. Run in the main thread."""
    first_seen: dict[tuple[int, int], float] = {}
    bell = _Bell()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bell.listen)
        while True:
            await bell.rung()
            children = await anyio.to_thread.run_sync(_ended_children)
            first_seen = {key: first_seen.get(key, monotonic()) for key in ((one.pid, one.started) for one in children)}
            for child in children:
                if _is_adopted(child) or monotonic() - first_seen[child.pid, child.started] > _LONGEST_WAIT:
                    _reap(child.pid)


class _Bell:
    """Rings when children have ended: once for all that end within a moment, as a look costs one read a process."""

    def __init__(self) -> None:
        self._ended = anyio.Event()

    async def listen(self) -> None:
        with anyio.open_signal_receiver(signal.SIGCHLD) as signals:
            async for _ in signals:
                self._ended.set()

    async def rung(self) -> None:
        await self._ended.wait()
        await anyio.sleep(_GATHER)
        self._ended = anyio.Event()


def _is_adopted(child: Seen) -> bool:
    """What we start ourselves is in our session or leads one of its own; its status belongs to whoever started it.

    An adopted one that leads a session looks the same, and is reaped only when nobody can be waiting any more: a
    status that is fetched by the wrong one reads as success to the right one.
    """
    return child.session not in (child.pid, os.getsid(0))


def _ended_children() -> list[Seen]:
    everyone = [seen for seen in map(see, pids()) if seen]
    return [seen for seen in everyone if seen.zombie and seen.parent == os.getpid()]


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        _log.debug("processes.reaped_elsewhere", pid=pid)
