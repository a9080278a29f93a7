"""How long output is kept: until some days after its session has ended, and never while its bead is not done.

At a low rate, and without an event: nothing is decided on what an agent printed.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import msgspec
import structlog

from gastown.actors.errands import AskDropOutputs, AskOutputs, Question
from gastown.clock import now
from gastown.errors import GastownError
from gastown.events.ids import SessionId
from gastown.projections import definitions, sessions
from gastown.projections.kernel.store import Store

EVERY = 3600.0  # seconds
PATIENCE = 60.0  # seconds for the host's answer
AT_ONCE = 200
"""Sessions a question: the host deletes them while its sessions wait."""
_DAY = 86_400.0

_log = structlog.get_logger()

Ask = Callable[[Question, float], Awaitable[Any]]


async def keep_to_it(store: Store, ask: Ask) -> None:
    """Every hour, the first time after one, until cancelled."""
    while True:
        await anyio.sleep(EVERY)
        try:
            dropped = await drop_old_output(store, ask)
        except GastownError as error:
            _log.warning("old output is not deleted now", error=error.message)
        else:
            if dropped:
                _log.info("old output deleted", sessions=len(dropped))


async def drop_old_output(store: Store, ask: Ask) -> list[SessionId]:
    """The sessions whose output was deleted. Raises GastownError when the host does not answer."""
    there = msgspec.convert(await ask(AskOutputs(), PATIENCE), list[SessionId])
    before = now() - definitions.settings(store)["output.keep_days"] * _DAY
    old = sessions.ended_for_good(store, there, before)
    dropped: list[SessionId] = []
    for start in range(0, len(old), AT_ONCE):
        question = AskDropOutputs(sessions=tuple(old[start : start + AT_ONCE]))
        dropped += msgspec.convert(await ask(question, PATIENCE), list[SessionId])
    return dropped
