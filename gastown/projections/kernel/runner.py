"""Keeps a store up to the log, and lets readers wait for it."""

from collections.abc import Sequence
from contextlib import aclosing

import anyio
import anyio.lowlevel

from gastown.bus.event_log import LogReader
from gastown.errors import UnreachableError
from gastown.events.envelope import Recorded
from gastown.events.ids import EventId
from gastown.loggers import get_logger
from gastown.projections.kernel.folding import Folding
from gastown.projections.kernel.rebuild import FLUSH_EVERY, rebuild_into
from gastown.projections.kernel.store import Store, StoreDamagedError, StoreFullError

_RETRY = 1.0  # seconds between attempts to write to a full disk

_log = get_logger(__name__)


class ViewsBehindError(UnreachableError):
    """The views did not reach the wanted position in time."""


class Runner:
    """Follows the log and writes each chunk's rows and position in one transaction. Run `run` in a task group."""

    def __init__(self, store: Store, log: LogReader) -> None:
        self._store = store
        self._log = log
        self._changed = anyio.Event()
        self._is_trusted = False
        self._rebuilding = anyio.Lock()
        self._head = 0

    async def run(self) -> None:
        """Never returns. Raises what the log raises, and whatever a fold does wrong."""
        await self._distrust()
        while True:
            try:
                await self._follow()
            except StoreDamagedError as error:
                _log.warning("views damaged, made anew from the log", error=error.message)
                self._store.reset()

    async def _distrust(self) -> None:
        """Begin anew where the log does not hold the event that the store ends with."""
        mark = self._store.mark
        if mark.position and await self._last_event_at(mark.position) != mark.last_event:
            _log.warning("views of another log, made anew", position=mark.position)
            self._store.reset()
        self._is_trusted = True
        self._wake()

    async def _last_event_at(self, position: int) -> EventId:
        try:
            return (await self._log.read_position(position))[-1].envelope.id
        except KeyError:
            return ""

    async def _follow(self) -> None:
        folding = Folding(self._store)
        self._head = await self._log.last_position()
        async with aclosing(self._log.follow(after=self._store.position)) as chunks:
            async for chunk in chunks:
                await self._take(folding, chunk)

    async def _take(self, folding: Folding, chunk: Sequence[tuple[Recorded, ...]]) -> None:
        for message in chunk:
            folding.take(message)
            if folding.pending >= FLUSH_EVERY:
                await self._flush(folding)
        if folding.position >= self._head:  # before that it is cheaper to gather more
            await self._flush(folding)

    async def _flush(self, folding: Folding) -> None:
        while True:
            try:
                folding.flush()
                break
            except StoreFullError as error:
                _log.warning("views wait for room on the disk", error=error.message)
                await anyio.sleep(_RETRY)
        self._wake()
        await anyio.lowlevel.checkpoint()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    async def changed(self, after: int) -> int:
        """Wait until the views stand beyond `after`; the position they then are at."""
        await anyio.lowlevel.checkpoint()  # who asks in a loop must not keep the loop from changing anything
        while self._store.position <= after or not self._is_trusted:
            await self._changed.wait()
        return self._store.position

    async def wait_for(self, position: int, patience: float) -> None:
        """Wait until the views hold the message at `position`, up to `patience` seconds. Raises ViewsBehindError."""
        with anyio.move_on_after(patience):
            await self.changed(position - 1)
        if self._store.position < position or not self._is_trusted:
            msg = f"the views are at position {self._store.position}, not yet at {position}"
            raise ViewsBehindError(msg, "try again; `gt status` shows how far they are")

    async def rebuild(self) -> int:
        """Make the views anew beside the ones in use, then put them in their place. Returns the position.

        Readers see the old rows until then, and rows of one position at any time. Raises LogUnavailableError,
        LogBrokenError, StoreFullError, StoreUnusableError.
        """
        if self._store.path is None:
            raise ValueError("views in memory are made anew by making another store")
        path = self._store.path.with_name(f"{self._store.path.name}.new")
        async with self._rebuilding:
            fresh = Store(path, self._store.views, self._store.incarnation)
            try:
                fresh.reset()
                await self._replace_by(fresh)
            finally:
                fresh.discard()
        return self._store.position

    async def _replace_by(self, fresh: Store) -> None:
        while fresh.position < self._store.position:  # no await after the last look: nothing comes in between
            await rebuild_into(fresh, self._log, until=self._store.position)
        if fresh.position == self._store.position:  # else it was damaged, and is being made anew already
            self._store.take_over(fresh)
