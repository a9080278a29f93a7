"""What the hub sees of its towns: which are there, and how far its copies are."""

from collections.abc import Iterable
from contextlib import suppress

import anyio
import msgspec

from gastown.actors.registrar.standing import Copied
from gastown.bus.hub_server import copied_of
from gastown.bus.hub_streams import CopyFacts, all_copy_facts, copy_fact
from gastown.bus.jetstream_api import ApiError, checked
from gastown.bus.nats_connection import NatsConnection
from gastown.bus.subjects import stream_name
from gastown.clock import monotonic, now
from gastown.errors import UnreachableError
from gastown.not_json import NOT_JSON

PATIENCE = 1.0
"""Seconds that a town has to answer; the server of one that is there does within a round trip of the network."""
SILENT = 3.0
"""Seconds: what a copy is made of gives a sign of life every second, when nothing else is to be said."""
BLIND = 15.0
"""Seconds without a look after which what was seen before says nothing of the time between."""
WAKE_AGAIN, LONGEST_WAKE = 30.0, 3600.0
"""Seconds between two tries to wake a copy, the first time and at most: each disturbs all others for a moment."""


_LARGEST = 8 * 1024**2  # bytes of one message, at most


class Sight(msgspec.Struct, frozen=True):
    """connected: its server answered just now. seen: when it last did, 0: never. last: position of its own log then.

    since: when the hub began to look at it, heard: when it last answered; by a clock that nobody sets.
    """

    connected: bool = False
    seen: float = 0.0
    last: int = 0
    since: float = 0.0
    heard: float = 0.0


class _State(msgspec.Struct, frozen=True):
    last_seq: int


class _Info(msgspec.Struct, frozen=True):
    state: _State


class _Woken(msgspec.Struct, frozen=True):
    at: float
    wait: float


class Sights:
    """Only the server of a town can answer the question for its log: the hub's own server sees to that."""

    def __init__(self, connection: NatsConnection) -> None:
        self._connection = connection
        self._sights: dict[str, Sight] = {}
        self._woken: dict[str, _Woken] = {}
        self.copies: dict[str, CopyFacts] = {}
        self.full: set[str] = set()
        """Of the copies, those that stand still because they may not grow."""
        self.began = self._looked = monotonic()

    def of(self, stream: str) -> Sight:
        return self._sights.get(stream, Sight())

    def quiet(self, stream: str) -> float:
        """Seconds since the town was last there, or since we began to look, and did so ever since."""
        sight = self.of(stream)
        return 0.0 if sight.connected or not sight.since else monotonic() - max(sight.heard, sight.since, self.began)

    async def look_at(self, town: Copied) -> None:
        """At one that has just said something, and its copy. Raises nothing."""
        stream = stream_name(town.town, town.incarnation)
        await self._ask(town)
        with suppress(UnreachableError):
            facts, before = await copy_fact(self._connection, stream), self.copies.get(stream)
            if facts is not None:
                self.copies[stream] = facts
                self.full = self.full - {stream} | ({stream} if self._is_full(facts, before) else set())

    async def look(self, towns: Iterable[Copied], *, copying: bool) -> None:
        """Ask all of them, and the copies. Raises UnreachableError where the server does not say what it has."""
        self._note_look()
        async with anyio.create_task_group() as tasks:
            for town in towns:
                tasks.start_soon(self._ask, town)
        if copying:
            before, self.copies = self.copies, {one.stream: one for one in await all_copy_facts(self._connection)}
            self.full = {stream for stream, copy in self.copies.items() if self._is_full(copy, before.get(stream))}

    def _note_look(self) -> None:
        """Whoever was not looking, frozen or without a server, cannot say that nobody was there."""
        looked, self._looked = self._looked, monotonic()
        if self._looked - looked > BLIND:
            self.began = self._looked

    def _is_full(self, copy: CopyFacts, before: CopyFacts | None) -> bool:
        """It lacks something, has no room for it, and has not moved since the last look."""
        lacks = copy.lag > 0 or self.of(copy.stream).last > copy.position
        no_room = copy.limit > 0 and copy.limit - copy.size < min(_LARGEST, copy.limit // 2)
        return lacks and no_room and before is not None and before.position == copy.position

    async def _ask(self, town: Copied) -> None:
        stream = stream_name(town.town, town.incarnation)
        before = self.of(stream)
        try:
            answer, _ = await self._connection.request(f"$JS.{town.town}.API.STREAM.INFO.{stream}", patience=PATIENCE)
            last = msgspec.json.decode(checked(answer), type=_Info).state.last_seq
        except ApiError:
            last = 0  # it is there, and has no log yet
        except (UnreachableError, *NOT_JSON):
            self._sights[stream] = msgspec.structs.replace(before, connected=False, since=before.since or monotonic())
            return
        heard = monotonic()
        self._sights[stream] = Sight(True, now(), last, before.since or heard, heard)

    def asleep(self, towns: Iterable[Copied]) -> list[str]:
        """The copies that hear nothing although their town is there, and that are to be woken now."""
        found: list[str] = []
        for town in towns:
            if not self.of(stream_name(town.town, town.incarnation)).connected:
                continue
            for stream in copied_of(town.town, town.incarnation):
                copy = self.copies.get(stream)
                if copy is None:
                    continue
                if stream in self.full:
                    self._woken.pop(stream, None)
                    continue
                if copy.silent is not None and copy.silent < SILENT:
                    self._woken.pop(stream, None)
                elif self._is_to_be_woken(stream):
                    found.append(stream)
        return found

    def _is_to_be_woken(self, stream: str) -> bool:
        woken = self._woken.get(stream)
        if woken is not None and monotonic() - woken.at < woken.wait:
            return False
        wait = WAKE_AGAIN if woken is None else min(LONGEST_WAKE, woken.wait * 2)
        self._woken[stream] = _Woken(monotonic(), wait)
        return True
