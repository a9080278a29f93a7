"""Ending processes: asked first, then killed, and looked for again until there is nobody left."""

import os
import signal
from collections.abc import Callable, Iterable

import anyio
import anyio.to_thread

from gastown.adapters.processes.census import Seen, runs
from gastown.adapters.processes.family import Family
from gastown.adapters.processes.own_children import reap_adopted
from gastown.loggers import get_logger

_log = get_logger("gastown.host")

KILL_PATIENCE = 5.0
"""Seconds after SIGKILL until it is said that a process does not go (it hangs in the kernel); it is tried again."""


async def end_all(family: Family, *, patience: float, first: Callable[[], None] = lambda: None) -> tuple[int, ...]:
    """SIGTERM to all of the family, after `patience` seconds SIGKILL, until it is extinct. -> the pids ended.

    Returns only then. Those that this process has adopted are reaped; its own are for whoever started them.
    first: called before anybody is killed: may kill many at once.
    """
    found = await anyio.to_thread.run_sync(family.alive)
    ended = {seen.pid: seen for seen in found}
    if found and patience > 0:
        for seen in found:
            send(seen, signal.SIGTERM)
        await _gone(found, patience)

    if found:
        first()

    def kill(seen: Seen) -> None:
        ended[seen.pid] = seen
        send(seen, signal.SIGKILL)

    while found:
        found = await anyio.to_thread.run_sync(lambda: family.pursue(kill, seconds=KILL_PATIENCE))
        if found:
            _log.error("processes.survive_kill", pids=sorted(seen.pid for seen in found))
    reap_adopted(ended.keys())
    return tuple(sorted(ended))


def kill_at_once(family: Family) -> None:
    """SIGKILL to all of the family until it is extinct, or for as long as that is worth waiting. It blocks."""
    family.pursue(lambda seen: send(seen, signal.SIGKILL), seconds=KILL_PATIENCE)


def send(seen: Seen, number: signal.Signals) -> None:
    """To that very process, not to another that has its pid by now; nothing when it is gone."""
    try:
        if not hasattr(os, "pidfd_open"):
            if runs(seen.pid, seen.started):
                os.kill(seen.pid, number)
            return
        descriptor = os.pidfd_open(seen.pid)
        try:
            if runs(seen.pid, seen.started):  # asked with the descriptor in hand: it stays this very process's
                signal.pidfd_send_signal(descriptor, number)
        finally:
            os.close(descriptor)
    except (ProcessLookupError, PermissionError) as error:
        _log.debug("processes.not_signalled", pid=seen.pid, error=str(error))


async def _gone(processes: Iterable[Seen], patience: float) -> None:
    """Returns when they are gone, or after `patience` seconds."""
    with anyio.move_on_after(patience):
        async with anyio.create_task_group() as tasks:
            for seen in processes:
                tasks.start_soon(_exit, seen)


async def _exit(seen: Seen) -> None:
    if not hasattr(os, "pidfd_open"):
        while runs(seen.pid, seen.started):  # noqa: ASYNC110  without pidfd nothing tells us of another's child
            await anyio.sleep(0.02)
        return
    try:
        descriptor = os.pidfd_open(seen.pid)
    except ProcessLookupError:
        return
    try:
        if runs(seen.pid, seen.started):
            await anyio.wait_readable(descriptor)
    finally:
        os.close(descriptor)
