"""How long output is kept: until some days after its session has ended, and never while its bead is not done.

At a low rate, and without an event: nothing is decided on what an agent printed.
"""

import anyio
import msgspec

from gastown.actors.errands import Ask, AskDropOutputs, AskOutputs
from gastown.clock import now
from gastown.errors import GastownError
from gastown.events.ids import SessionId
from gastown.loggers import get_logger
from gastown.projections import definitions, host, sessions
from gastown.projections.kernel.store import Store

EVERY = 3600.0  # seconds
PATIENCE = 60.0  # seconds for the host's answer
AT_ONCE = 200
"""Sessions a question: the host deletes them while its sessions wait."""
_DAY = 86_400.0

_log = get_logger()


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
    """The sessions whose output was deleted, on every machine. Raises GastownError when a host does not answer."""
    before = now() - definitions.settings(store)["output.keep_days"] * _DAY
    dropped: list[SessionId] = []
    for name in ("", *host.up(store)):
        there = msgspec.convert(await ask(AskOutputs(), PATIENCE, name), list[SessionId])
        old = sessions.ended_for_good(store, there, before)
        for start in range(0, len(old), AT_ONCE):
            question = AskDropOutputs(sessions=tuple(old[start : start + AT_ONCE]))
            dropped += msgspec.convert(await ask(question, PATIENCE, name), list[SessionId])
    return dropped
