"""The daemon keeps everybody alive; the town keeps the daemon.

Not the host: whatever a host starts is below it, and goes with it.
"""

import signal
import time

import anyio

from gastown.adapters.processes import child
from gastown.adapters.processes.child import Known
from gastown.config import TownConfig
from gastown.daemon import service
from gastown.daemon.children import read_children
from gastown.daemon.vigil import LOOK, Vigil
from gastown.daemon.wanted import wanted
from gastown.loggers import get_logger

_log = get_logger()

_SETTLING = 1.0
"""Seconds a new daemon has to take its lock."""


async def keep_daemon(town: TownConfig, listener: int) -> None:
    """Replace a daemon that died or is frozen, as long as the town is wanted up; returns when it is not.

    listener: the town's socket, to be handed on.
    """
    vigil, looked = Vigil(), time.monotonic()
    while wanted(town) == "up":
        running = service.daemon(town)
        if running is None:
            _log.warning("the daemon is gone; starting another")
            service.spawn_daemon(town, listener)
            await anyio.sleep(_SETTLING)
            continue
        with anyio.move_on_after(LOOK):
            await gone(running)
        passed, looked = time.monotonic() - looked, time.monotonic()
        reason = vigil.look("daemon", running, frozen=child.is_frozen(running), beats=None, passed=passed)
        if reason:
            _log.warning("the daemon is replaced", pid=running.pid, reason=reason)
            child.send(running, signal.SIGKILL)


async def restart_server(town: TownConfig, why: str) -> None:
    """The log's: the daemon starts it again."""
    server = read_children(town).get("nats")
    if server is not None:
        _log.warning("the log's server is restarted", why=why)
        child.send(server, signal.SIGTERM)
        await gone(server)


async def gone(known: Known) -> None:
    """Returns when that process has ended."""
    with child.watched(known) as descriptor:
        if descriptor is not None:
            await anyio.wait_readable(descriptor)
            return
    while child.is_alive(known):  # noqa: ASYNC110  without pidfd nothing tells us of another's child
        await anyio.sleep(0.05)
