"""What goes along with a bead to another town: gathered from the views, for the Mayor to offer."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import anyio
import structlog

from gastown.actors.commands.abroad import OfferBead
from gastown.actors.commands.command import Order
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.effects import Effect, PackParcel
from gastown.actors.kernel.answer import Answer
from gastown.actors.kernel.ports import Clock, Performer
from gastown.errors import GastownError, UnknownThingError
from gastown.events.handover import Parcel, Tried
from gastown.events.ids import BeadId, abroad
from gastown.events.kept import LONGEST_IN_EVENT
from gastown.projections import attempts, beads
from gastown.projections.kernel.store import Store

_log = structlog.get_logger("gastown.town")

AGAIN = 1.0
"""Seconds until a parcel is packed again that could not be offered."""
MOST_TRIED, TAIL = 3, 4_000
"""The last attempts, and characters of the end of each one's output, that go along."""

Send: TypeAlias = Callable[[Order], Awaitable[Answer]]


class Parcels:
    """A Performer that packs parcels, and hands all else on to the host. town: by whose name others know it.

    ready: waits until the views are as far as the log.
    """

    def __init__(
        self, host: Performer, store: Store, town: str, ready: Callable[[], Awaitable[None]], send: Send, clock: Clock
    ) -> None:
        self._host = host
        self._store = store
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
            parcel, trouble = pack(self._store, self._town, effect.bead)
            now = self._clock.now()
            command = OfferBead(
                bead=effect.bead, town=effect.town, epoch=effect.epoch, at=now, parcel=parcel, trouble=trouble
            )
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


def pack(store: Store, town: str, bead: BeadId) -> tuple[Parcel, str]:
    """The parcel, and why it cannot travel, "" if it can. Raises UnknownThingError."""
    found = beads.show(store, bead)
    if found is None:
        raise UnknownThingError(f"no bead {bead!r}", "gt bead list")
    parcel = Parcel(
        title=found["title"],
        description=found["description"],
        acceptance=found.get("acceptance_criteria", ""),
        notes=found.get("notes", ""),
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
    long = " and ".join(found.get("kept_apart", {}))
    return parcel, f"its {long}: what is longer than {LONGEST_IN_EVENT} bytes does not travel" if long else ""
