"""A hub on several machines: one of them decides, the others do as its log says and wait to take over."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import anyio

from gastown.actors.commands.registrar import REGISTRAR
from gastown.actors.registrar.standing import logins
from gastown.bus.hub_lease import HubLease
from gastown.bus.hub_protocol import HUB
from gastown.bus.streams import ensure_log_stream
from gastown.bus.subjects import log_subjects
from gastown.errors import GastownError, UnreachableError
from gastown.hub.lines import Lines
from gastown.hub.place import HubConfig
from gastown.hub.registering import registrar_of
from gastown.hub.server_child import ServerChild
from gastown.hub.wanted import wanted
from gastown.loggers import get_logger

Decide: TypeAlias = Callable[[HubConfig, ServerChild, Lines], Awaitable[None]]

LOOK = 2.0
"""Seconds between two looks at the log and at what is wanted, where nobody says anything."""
_STORED = 0.05
"""Seconds after which what was said is stored at the machines, as a rule."""

_log = get_logger("gastown.hub")


async def take_turns(hub: HubConfig, server: ServerChild, lines: Lines, decide: Decide) -> None:
    """decide: is cancelled when it is no longer our turn, or may not be. Returns when the hub is wanted down."""
    lease = HubLease(lines.log, hub.hosts[0], len(hub.machines))
    while wanted(hub) != "down":
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_obey, hub, server, lines)
            tasks.start_soon(_until_down, hub, tasks.cancel_scope)
            await lease.acquire()
            tasks.cancel_scope.cancel()
        if wanted(hub) == "down":
            return
        _log.info("this machine decides")
        try:
            await _have_turn(hub, server, lines, lease, decide)
        finally:
            await _give_up(lease)


async def _have_turn(hub: HubConfig, server: ServerChild, lines: Lines, lease: HubLease, decide: Decide) -> None:
    """What fails ends the turn, as a hub on one machine would end: another goes on meanwhile."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_hold, lease, tasks.cancel_scope)
        try:
            await ensure_log_stream(lines.log, HUB, hub.incarnation, replicas=len(hub.machines))
            await decide(hub, server, lines)
        except* GastownError as group:
            _log.warning("the turn ends", errors=[str(error) for error in group.exceptions])
        tasks.cancel_scope.cancel()


async def _hold(lease: HubLease, turn: anyio.CancelScope) -> None:
    await lease.hold()
    turn.cancel()


async def _give_up(lease: HubLease) -> None:
    with anyio.CancelScope(shield=True), anyio.move_on_after(1.0):
        try:
            await lease.release()
        except UnreachableError as error:
            _log.info("the lease runs out by itself", reason=error.message)


async def _until_down(hub: HubConfig, waiting: anyio.CancelScope) -> None:
    while wanted(hub) != "down":  # noqa: ASYNC110  a file tells no event
        await anyio.sleep(LOOK)
    waiting.cancel()


async def _obey(hub: HubConfig, server: ServerChild, lines: Lines) -> None:
    """Have this machine's server let in whom the log says, for ever."""
    said = anyio.Event()

    def hear(*_: bytes | None) -> None:
        said.set()

    runtime = registrar_of(hub, lines.log)
    async with lines.log.subscription(log_subjects(HUB), hear):
        while True:
            said = anyio.Event()
            try:
                await runtime.replay()
                await server.enforce(lines.system, logins(runtime.state_of(REGISTRAR)), copying=True)
            except GastownError as error:
                _log.info("the log is not followed just now", reason=error.message)
            with anyio.move_on_after(LOOK):
                await said.wait()
                await anyio.sleep(_STORED)
