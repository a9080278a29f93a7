"""Reports on their way to the town: on disk before they are sent, sent until they are answered, then gone.

They go out under the epoch of this host's lease, also those that an earlier host left on disk.
One receiver gets its reports in the order in which they were posted; different receivers do not wait for each other.
"""

import re
from collections import deque
from pathlib import Path

import anyio
import msgspec
from anyio.abc import TaskGroup, TaskStatus

from gastown.actors.commands.codec import decode_order, encode_order
from gastown.actors.commands.command import Order, Owner
from gastown.actors.reports import Receipt, Report
from gastown.adapters.files.port import Files
from gastown.adapters.lease import Lease
from gastown.bus.commands import Commands
from gastown.clock import now
from gastown.errors import GastownError, UnreachableError
from gastown.loggers import get_logger
from gastown.not_json import NOT_JSON

_log = get_logger("gastown.host")

_PATIENCE = 10.0  # seconds for one answer
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


class _Filed(msgspec.Struct):
    """A report as it lies on disk."""

    key: str
    final: bool
    order: msgspec.Raw


class _Waiting(msgspec.Struct):
    key: str
    final: bool
    order: Order
    file: Path


class Outbox:
    """Reports that have not been answered. Enter `run` in a task group; what is posted before is sent then."""

    def __init__(self, folder: Path, commands: Commands, files: Files, lease: Lease) -> None:
        self._folder = folder
        self._files = files
        self._commands = commands
        self._lease = lease
        self._lanes: dict[Owner, deque[_Waiting]] = {}
        self._number = 0
        self._tasks: TaskGroup | None = None
        self._emptied = anyio.Event()
        for name in files.names(folder):
            if name.endswith(".json"):
                self._load(folder / name)

    def settles(self, key: str) -> bool:
        """Is the last report of the effect `key` on its way?"""
        return any(one.key == key and one.final for lane in self._lanes.values() for one in lane)

    def post(self, key: str, order: Order, *, final: bool) -> None:
        """Have `order` delivered. key: of the effect it reports on. final: nothing more will be reported on it."""
        self._number += 1
        file = self._folder / f"{self._number:012}-{_UNSAFE.sub('_', key)[:100]}.json"
        content = msgspec.json.encode(_Filed(key, final, msgspec.Raw(encode_order(order))))
        try:
            self._files.write(file, content)
        except OSError as error:  # a full disk: it is sent all the same, and only this process can send it
            _log.error("outbox.not_written", order=order.id, error=str(error))
        self._add(_Waiting(key, final, order, file))

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Deliver until cancelled."""
        async with anyio.create_task_group() as self._tasks:
            for lane in self._lanes:
                self._tasks.start_soon(self._deliver, lane)
            task_status.started()
            await anyio.sleep_forever()

    async def emptied(self) -> None:
        """Returns when nothing is waiting."""
        while self._lanes:
            await self._emptied.wait()

    def _load(self, file: Path) -> None:
        self._number = max(self._number, int(file.name.partition("-")[0]))
        try:
            filed = msgspec.json.decode(self._files.read(file), type=_Filed)
            order = decode_order(bytes(filed.order))
        except NOT_JSON as error:  # cut off by a power cut: the effect is handed out again
            _log.error("outbox.unreadable", file=str(file), error=str(error))
            self._files.rename(file, f"{file.stem}.unreadable")
            return
        self._add(_Waiting(filed.key, filed.final, order, file))

    def _add(self, one: _Waiting) -> None:
        lane = one.order.to
        if lane in self._lanes:
            self._lanes[lane].append(one)
            return
        self._lanes[lane] = deque([one])
        self._emptied = anyio.Event()
        if self._tasks is not None:
            self._tasks.start_soon(self._deliver, lane)

    async def _deliver(self, lane: Owner) -> None:
        waiting = self._lanes[lane]
        while waiting:
            await self._send(waiting[0].order)
            self._remove(waiting.popleft().file)
        del self._lanes[lane]
        if not self._lanes:
            self._emptied.set()

    def _remove(self, file: Path) -> None:
        try:
            self._files.remove(file)
        except OSError as error:  # sent once more by the next host, and answered as it was now
            _log.error("outbox.not_removed", file=str(file), error=str(error))

    async def _send(self, order: Order) -> None:
        pause = _FIRST_PAUSE
        while not await self._is_answered(order):
            await anyio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _is_answered(self, order: Order) -> bool:
        """ok or not, an answer settles the report, unless the town cannot tell yet or does not hear us any more."""
        epoch = await self._lease.granted()
        report = Report(epoch=epoch, order=msgspec.Raw(encode_order(order)), sent=now())
        try:
            reply = await self._commands.request(self._lease.town, msgspec.json.encode(report), patience=_PATIENCE)
            answer = msgspec.json.decode(reply, type=Receipt)
        except UnreachableError:
            return False
        except (GastownError, *NOT_JSON) as error:
            _log.error("outbox.not_answered", order=order.id, error=str(error))
            return False
        if answer.superseded:
            self._lease.lose(answer.message)
            return False
        if not answer.ok and not answer.retry:
            _log.warning("outbox.rejected", order=order.id, reason=answer.message)
        return not answer.retry
