"""The disk guard: looks now and then how much room the town has left, and before each new session."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import anyio

from gastown.actors.commands.command import Order
from gastown.actors.commands.mayor import MAYOR, ReportDisk
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.mayor.holds import report_disk
from gastown.errors import GastownError
from gastown.loggers import get_logger

_log = get_logger("gastown.town")

LOOK = 5.0
"""Seconds between looks; one costs some microseconds, and says nothing while nothing changes."""


Free: TypeAlias = Callable[[], tuple[int, str]]


def fullest(places: Sequence[Path]) -> tuple[int, str]:
    """Bytes that are left on the fullest of the disks that these folders lie on, and the folder."""
    return min((shutil.disk_usage(place).free, str(place)) for place in places if place.exists())


class DiskGuard:
    """free: see `fullest`. Enter `run` in a task group."""

    def __init__(self, free: Free, runtime: Runtime) -> None:
        self._free = free
        self._runtime = runtime

    async def run(self) -> None:
        """Tell the Mayor what changes anything, until cancelled."""
        while True:
            await self.look()
            await anyio.sleep(LOOK)

    async def look(self) -> None:
        report = self._seen()
        if not report_disk(self._runtime.state_of(MAYOR), report):
            return
        clock = self._runtime.clock
        order = Order(id=clock.new_id(), to=MAYOR, actor="town", command=report, time=clock.now())
        try:
            await self._runtime.send(order)
        except GastownError as error:  # no room even for that, or the log is away: said at a later look
            _log.warning("the disk guard cannot write down what it saw", free=report.free, error=error.message)

    async def room(self) -> None:
        """Returns when there is room for one more session."""
        while self._seen().free < self._runtime.state_of(MAYOR).setting("disk.min_free"):
            await self.look()
            await anyio.sleep(LOOK)

    def _seen(self) -> ReportDisk:
        free, path = self._free()
        return ReportDisk(free=free, path=path)
