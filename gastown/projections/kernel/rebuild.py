"""A store filled from the log: for `--at`, for `gt verify`, for `gt rebuild`."""

from contextlib import aclosing

import anyio.lowlevel

from gastown.bus.event_log import EventLog
from gastown.projections.kernel.folding import Folding
from gastown.projections.kernel.store import Store

FLUSH_EVERY = 2_000
"""Events a transaction while catching up (93,604 events, file, events a second): 500: 122k; 1,000: 146k; 2,000: 150k;
10,000: 167k, but then the loop stands still for 50 ms at a time instead of 17."""


async def rebuild_into(store: Store, log: EventLog, until: int | None = None) -> int:
    """Fold the log into `store` from where it stands up to `until` (None: the log's last message now); the position.

    Raises LogUnavailableError, LogBrokenError, StoreFullError; the store is then true at its own position.
    """
    folding = Folding(store)
    async with aclosing(log.read(after=store.position, until=until)) as messages:
        async for message in messages:
            folding.take(message)
            if folding.pending >= FLUSH_EVERY:
                folding.flush()
                await anyio.lowlevel.checkpoint()
    folding.flush()
    return store.position
