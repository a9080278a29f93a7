"""The log stops before its disk is full, and its server is restarted when it met a full one."""

import pytest

from gastown.bus.event_log import LogFullError, LogStuckError
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.bus.reserving_event_log import RESERVE, ReservingEventLog


class Disk:
    """How much is free on it, and how often the server on it was restarted."""

    def __init__(self) -> None:
        self.free = RESERVE
        self.restarts = 0

    async def restart(self) -> None:
        self.restarts += 1


class StuckEventLog(MemoryEventLog):
    """As a server that has met a full disk: stores nothing more until it is restarted."""

    def __init__(self, disk: Disk) -> None:
        super().__init__()
        self._disk = disk

    async def append(self, batch):
        if not self._disk.restarts:
            raise LogStuckError("the server stores nothing")
        return await super().append(batch)


async def test_below_the_reserve_appends_are_refused_reads_go_on_and_all_goes_on_with_room(an_append):
    disk = Disk()
    log = ReservingEventLog(MemoryEventLog(), lambda: disk.free, disk.restart)
    await log.append([an_append("ap-1")])
    disk.free = RESERVE - 1
    with pytest.raises(LogFullError, match="16 MB are kept free"):
        await log.append([an_append("ap-2")])
    assert await log.last_position() == 1
    assert len([message async for message in log.read()]) == 1
    disk.free = RESERVE
    assert await log.append([an_append("ap-2")]) == (2,)


async def test_a_server_that_is_stuck_is_restarted_once_there_is_room(an_append):
    disk = Disk()
    log = ReservingEventLog(StuckEventLog(disk), lambda: disk.free, disk.restart)
    with pytest.raises(LogStuckError):
        await log.append([an_append("ap-1")])
    assert disk.restarts == 1
    assert await log.append([an_append("ap-1")]) == (1,)
