"""The views of one other town, folded from the hub's copy of its log: brought up to it whenever somebody asks."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
import msgspec

from gastown import durable
from gastown.bus.event_log import LogBrokenError, LogReader
from gastown.clock import now
from gastown.errors import GastownError, UnreachableError
from gastown.loggers import get_logger
from gastown.not_json import NOT_JSON
from gastown.projections.kernel.rebuild import rebuild_into
from gastown.projections.kernel.store import Store, StoreDamagedError
from gastown.projections.views import VIEWS

IDLE = 60.0  # seconds without a call until its file is closed
NOTED = 5.0  # seconds by which what is written of its age may be too old

_SEE_LOG = "see logs/town.log"

_log = get_logger(__name__)


class _Wish:
    """That the views hold what the copy holds from now on."""

    def __init__(self) -> None:
        self.asked = anyio.Event()
        self.granted = anyio.Event()


class _Level(msgspec.Struct, frozen=True, kw_only=True):
    """as_of: the views hold all that the town had written by then (seconds since the epoch); 0: nobody knows."""

    incarnation: str = ""
    as_of: float = 0.0


class Copied:
    """Run `keep` in a task group; `over` is set when it has closed the file.

    turn: of its last use. folding: held while the log is read.
    """

    def __init__(self, town: str, incarnation: str, path: Path, log: LogReader, folding: anyio.Semaphore) -> None:
        self.town = town
        self.incarnation = incarnation
        self.log = log
        self.store = Store(path, VIEWS, incarnation)
        self.over = anyio.Event()
        self.turn = 0
        self._note = path.with_suffix(".json")
        self._level = self._read_note()
        self._folding = folding
        self._wish = _Wish()
        self._trouble: GastownError | None = None
        self._last = 0
        self._users = 0
        self._unused = anyio.Event()
        self.retired = False
        self._is_trusted = False

    @property
    def as_of(self) -> float:
        """The views hold all that the town had written by then, seconds since the epoch; 0: nobody knows."""
        return self._level.as_of

    @property
    def in_use(self) -> bool:
        return self._users > 0

    @contextmanager
    def used(self) -> Generator[None]:
        """It stays open."""
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                self._unused.set()
                self._unused = anyio.Event()

    async def catch_up(self, patience: float) -> bool:
        """Have the views hold what the copy holds now. -> whether they do; if not, they are as they were.

        patience: seconds. Calls that come while it goes on share the next time. Raises LogBrokenError; and where
        there never were any views, what was in the way.
        """
        wish = self._wish
        wish.asked.set()
        with anyio.move_on_after(patience) as limit:
            await wish.granted.wait()
        if limit.cancelled_caught:
            if not self.as_of:
                msg = (
                    f"the copy of the log of {self.town} is being read: {self.store.position} of {self._last} messages"
                )
                raise UnreachableError(msg, "try again in a moment")
            return False
        if self._trouble is None:
            return True
        if isinstance(self._trouble, LogBrokenError) or not self.as_of:
            raise self._trouble
        return False

    def level(self, as_of: float) -> None:
        """The views were brought up to the copy, which then held all that the town had written by `as_of`."""
        if as_of <= self.as_of <= now():  # what lies ahead was noted before this machine's clock was set back
            return
        noted = self._read_note().as_of
        is_news = not noted <= as_of <= noted + NOTED
        self._level = _Level(incarnation=self.incarnation, as_of=as_of)
        if is_news:
            durable.write(self._note, msgspec.json.encode(self._level), mode=0o600)

    def _read_note(self) -> _Level:
        try:
            said = msgspec.json.decode(self._note.read_bytes(), type=_Level)
        except (FileNotFoundError, *NOT_JSON):
            return _Level()
        return said if said.incarnation == self.incarnation and self.store.position else _Level()

    def retire(self) -> None:
        """Have it close once nobody uses it."""
        self.retired = True
        self._wish.asked.set()

    async def keep(self) -> None:
        """Until nobody has asked for a while, or it is retired."""
        try:
            while not self.retired and await self._is_wanted():
                await self._grant()
            self._trouble = UnreachableError(f"{self.town} goes on under another log", "try again in a moment")
            self._wish.granted.set()
            while self._users:
                await self._unused.wait()
        finally:
            self.store.close()
            self.over.set()

    async def _is_wanted(self) -> bool:
        while not self._wish.asked.is_set():
            with anyio.move_on_after(IDLE) as idle:
                await self._wish.asked.wait()
            if idle.cancelled_caught and not self._users:
                return False
        return True

    async def _grant(self) -> None:
        """Whatever another town has written, it is that town's views alone that may suffer."""
        wish, self._wish = self._wish, _Wish()
        self._trouble = None
        try:
            async with self._folding:
                await self._fold()
        except GastownError as error:
            self._trouble = error
        except Exception as error:
            _log.exception("the copy of a log cannot be read", town=self.town)
            self._trouble = UnreachableError(f"the copy of the log of {self.town} cannot be read: {error}", _SEE_LOG)
        wish.granted.set()

    async def _fold(self) -> None:
        self._last = await self.log.last_position()
        if not self._is_trusted and self.store.position <= self._last:
            await self._distrust()
        try:
            await rebuild_into(self.store, self.log, until=self._last)
        except StoreDamagedError as error:
            _log.warning("views damaged, made anew from the copy", town=self.town, error=error.message)
            self._forget()
            await rebuild_into(self.store, self.log, until=self._last)

    async def _distrust(self) -> None:
        """Begin anew where the copy does not hold the event that the views end with."""
        mark = self.store.mark
        if mark.position and (await self.log.read_position(mark.position))[-1].envelope.id != mark.last_event:
            _log.warning("views of another log, made anew", town=self.town, position=mark.position)
            self._forget()
        self._is_trusted = True

    def _forget(self) -> None:
        self._level = _Level()
        self._note.unlink(missing_ok=True)
        self.store.reset()
