"""When a snapshot is written, and whether one that was read may be believed.

No role and no event has a part in this: a snapshot is not a decision, and a town decides the same without one.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import anyio
import anyio.lowlevel

from gastown.actors.commands.command import Owner
from gastown.actors.kernel.absorbed import Absorbed
from gastown.actors.kernel.role import Role
from gastown.actors.kernel.snapshot import Moment, Past, pieces, read
from gastown.bus.event_log import EventLog
from gastown.events.ids import EventId
from gastown.loggers import get_logger
from gastown.not_json import NOT_JSON

_log = get_logger()

EVERY = 10_000
"""Messages between snapshots: what a start after a crash has to fold at most, which takes it a fifth of a second."""
AT_STOP = 1_000
"""A stop writes one when so many messages have come since the last: fewer are folded sooner than they are written."""
STOP_PATIENCE = 3.0  # seconds that a stop waits for it


class SnapshotStore(Protocol):
    """Where the bytes are kept; `gastown.adapters.snapshot_file` is one."""

    async def load(self) -> bytes | None:
        """What was last saved, if it is all there, and made for this town by this very version of the program."""
        ...

    async def save(self, pieces: list[bytes]) -> None:
        """In place of what was there, all at once. Raises OSError; then the earlier one stays."""
        ...


class Snapshots:
    """every, at_stop: messages, as EVERY and AT_STOP say."""

    def __init__(
        self,
        store: SnapshotStore,
        log: EventLog,
        roles: Mapping[str, Role[Any]],
        *,
        every: int = EVERY,
        at_stop: int = AT_STOP,
    ) -> None:
        self._store = store
        self._log = log
        self._roles = roles
        self._every = every
        self._at_stop = at_stop
        self._last = 0

    async def past(self, only: Owner | None = None) -> Past | None:
        """What the newest snapshot holds (of one owner), if the log bears it out. Raises what the log does."""
        payload = await self._store.load()
        if payload is None:
            return None
        try:
            past = read(payload, self._roles, only)
        except (*NOT_JSON, KeyError, TypeError) as error:
            _log.error("a snapshot that cannot be read is ignored", error=str(error))
            return None
        if await self._event_at(past.position) != past.event:
            _log.warning("a snapshot of another log is ignored", position=past.position)
            return None
        self._last = max(self._last, past.position)
        return past

    async def _event_at(self, position: int) -> EventId:
        """The last one of the message there."""
        try:
            return (await self._log.read_position(position))[-1].envelope.id
        except KeyError:
            return ""

    async def keep(self, absorbed: Absorbed, capture: Callable[[], Moment]) -> None:
        """Write one whenever `every` messages have come, until cancelled; then once more if it is worth it."""
        try:
            while True:
                await absorbed.reached(self._last + self._every)
                await self.write(capture())
        finally:
            if absorbed.position - self._last >= self._at_stop:
                with anyio.move_on_after(STOP_PATIENCE, shield=True):
                    await self.write(capture())

    async def write(self, moment: Moment) -> None:
        """Where it cannot be written, the earlier one stays, and the log says so.

        What is parked is in no snapshot: it would have to say what it is that cannot be read.
        """
        if not moment.parked:
            await self._save(moment)
        self._last = moment.position  # also where it failed: it is tried again later, not at once

    async def _save(self, moment: Moment) -> None:
        made: list[bytes] = []
        for piece in pieces(moment):
            made.append(piece)
            await anyio.lowlevel.checkpoint()  # decisions go on between two pieces
        try:
            await self._store.save(made)
        except OSError as error:
            _log.warning("a snapshot could not be written", error=str(error))
