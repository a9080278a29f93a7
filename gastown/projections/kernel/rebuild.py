"""A store filled from the log: for `--at`, for `gt verify`, for `gt rebuild`."""

from collections.abc import Iterable
from contextlib import aclosing
from itertools import groupby

import anyio.lowlevel

from gastown.bus.event_log import LogReader
from gastown.events.envelope import Recorded
from gastown.events.ids import Entity
from gastown.projections.kernel.folding import Folding
from gastown.projections.kernel.store import Store

FLUSH_EVERY = 2_000
"""Events a transaction while catching up (93,604 events, file, events a second): 500: 122k; 1,000: 146k; 2,000: 150k;
10,000: 167k, but then the loop stands still for 50 ms at a time instead of 17."""

GIVE_WAY_EVERY = 50
"""Events after which others get their turn: half a millisecond. An answer to a caller takes a dozen turns."""


async def rebuild_into(store: Store, log: LogReader, until: int | None = None) -> int:
    """Fold the log into `store` from where it stands up to `until` (None: the log's last message now); the position.

    Raises LogUnavailableError, LogBrokenError, StoreFullError; the store is then true at its own position.
    """
    folding, taken = Folding(store), 0
    async with aclosing(log.read(after=store.position, until=until)) as messages:
        async for message in messages:
            folding.take(message)
            taken += len(message)
            if folding.pending >= FLUSH_EVERY:
                folding.flush()
            if taken >= GIVE_WAY_EVERY:
                taken = 0
                await anyio.lowlevel.checkpoint()
    folding.flush()
    return store.position


async def fold_entities(store: Store, log: LogReader, entities: Iterable[Entity], until: int) -> None:
    """Fold what is told of these entities up to `until` into an empty store. It then stands at `until`, though it
    knows nothing of any other. Raises LogUnavailableError, LogBrokenError.
    """
    told = [event for entity in dict.fromkeys(entities) for event in await log.read_entity(entity)]
    told.sort(key=_place)
    folding = Folding(store)
    for position, message in groupby(told, key=_position):
        if position > until:
            break
        folding.take(tuple(message))
    folding.flush(until)


def _place(event: Recorded) -> tuple[int, int]:
    return event.position, event.index


def _position(event: Recorded) -> int:
    return event.position
