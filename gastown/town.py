"""The town process: the one place that chooses implementations. `python -m gastown.town FOLDER`, kept by the daemon."""

import gc
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import anyio
from anyio.abc import TaskGroup

from gastown import clock, config, retention
from gastown.actors.commands.command import Command, Order
from gastown.actors.commands.deacon import DEACON, CloseEscalation, InstallTown, WantTown
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.effects import HoldWork, HostEffect, RunSession
from gastown.actors.kernel.answer import Answer
from gastown.actors.kernel.host_watch import HostWatch
from gastown.actors.kernel.ports import Performer
from gastown.actors.kernel.reception import Reception
from gastown.actors.kernel.remote_host import Equipment, RemoteHost
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.kernel.snapshots import Snapshots
from gastown.actors.reports import TOWN
from gastown.actors.roles import ROLES, owner_of
from gastown.adapters.processes import locks
from gastown.adapters.snapshot_file import SnapshotFile
from gastown.api.abroad import Abroad
from gastown.api.desk import Desk
from gastown.api.door import Door
from gastown.api.server import serve
from gastown.bus.arrivals import Arrivals
from gastown.bus.commands import Commands
from gastown.bus.copies import Copies
from gastown.bus.event_log import EventLog
from gastown.bus.gate_protocol import DOOR
from gastown.bus.hub import Hub
from gastown.bus.jetstream_arrivals import open_arrivals
from gastown.bus.jetstream_copies import JetStreamCopies
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.jetstream_texts import JetStreamTexts
from gastown.bus.logs import setup_logs
from gastown.bus.nats_commands import NatsCommands
from gastown.bus.nats_connection import INBOX, connect
from gastown.bus.nats_hub import NatsHub
from gastown.bus.reserving_event_log import ReservingEventLog, ReservingTexts
from gastown.bus.streams import ensure_log_stream
from gastown.bus.texts import Texts
from gastown.bus.tracing import setup_tracing, shutdown_tracing
from gastown.daemon.beats import give_beats
from gastown.daemon.children import SOCKET_FD, next_epoch
from gastown.daemon.replacing import keep_daemon, restart_server
from gastown.daemon.wanted import want, wanted
from gastown.disk_guard import DiskGuard, Free, fullest
from gastown.equipping import equipment, with_papers
from gastown.events.ids import HostName
from gastown.gate.hall import Hall
from gastown.gate.warden import Warden
from gastown.hearing import Hearing
from gastown.joined import Joined, Restart
from gastown.loggers import get_logger
from gastown.parcels import AtHub, Parcels
from gastown.prices.edge import Prices
from gastown.projections import escalations, sessions
from gastown.projections.kernel.runner import Runner
from gastown.projections.kernel.store import Store
from gastown.projections.views import VIEWS
from gastown.succession import TakingOver, Watch

_log = get_logger("gastown.town")

HOST_PATIENCE = 10.0
"""Seconds the socket's callers wait for a host at start; after that the town answers without one."""
VIEWS_PATIENCE = 600.0
"""Seconds an errand waits for the views to catch up, which may have to be made anew from a long log."""


class Outward(NamedTuple):
    """What leads to other towns. restart: has the town's own server started again; None: it has none."""

    hub: Hub
    copies: Copies
    arrivals: Arrivals
    restart: Restart | None


class Town:
    """Everything of one running town, wired together."""

    def __init__(
        self,
        town: config.TownConfig,
        log: EventLog,
        texts: Texts,
        commands: Commands,
        hall: Hall,
        secret: bytes,
        store: Store,
        epoch: int,
        free: Free,
        outward: Outward,
        snapshots: Snapshots | None = None,
    ) -> None:
        self.town = town
        self._secret = secret
        self.commands = commands
        self.texts = texts
        self.store = store
        self.runner = Runner(store, log)
        self._where = partial(sessions.host_of, store)
        self.host = RemoteHost(commands, epoch, self._equip, self._holder, self._where)
        self.runtime = Runtime(log, ROLES, owner_of, self._performer(outward.copies), clock, snapshots)
        self.watch = HostWatch(self.runtime, self._lost_after)
        self.disk = DiskGuard(free, self.runtime)
        self.prices = Prices(town.path, self.runtime)
        self.joined = Joined(town, log, self.runtime, outward.hub, outward.restart)
        self.abroad = Abroad(town.path / "towns", town.name, self.joined, outward.copies)
        self.succession = Watch(self.runtime, self.joined, outward.copies)
        self.warden = Warden(town, self.runtime, hall, texts)
        self.hearing = Hearing(outward.arrivals, self.runtime, self.runner, store, texts, outward.copies)
        self.desk = Desk(
            town=town,
            log=log,
            texts=texts,
            runtime=self.runtime,
            runner=self.runner,
            store=self.store,
            ask=self.host.ask,
            hub=self.joined,
            gate=self.warden,
            abroad=self.abroad,
        )

    def _performer(self, copies: Copies) -> Performer:
        """The host, and before it what the town does itself."""
        own = self.town.name, self.town.incarnation
        at_hub = AtHub(copies.texts(*own), copies.luggage(*own))
        ready, send = self._views_ready, self._send
        parcels = Parcels(self.host, self.store, self.texts, at_hub, self.host.ask, self.town.name, ready, send, clock)
        return TakingOver(parcels, self.town, send, clock)

    async def _equip(self, effect: HostEffect) -> Equipment:
        """The views know the rig and the bead; they must be as far as the decision behind the effect."""
        if isinstance(effect, HoldWork):
            return Equipment()  # takes no view's word, and waits for none
        if isinstance(effect, RunSession) and not effect.started:
            await self.disk.room()
        await self._views_ready()
        given = await equipment(self.store, self.texts, self.town.path, effect)
        return with_papers(self._secret, effect, given) if isinstance(effect, RunSession) else given

    def _holder(self, host: HostName) -> int:
        lease = self.watch.lease(host)
        return 0 if lease.over else lease.epoch

    def _lost_after(self) -> float:
        return self.runtime.state_of(MAYOR).setting("host.lost_after")

    async def _views_ready(self) -> None:
        await self.runner.wait_for(self.runtime.position, VIEWS_PATIENCE)

    async def _send(self, order: Order) -> Answer:
        return await self.runtime.send(order)

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        """Entered once the log is folded and what is due has been started; the host is answered while it is open."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.runner.run)
            await tasks.start(self.runtime.run)
            self.runtime.attend(MAYOR)  # a host starts nothing before she has said what is held
            await self._record_start()
            tasks.start_soon(self.disk.run)
            tasks.start_soon(self.prices.run)
            tasks.start_soon(self.joined.run)
            tasks.start_soon(self.abroad.run)
            tasks.start_soon(self.hearing.run)
            tasks.start_soon(self.warden.run)
            tasks.start_soon(self.succession.run)
            reception = Reception(self.runtime, self.watch, self._where, self.prices.price)
            async with (
                self.commands.serve(TOWN, reception.answer),
                self.commands.serve_each(TOWN, reception.answer_to),
                self.commands.serve_each(DOOR, Door(self.desk, self._where).answer),
            ):
                tasks.start_soon(self.watch.run)
                yield
            tasks.cancel_scope.cancel()

    async def run(self, listener: socket.socket) -> None:
        """Answer on the socket until SIGTERM."""
        gc.disable()  # while the past is read, which stays: looking through it for garbage doubles the time
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_stop_on_signal, tasks)
            async with self.at_work():
                gc.freeze()  # nor looked through later, which would stop all for a tenth of a second and more
                gc.enable()
                if not wanted(self.town):
                    want(self.town, self._last_word())  # down: the daemon obeys, and ends us all
                    tasks.start_soon(keep_daemon, self.town, listener.fileno())
                with anyio.move_on_after(HOST_PATIENCE):
                    await self.host.wait_there()
                tasks.start_soon(retention.keep_to_it, self.store, self.host.ask)
                tasks.start_soon(give_beats, self.town, "town")
                _log.info("town is ready", position=self.runtime.position)
                await serve(self.desk, listener)

    async def _record_start(self) -> None:
        await self._tell(InstallTown(name=self.town.name, incarnation=self.town.incarnation))
        await self._tell(WantTown(state=self._last_word()))
        await self.runner.wait_for(self.runtime.position, VIEWS_PATIENCE)
        await self._escalate_parked()
        await self.runner.wait_for(self.runtime.position, VIEWS_PATIENCE)

    def _last_word(self) -> Literal["up", "down"]:
        """Who started us may have had no copy of it: the log knows."""
        said = wanted(self.town) or self.runtime.state_of(DEACON).wanted
        return "down" if said == "down" else "up"

    async def _escalate_parked(self) -> None:
        """Say what this version cannot read, and no more what it now can."""
        for command in self.runtime.parking.escalations().values():
            await self._tell(command)
        for known in escalations.listing(self.store):
            if self.runtime.parking.is_settled(known["id"]):
                await self._tell(CloseEscalation(escalation=known["id"], how="this Gas Town can read it"))

    async def _tell(self, command: Command) -> None:
        order = Order(id=clock.new_id(), to=DEACON, actor="daemon", command=command, time=clock.now())
        await self.runtime.send(order)


async def _stop_on_signal(tasks: TaskGroup) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for number in signals:
            _log.info("town stops", signal=number.name)
            tasks.cancel_scope.cancel()
            return


def _free(town: config.TownConfig) -> int:
    """Bytes left on the log's disk."""
    return shutil.disk_usage(town.path / "log").free


async def _main(town: config.TownConfig, listener: socket.socket) -> None:
    """Keeps the daemon from the first moment: should it die together with the log's server, nobody else starts both."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keep_daemon, town, listener.fileno())
        await _work(town, listener)
        tasks.cancel_scope.cancel()


async def _work(town: config.TownConfig, listener: socket.socket) -> None:
    login = town.nats()
    name = f"town {town.name}"
    inbox = f"{INBOX}.{town.name}"  # on which answers come from a hub: it lets no other town listen there
    async with connect(login.url, name=name, user=login.user, password=login.password, inbox=inbox) as connection:
        await ensure_log_stream(connection, town.name, town.incarnation)
        log: EventLog = JetStreamEventLog(connection, town.name, town.incarnation)
        texts: Texts = JetStreamTexts(connection, town.name, town.incarnation)
        if login.embedded:
            log = ReservingEventLog(
                log, lambda: _free(town), partial(restart_server, town, "it met a full disk, and there is room again")
            )
            texts = ReservingTexts(texts, lambda: _free(town))
        hall, secret = Hall(NatsCommands(connection, town.name, town.incarnation)), town.secret()
        store = Store(town.views, VIEWS, town.incarnation)
        snapshots = Snapshots(SnapshotFile(town.snapshot, incarnation=town.incarnation, key=secret), log, ROLES)
        free = partial(fullest, (town.path, town.path / "log"))
        hub, restart = NatsHub(connection, town.name), partial(restart_server, town, "the town joined or left a hub")
        copies, epoch = JetStreamCopies(connection), next_epoch(town)
        async with open_arrivals(connection, town.name, town.incarnation) as arrivals:
            outward = Outward(hub, copies, arrivals, restart if login.embedded else None)
            await Town(town, log, texts, hall, hall, secret, store, epoch, free, outward, snapshots).run(listener)


def main(path: Path) -> None:
    """Runs until SIGTERM. Everything acknowledged is in the log: there is nothing to save."""
    town = config.load(path)
    with locks.held(town.run / "town.lock", f"the town {town.path}"):
        setup_logs("town")
        setup_tracing("gastown-town")
        listener = socket.socket(fileno=int(os.environ.pop(SOCKET_FD)))
        try:
            anyio.run(_main, town, listener)
        finally:
            shutdown_tracing()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
