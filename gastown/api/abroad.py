"""Other towns, read here: of each the views, folded from the hub's copy of its log, and how old they are."""

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import anyio
import msgspec
from anyio.abc import TaskGroup

from gastown.api.copied import Copied
from gastown.bus.copies import Copies, NoCopyError
from gastown.bus.event_log import LogReader
from gastown.bus.hub_protocol import Member
from gastown.bus.texts import TextReader
from gastown.clock import now
from gastown.errors import RefusedError, UnknownThingError, UnreachableError
from gastown.events.hub_member import Gone
from gastown.events.ids import NAME
from gastown.events.kept import Digest
from gastown.projections.kernel.store import Store
from gastown.projections.rfc3339 import utc

PATIENCE = 20.0
"""Seconds that a call waits for views to be brought up to a copy; after that it gets them as they are."""
MOST_OPEN = 8
"""Files of views that are kept open: 4 MB of cache each."""
FOLDING = 2
"""Copies that are read at a time: each takes as much of the town's own time as the log of its own at a start."""

_INCARNATION = re.compile(r"[0-9A-Za-z]{1,64}")


class Listed(Protocol):
    """up: the hub answers. towns: its members, as it had them at `asked` (seconds since the epoch)."""

    @property
    def up(self) -> bool: ...
    @property
    def asked(self) -> float: ...
    @property
    def towns(self) -> Sequence[Member]: ...


class Register(Protocol):
    async def look_around(self) -> Listed:
        """What the hub says now, where it is there; else what it last said."""
        ...


class Of(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer about another town is true of. position: in that town's log. as_of: it holds all that the town had
    written by then; 0: nobody knows. connected: to the hub, and the hub to us. gone: see Member."""

    town: str
    incarnation: str
    position: int
    as_of: float
    connected: bool
    gone: Gone = ""

    def shown(self) -> dict[str, Any]:
        """{town, position, at, age, connected, gone}. age: seconds."""
        age = round(max(0.0, now() - self.as_of), 1) if self.as_of else None
        same = {"town": self.town, "position": self.position, "connected": self.connected}
        same["gone"] = self.gone
        return {**same, "at": utc(self.as_of or None), "age": age}


class ReadTexts:
    """A Texts of another town, which is only read: at the hub."""

    def __init__(self, town: str, copy: TextReader) -> None:
        self._town = town
        self._copy = copy

    async def keep(self, text: str) -> Digest:
        raise RefusedError(f"{self._town} keeps its own texts")

    async def text(self, digest: Digest) -> str:
        return await self._copy.text(digest)

    async def holds(self, digest: Digest) -> bool:
        return await self._copy.holds(digest)

    async def digests(self) -> frozenset[Digest]:
        return await self._copy.digests()


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """Another town, as it can be read here."""

    of: Of
    store: Store
    log: LogReader
    texts: ReadTexts


class Abroad:
    """Run `run` in a task group. folder: where the views of other towns lie. own: this town's name at the hub."""

    def __init__(self, folder: Path, own: str, register: Register, copies: Copies) -> None:
        self._folder = folder
        self._own = own
        self._register = register
        self._copies = copies
        self._open: dict[str, Copied] = {}
        self._folding = anyio.Semaphore(FOLDING)
        self._opening = anyio.Lock()
        self._tasks: TaskGroup | None = None
        self._turn = 0

    async def run(self) -> None:
        """Never returns."""
        async with anyio.create_task_group() as self._tasks:
            await anyio.sleep_forever()

    async def others(self, *, gone: bool = False) -> tuple[str, ...]:
        """The names of all other towns at the hub. gone: also of those that are no members any more."""
        listed = await self._register.look_around()
        others = (member for member in listed.towns if member.name != self._own)
        return tuple(sorted(member.name for member in others if gone or not member.gone))

    async def member(self, name: str) -> Member | None:
        """What the hub says of this town, or said last."""
        listed = await self._register.look_around()
        return next((member for member in listed.towns if member.name == name), None)

    async def own_copy(self) -> LogReader | None:
        """The hub's copy of this town's own log; None while it has none."""
        own = await self._own_member()
        return self._copies.log(own.name, own.incarnation) if own is not None else None

    async def own_texts(self) -> TextReader | None:
        """What the hub has of this town's long texts; None while it has no copy of its log either."""
        own = await self._own_member()
        return self._copies.texts(own.name, own.incarnation) if own is not None else None

    async def _own_member(self) -> Member | None:
        listed = await self._register.look_around()
        return next((member for member in listed.towns if member.name == self._own and member.stream), None)

    @asynccontextmanager
    async def town(self, name: str, *, held: bool = True, patience: float = PATIENCE) -> AsyncGenerator[Away]:
        """Its views as far as they are known here: brought up to the copy, where the hub is there.

        held: they stay open until the context ends; else only the log is to be read in it. patience: seconds. Raises
        UnknownThingError, LogBrokenError; UnreachableError where nothing of it is known here yet.
        """
        listed = await self._register.look_around()
        member = _member(listed, name)
        copied = await self._copied(member)
        with ExitStack() as stack:
            stack.enter_context(copied.used())
            if await copied.catch_up(patience) and listed.up:
                copied.level(_as_of(member, listed))
            texts = ReadTexts(name, self._copies.texts(name, member.incarnation))
            away = Away(of=_of(member, listed, copied), store=copied.store, log=copied.log, texts=texts)
            if not held:
                stack.close()
            yield away

    async def _copied(self, member: Member) -> Copied:
        """Open. Not to be waited for before it is used: it closes when nobody does."""
        async with self._opening:
            known = self._open.get(member.name)
            if known is not None and not known.over.is_set():
                if known.incarnation == member.incarnation and not known.retired:
                    return self._taken(known)
                await self._closed(known)
            if self._tasks is None:
                raise UnreachableError("other towns cannot be read yet", "try again in a moment")
            self._make_room()
            self._folder.mkdir(mode=0o700, exist_ok=True)
            path = self._folder / f"{member.name}.sqlite"
            log = self._copies.log(member.name, member.incarnation)
            copied = Copied(member.name, member.incarnation, path, log, self._folding)
            self._open[member.name] = copied
            self._tasks.start_soon(copied.keep)
            return self._taken(copied)

    def _taken(self, copied: Copied) -> Copied:
        self._turn += 1
        copied.turn = self._turn
        return copied

    async def _closed(self, copied: Copied) -> None:
        """Whoever is reading it is waited for: one file is never open twice."""
        copied.retire()
        with anyio.move_on_after(PATIENCE) as limit:
            await copied.over.wait()
        if limit.cancelled_caught:
            msg = f"what was known of {copied.town} is still being read, and not yet closed"
            raise UnreachableError(msg, "try again in a moment")

    def _make_room(self) -> None:
        self._open = {name: copied for name, copied in self._open.items() if not copied.over.is_set()}
        unused = sorted((one for one in self._open.values() if not one.in_use), key=lambda one: one.turn)
        for copied in unused[: max(0, len(self._open) + 1 - MOST_OPEN)]:
            copied.retire()


def _member(listed: Listed, name: str) -> Member:
    """Raises UnknownThingError, NoCopyError."""
    for member in listed.towns:
        if member.name != name:
            continue
        if not member.stream or not (NAME.fullmatch(name) and _INCARNATION.fullmatch(member.incarnation)):
            raise NoCopyError(name)
        return member
    raise UnknownThingError(
        f"no town called {name!r}, neither here nor at the hub", "gt towns; or its path: --town PATH"
    )


def _as_of(member: Member, listed: Listed) -> float:
    """Until when the copy is known to hold all that the town wrote: while it is there and lacks nothing, until now."""
    if member.connected and not member.lag:
        return listed.asked
    return member.last_at if member.connected else member.seen or member.last_at


def _of(member: Member, listed: Listed, copied: Copied) -> Of:
    return Of(
        town=member.name,
        incarnation=member.incarnation,
        position=copied.store.position,
        as_of=copied.as_of,
        connected=member.connected and listed.up,
        gone=member.gone,
    )
