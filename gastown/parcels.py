"""What goes along with a bead to another town: gathered from the views, for the Mayor to offer.

Long texts lie beside the log. The bead is offered once the hub has a copy of them, where the other town reads them.
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import anyio
import msgspec

from gastown.actors.commands.abroad import OfferBead
from gastown.actors.commands.command import Order
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.effects import Effect, PackParcel
from gastown.actors.errands import Ask, AskBundle
from gastown.actors.kernel.answer import Answer
from gastown.actors.kernel.ports import Clock, Performer
from gastown.bus.luggage import LuggageReader
from gastown.bus.texts import TextReader
from gastown.errors import GastownError, UnknownThingError
from gastown.events.handover import Parcel, Tried
from gastown.events.ids import BeadId, abroad
from gastown.events.kept import Kept, Text, digests_in
from gastown.loggers import get_logger
from gastown.projections import attempts, beads, rigs
from gastown.projections.kernel.store import Record, Store

_log = get_logger("gastown.town")

BUNDLING = 3600.0
"""Seconds that the host has to bundle commits."""
AGAIN = 1.0
"""Seconds until a parcel is packed again that could not be offered."""
MOST_TRIED, TAIL = 3, 4_000
"""The last attempts, and characters of the end of each one's output, that go along."""

Send: TypeAlias = Callable[[Order], Awaitable[Answer]]


class AtHub(msgspec.Struct, frozen=True):
    """What the hub has of what lies beside this town's log."""

    texts: TextReader
    luggage: LuggageReader


class Parcels:
    """A Performer that packs parcels, and hands all else on to the host. town: by whose name others know it.

    ready: waits until the views are as far as the log. texts: this town's; at_hub: what the hub has of those,
    and of its luggage. ask: the host at home.
    """

    def __init__(
        self,
        host: Performer,
        store: Store,
        texts: TextReader,
        at_hub: AtHub,
        ask: Ask,
        town: str,
        ready: Callable[[], Awaitable[None]],
        send: Send,
        clock: Clock,
    ) -> None:
        self._host = host
        self._store = store
        self._texts = texts
        self._at_hub = at_hub
        self._ask = ask
        self._town = town
        self._ready = ready
        self._send = send
        self._clock = clock

    async def perform(self, effect: Effect, *, cause: str, traceparent: str) -> None:
        if not isinstance(effect, PackParcel):
            return await self._host.perform(effect, cause=cause, traceparent=traceparent)
        while not await self._offered(effect, cause, traceparent):  # noqa: ASYNC110  what failed tells no event
            await anyio.sleep(AGAIN)
        return None

    async def _offered(self, effect: PackParcel, cause: str, traceparent: str) -> bool:
        try:
            await self._ready()
            parcel = await pack(self._store, self._texts, self._town, effect.bead)
            parcel = msgspec.structs.replace(parcel, luggage=await self._bundled(effect))
            if not await self._is_copied(parcel):
                return False
            now = self._clock.now()
            command = OfferBead(bead=effect.bead, town=effect.town, epoch=effect.epoch, at=now, parcel=parcel)
            order = Order(
                id=effect.key,
                to=MAYOR,
                actor=str(MAYOR),
                command=command,
                cause=cause,
                traceparent=traceparent,
                time=now,
            )
            await self._send(order)
        except GastownError as error:
            _log.warning("a bead cannot be offered yet", bead=effect.bead, reason=error.message)
            return False
        return True

    async def _is_copied(self, parcel: Parcel) -> bool:
        """Whether the hub has all that lies beside the log. Raises LogUnavailableError."""
        for digest in digests_in(parcel):
            if not await self._at_hub.texts.holds(digest):
                return False
        return not parcel.luggage or await self._at_hub.luggage.holds(parcel.luggage)

    async def _bundled(self, effect: PackParcel) -> str:
        """Where the commits of an earlier attempt lie; "" for none that can travel. Raises GastownError."""
        earlier, config = effect.earlier, rigs.config(self._store, effect.rig)
        if earlier is None or config is None:
            return ""
        asked = AskBundle(rig=effect.rig, config=config, commit=earlier.commit, base=earlier.base)
        return str(await self._ask(asked, BUNDLING))


async def pack(store: Store, texts: TextReader, town: str, bead: BeadId) -> Parcel:
    """Raises UnknownThingError, and what reading a long text raises."""
    found = beads.show(store, bead)
    if found is None:
        raise UnknownThingError(f"no bead {bead!r}", "gt bead list")
    return Parcel(
        title=found["title"],
        description=await _text(texts, found, "description"),
        acceptance=await _text(texts, found, "acceptance_criteria"),
        notes=await _text(texts, found, "notes"),
        priority=found["priority"],
        issue_type=found["issue_type"],
        tried=tuple(
            Tried(
                session=abroad(town, one["session"]),
                outcome=one["outcome"],
                reason=one["reason"],
                tail=one["tail"][-TAIL:],
            )
            for one in attempts.of_bead(store, bead)[-MOST_TRIED:]
        ),
    )


async def _text(texts: TextReader, bead: Record, name: str) -> Text:
    """As an event holds it."""
    digest = bead.get("kept_apart", {}).get(name)
    if digest is None:
        return bead.get(name, "")
    return Kept(digest=digest, size=len((await texts.text(digest)).encode()), head=bead[name])
