"""The repositories of the rigs are kept small: at a low rate, without an event, and after what is under way."""

import anyio

from gastown.adapters.effects.site import Rigs
from gastown.adapters.git.port import GitFailedError
from gastown.adapters.git.upkeep import LOOSE_OBJECTS
from gastown.loggers import get_logger

_log = get_logger("gastown.host")

EVERY = 3600.0
"""Seconds from one look at all rigs to the next. A look that finds nothing to do costs a few milliseconds."""


async def keep_small(rigs: Rigs) -> None:
    """Every so often, the first time after a while, until cancelled."""
    while True:
        await anyio.sleep(EVERY)
        await tend_all(rigs)


async def tend_all(rigs: Rigs) -> None:
    """One after the other: they share a disk."""
    for rig, git in rigs.at_hand():
        try:
            if await git.tend(LOOSE_OBJECTS):
                _log.info("rig.packed", rig=rig)
        except GitFailedError as error:  # a full disk, or a worker that removed what is shared: at a later look
            _log.warning("rig.not_packed", rig=rig, error=error.message)
