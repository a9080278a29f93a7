"""Orphans of what we started come to us instead of to init, so that none is out of sight; we reap them."""

import ctypes
import os
import signal
import sys

import anyio
import anyio.to_thread

from gastown.adapters.processes.own_children import reap_adopted
from gastown.loggers import get_logger

_log = get_logger("gastown.host")

_PR_SET_CHILD_SUBREAPER = 36
_GATHER = 0.02
"""Seconds between two looks: what goes on by starting its successor, 1,000 times a second, leaves us 20 dead."""


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
    if sys.platform != "linux":  # nobody is adopted
        await anyio.sleep_forever()
    bell = _Bell()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bell.listen)
        while True:
            await bell.rung()
            if await anyio.to_thread.run_sync(reap_adopted):
                bell.ring()  # the kernel's list of children is whole only if none goes while it is read
            await anyio.sleep(_GATHER)


class _Bell:
    """Rings when children have ended; at first, for those that did before anybody listened."""

    def __init__(self) -> None:
        self._ended = anyio.Event()
        self._ended.set()

    async def listen(self) -> None:
        with anyio.open_signal_receiver(signal.SIGCHLD) as signals:
            async for _ in signals:
                self.ring()

    def ring(self) -> None:
        self._ended.set()

    async def rung(self) -> None:
        await self._ended.wait()
        self._ended = anyio.Event()
