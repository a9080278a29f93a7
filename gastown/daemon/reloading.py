"""Having a NATS server take the configuration that was written for it."""

import signal
from pathlib import Path

import anyio

from gastown.adapters.processes import child
from gastown.adapters.processes.child import Known
from gastown.bus import server_control
from gastown.bus.nats_connection import NatsConnection
from gastown.errors import UnreachableError

_PATIENCE = 5.0  # seconds; a reload takes a few milliseconds


async def reload(system: NatsConnection, server: Known | None, log: Path) -> None:
    """Returns when it obeys. Raises UnreachableError when it does not.

    Twice: in 2.15.1 what a new account imports leads nowhere until the server has read it once more.
    """
    for _ in range(2):
        await _once(system, server, log)


async def _once(system: NatsConnection, server: Known | None, log: Path) -> None:
    before = await server_control.loaded(system)
    if server is not None:
        child.send(server, signal.SIGHUP)
    with anyio.move_on_after(_PATIENCE):
        while await server_control.loaded(system) == before:  # noqa: ASYNC110  nobody tells us
            await anyio.sleep(0.005)
        return
    msg = "the server does not take its new configuration"
    raise UnreachableError(msg, f"see {log}")
