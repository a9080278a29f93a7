"""The host: makes sandboxes, runs agents and gates, talks to git, and reports. It owns nothing and appends nothing.

`python -m gastown.host FOLDER`: a town's, or one that `gt host join` made on another machine. There it makes sandboxes
and runs agents alone, speaks to its town at the gate, and brings home what they leave.
SIGTERM: sessions end, what they left is saved and reported, then the process does. On another machine it says so to
its town before and after.
A host that learns that a later one has taken over ends the processes it started, touches nothing else, and dies.
"""

import os
import signal
import socket
import sys
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path

import anyio

from gastown import config
from gastown.actors.reports import HOST, service
from gastown.adapters.agents.catalogue import Agents
from gastown.adapters.effects.check_agent import AgentChecks
from gastown.adapters.effects.homeward import AtHome, Homeward
from gastown.adapters.effects.reception import Reception
from gastown.adapters.effects.run_session import Sessions
from gastown.adapters.effects.seance import seances
from gastown.adapters.effects.site import Carriage, Rigs, Site
from gastown.adapters.effects.upkeep import keep_small
from gastown.adapters.files.disk import DiskFiles
from gastown.adapters.gates.shell import ShellChecks
from gastown.adapters.git.program_git import ProgramGit
from gastown.adapters.lease import Lease
from gastown.adapters.outbox import Outbox
from gastown.adapters.processes.at_work import NotedContainment, note_trials
from gastown.adapters.processes.bubblewrap import Bubblewrap
from gastown.adapters.processes.census import start_time
from gastown.adapters.processes.child import Known
from gastown.adapters.processes.containment import choose
from gastown.adapters.processes.ending import kill_at_once
from gastown.adapters.processes.family import below
from gastown.adapters.processes.locks import held
from gastown.adapters.processes.program import Containment
from gastown.adapters.processes.reaper import become_subreaper, reap_orphans
from gastown.adapters.processes.sweep import end_descendants, sweep, sweep_town
from gastown.bus.jetstream_copies import JetStreamCopies
from gastown.bus.jetstream_luggage import JetStreamLuggage
from gastown.bus.jetstream_texts import JetStreamTexts
from gastown.bus.logs import setup_logs
from gastown.bus.nats_commands import NatsCommands
from gastown.bus.nats_connection import INBOX, NatsConnection, connect
from gastown.bus.texts import Texts
from gastown.bus.tracing import setup_tracing, shutdown_tracing
from gastown.clock import new_id
from gastown.config import TownConfig
from gastown.daemon.beats import give_beats
from gastown.errors import EXIT_CODES, GastownError
from gastown.gate.approach import reached
from gastown.gate.carrier import Carrier, seen_from_here
from gastown.gate.doorstep import Doorstep, bound
from gastown.gate.gate_texts import GateTexts
from gastown.gate.luggage_room import serve_luggage
from gastown.loggers import get_logger

_log = get_logger("gastown.host")

CONNECT = 5.0
"""Seconds to reach the log's server at the start; later it is waited for as long as it takes."""
SHUTDOWN = 8.0
"""Seconds for ending all sessions and saving what they left."""
DISBELIEF = 5.0
"""Seconds that the gate refuses a host, before that is believed."""
FAREWELL = 1.0
"""Seconds in which an outer host says each of its two last words; unheard, it is missed after a while."""
LAST_REPORTS = 2.0
"""Seconds for the last reports; what is not answered by then is on disk, and sent by the next host."""


async def serve(town: TownConfig) -> None:
    """Run until SIGTERM or SIGINT. Raises TakenError when there is a host already, UnreachableError at first."""
    with (
        held(town.run / "host.lock", f"the host of {town.path}"),
        bound(town) if town.home else nullcontext() as listener,
    ):
        become_subreaper()
        mark = ("GT_TOWN_MARK", town.mark)
        left = await sweep_town(mark)
        if left:
            _log.warning("host.swept", pids=left)
        me = Known(os.getpid(), start_time(os.getpid()))
        note_trials(town.run, me, mark)
        choice = await choose(mark, town.containment)
        containment = NotedContainment(choice, town.run, me)
        _log.info("host.containment", means=containment.means.name, passed_over=choice.passed_over)
        try:
            async with _reached(town) as connection:
                await _work(town, connection, containment, listener)
        finally:
            containment.close()
            with anyio.CancelScope(shield=True):
                await end_descendants(os.getpid())


def _reached(town: TownConfig) -> AbstractAsyncContextManager[NatsConnection]:
    """The town: at home where its log is, from elsewhere at its gate."""
    if town.home:
        return reached(town, patience=CONNECT)
    login = town.nats()
    inbox = f"{INBOX}.{town.name}"  # on which answers come from a hub
    return connect(login.url, name="host", user=login.user, password=login.password, patience=CONNECT, inbox=inbox)


async def _work(
    town: TownConfig, connection: NatsConnection, containment: Containment, listener: socket.socket | None
) -> None:
    """listener: where agents call, on another machine than the town's."""
    commands = NatsCommands(connection, town.name, town.incarnation)
    lease = Lease(commands, new_id(), socket.gethostname(), town.host, town.home.slots if town.home else 0)
    site = _site(town, connection, commands, containment, lease)
    agents = Agents(Bubblewrap(containment))
    site.files.remove_folder(seances(town.path))  # of a host that was killed: nobody waits for them any more
    reception = Reception(site, Sessions(site, agents), town.path / "host" / "epoch")
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(reap_orphans)
            tasks.start_soon(_stand_down, lease)
            await tasks.start(site.outbox.run)
            await tasks.start(reception.run)
            async with commands.serve(service(HOST, town.host), reception.answer):
                tasks.start_soon(_greet, connection, lease)
                tasks.start_soon(lease.keep)
                tasks.start_soon(give_beats, town, "host")
                tasks.start_soon(keep_small, site.rigs)
                if listener is not None:
                    tasks.start_soon(Doorstep(commands, town.host).serve, listener)
                    tasks.start_soon(_obey_revocation, connection, lease)
                else:
                    tasks.start_soon(serve_luggage, town, site.rigs)
                _log.info("host.ready", town=town.name, host=town.host, pid=os.getpid())
                async for number in signals:
                    _log.info("host.going_down", signal=number.name)
                    break
                await _go_down(site, lease, reception, outer=bool(town.home))
            tasks.cancel_scope.cancel()


async def _go_down(site: Site, lease: Lease, reception: Reception, *, outer: bool) -> None:
    """First of all an outer host is given no more: what ends here would be begun here again."""
    if outer:
        with anyio.move_on_after(FAREWELL):
            await lease.part(over=False)
    with anyio.move_on_after(SHUTDOWN):
        await reception.close("its host was taken down" if outer else "the town went down")
    with anyio.move_on_after(LAST_REPORTS):
        await site.outbox.emptied()
    if outer:
        with anyio.move_on_after(FAREWELL):
            await lease.part(over=True)


def _site(
    town: TownConfig, connection: NatsConnection, commands: NatsCommands, containment: Containment, lease: Lease
) -> Site:
    files = DiskFiles()
    rigs = Rigs(town.path / "rigs", ProgramGit(), files)
    texts: Texts = JetStreamTexts(connection, town.name, town.incarnation)
    homeward: Homeward = AtHome()
    if town.home:
        rigs = Rigs(town.path / "rigs", ProgramGit(), files, seen=seen_from_here, fresh=0.0)
        texts = GateTexts(commands, town.host)
        homeward = Carrier(commands, town.host, rigs, town.path / "host" / "luggage")
    return Site(
        town=town.path,
        incarnation=town.mark,
        lineage=town.lineage,
        environment=dict(os.environ),
        rigs=rigs,
        outbox=Outbox(town.path / "host" / "outbox", commands, files, lease),
        lease=lease,
        texts=texts,
        files=files,
        checks=ShellChecks(containment),
        sweep=sweep,
        homeward=homeward,
        agent_checks=AgentChecks(Bubblewrap(containment), town.path / "host"),
        carriage=None if town.home else _carriage(town, connection),
    )


def _carriage(town: TownConfig, connection: NatsConnection) -> Carriage:
    luggage = JetStreamLuggage(connection, town.name, town.incarnation)
    return Carriage(luggage, JetStreamCopies(connection))


async def _obey_revocation(connection: NatsConnection, lease: Lease) -> None:
    """A host that is let in no more acts for the town no more. For a moment a server may refuse anybody."""
    while True:
        await connection.refused.wait()
        with anyio.move_on_after(DISBELIEF):
            await connection.wait_up()
        if not connection.is_up:
            return lease.lose("the town lets this host in no more")


async def _greet(connection: NatsConnection, lease: Lease) -> None:
    """Say hello after this connection and after each one that follows it."""
    while True:
        await connection.wait_up()
        lost = anyio.Event()
        with connection.on_loss(lost.set):
            if connection.is_up:
                await lease.greet()
                await lost.wait()


async def _stand_down(lease: Lease) -> None:
    """Nothing else of this process runs any more from the moment on: no ending is judged, saved or reported."""
    await lease.lost.wait()
    kill_at_once(below(os.getpid()))
    os._exit(EXIT_CODES["taken"])


def main(arguments: list[str] | None = None) -> int:
    """The exit code. One argument: the town's folder."""
    (folder,) = arguments or sys.argv[1:]
    setup_logs("host")
    setup_tracing("gastown-host")
    try:
        anyio.run(serve, config.load(Path(folder)))
    except GastownError as error:
        _log.error("host.failed", error=error.message, hint=error.hint)
        return EXIT_CODES[error.code]
    finally:
        shutdown_tracing()
    return 0


if __name__ == "__main__":
    sys.exit(main())
