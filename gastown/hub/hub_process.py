"""The hub's process, wired: the one place here that chooses implementations."""

import shutil
import signal
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from gastown import clock
from gastown.actors.commands.registrar import REGISTRAR
from gastown.bus.hub_news import hub_news
from gastown.bus.hub_protocol import HUB
from gastown.bus.hub_questions import hub_questions
from gastown.bus.hub_server import LOG_USER, SYSTEM_USER, TOWNS_USER
from gastown.bus.nats_commands import NatsCommands
from gastown.bus.nats_connection import RELOADING, NatsConnection, connect
from gastown.bus.streams import ensure_log_stream
from gastown.bus.trust import trusting
from gastown.errors import GastownError
from gastown.hub.keeping import SERVICE, Keeping
from gastown.hub.lines import Lines
from gastown.hub.office import Office
from gastown.hub.place import HubConfig, renew
from gastown.hub.questions import Questions
from gastown.hub.registering import registrar_of
from gastown.hub.server_child import ServerChild, end_whatever_runs
from gastown.hub.turns import take_turns
from gastown.hub.wanted import wanted
from gastown.loggers import get_logger

LOOK = 2.0
"""Seconds between two looks at the towns."""
RENEWAL_LOOK = 3600.0  # seconds between two looks at the certificate
STUCK = 15.0
"""Seconds without any success until its server is started again, if there is room on the disk."""
ROOM = 16 * 1024 * 1024  # bytes
_AGAIN = 0.1  # seconds
_START = 30.0  # seconds for the server to answer after it was started

_log = get_logger("gastown.hub")


async def run(hub: HubConfig) -> None:
    """Until SIGTERM, or until the hub is wanted down. Ends the server, then."""
    renew(hub, clock.now())
    server = ServerChild(hub)
    await anyio.to_thread.run_sync(server.begin)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_stop_on_signal, tasks)
            tasks.start_soon(server.keep)
            await _work(hub, server)
            tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(end_whatever_runs, hub)


async def _work(hub: HubConfig, server: ServerChild) -> None:
    async with (
        _connected(hub, LOG_USER) as log,
        _connected(hub, TOWNS_USER) as towns,
        _connected(hub, SYSTEM_USER) as system,
        anyio.create_task_group() as tasks,
    ):
        lines = Lines(log, towns, system)
        tasks.start_soon(_keep_certified, hub, server, system)
        if hub.machines:
            await take_turns(hub, server, lines, _decide)
        else:
            await ensure_log_stream(log, HUB, hub.incarnation)
            await _decide(hub, server, lines)
        tasks.cancel_scope.cancel()


async def _decide(hub: HubConfig, server: ServerChild, lines: Lines) -> None:
    """Be the one who does, until the hub is wanted down."""
    async with anyio.create_task_group() as tasks:
        runtime = registrar_of(hub, lines.log)
        await tasks.start(runtime.run)
        runtime.attend(REGISTRAR)
        office = Office(runtime, server, lines, hub)
        questions = Questions(hub, office)
        await office.enforce()
        async with (
            hub_questions(lines.towns, questions.answer),
            hub_news(lines.towns) as news,
            NatsCommands(lines.log, HUB, hub.incarnation).serve(SERVICE, Keeping(hub, office, questions).answer),
        ):
            tasks.start_soon(news.run)
            tasks.start_soon(_keep_copying, office, server, lines.system)
            await _tend(hub, office, server)
        tasks.cancel_scope.cancel()


async def _tend(hub: HubConfig, office: Office, server: ServerChild) -> None:
    """Until the hub is wanted down. A server that met a full disk stores nothing more until it is started again."""
    well = clock.monotonic()
    while wanted(hub) != "down":
        if await _trying(office.tend):
            well = clock.monotonic()
        elif clock.monotonic() - well > STUCK and shutil.disk_usage(hub.store).free > ROOM:
            _log.warning("the hub's server does not do what it is asked: it is started again")
            server.end()
            well = clock.monotonic()
        await anyio.sleep(LOOK)


async def _keep_copying(office: Office, server: ServerChild, system: NatsConnection) -> None:
    """Now, and whenever the server had to be started again."""
    while True:
        died = server.died
        while not await _trying(office.revive):  # noqa: ASYNC110  what it waits for is many things
            await anyio.sleep(_AGAIN)
        await died.wait()
        await system.wait_up()


async def _keep_certified(hub: HubConfig, server: ServerChild, system: NatsConnection) -> None:
    while True:
        await anyio.sleep(RENEWAL_LOOK)
        if renew(hub, clock.now()):
            _log.info("the server's certificate was made anew")
            await server.reload(system)


async def _trying(act: Callable[[], Awaitable[None]]) -> bool:
    """Whether it went well. A server that is away comes back, or is started again: then it is tried again."""
    try:
        await act()
    except (GastownError, OSError) as error:  # the hub's disk may be full
        _log.info("not done yet", error=str(error))
        return False
    return True


def _connected(hub: HubConfig, user: str) -> AbstractAsyncContextManager[NatsConnection]:
    """As one of the hub's own users."""
    trust = trusting(hub.authority())
    return connect(
        hub.own_url(),
        name=f"hub {user}",
        user=user,
        password=hub.password(),
        trust=trust,
        patience=_START,
        disbelief=RELOADING,
    )


async def _stop_on_signal(tasks: TaskGroup) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for number in signals:
            _log.info("hub stops", signal=number.name)
            tasks.cancel_scope.cancel()
            return
