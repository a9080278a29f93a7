"""The town's processes, wired as in `gastown.town` and `gastown.host`, and the daemon that starts them again."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol, TypeAlias

import anyio

from gastown.actors.kernel.snapshots import Snapshots
from gastown.actors.reports import HOST
from gastown.actors.roles import ROLES
from gastown.adapters.agents.memory import MemoryAgent
from gastown.adapters.agents.memory_talks import MemoryTalks
from gastown.adapters.agents.memory_vendor import MemoryOneShot, MemoryStream
from gastown.adapters.agents.one_shot_driver import OneShotAgent
from gastown.adapters.agents.port import Agent
from gastown.adapters.agents.stream_driver import StreamAgent
from gastown.adapters.effects.reception import Reception
from gastown.adapters.effects.run_session import Sessions
from gastown.adapters.effects.site import Carriage, Rigs, Site
from gastown.adapters.gates.memory import MemoryChecks, Ran
from gastown.adapters.git.memory_git import MemoryGit
from gastown.adapters.lease import Lease
from gastown.adapters.outbox import Outbox
from gastown.adapters.processes.family import Mark
from gastown.adapters.processes.memory_machine import MemoryMachine
from gastown.adapters.processes.memory_machine import Process as MachineProcess
from gastown.clock import new_id
from gastown.config import TownConfig
from gastown.errors import GastownError
from gastown.gate.hall import Hall
from gastown.loggers import get_logger
from gastown.projections.kernel.store import Store
from gastown.projections.views import VIEWS
from gastown.town import Outward, Town
from simulated.disk import ProcessFiles, ProcessSnapshot
from simulated.gates import judge
from simulated.process import Points, Process, acting
from simulated.records import ProcessLog
from simulated.talkers import CAN, Talkers
from simulated.world import World

_log = get_logger("simulation")

SNAPSHOT_EVERY = 20
"""Messages: so few that hardly any start reads the whole log."""


Life: TypeAlias = Callable[[Process], Awaitable[None]]


class Befalling(Points, Protocol):
    """What befalls processes."""

    def pause(self, process: Process) -> float:
        """Seconds until one that ended is started again."""
        ...


class Daemon:
    """Keeps a town and a host alive, as the real one does."""

    def __init__(self, world: World, faults: Befalling, talkers: Talkers) -> None:
        self._world = world
        self._faults = faults
        self._talkers = talkers

    def start(self) -> None:
        self._world.tasks.start_soon(self._keep, "town", self._town)
        self._world.tasks.start_soon(self._keep, "host", self._host)

    async def _keep(self, name: str, life: Life) -> None:
        world, number = self._world, 0
        while True:
            while not (world.daemon.is_on and world.at_home.is_on):
                await world.daemon.wait_on()
                await world.at_home.wait_on()
            number += 1
            process = Process(name, number, world.dice.of(name, number), self._faults, world.skew)
            world.processes.append(process)
            world.tasks.start_soon(_live, process, life)
            await process.ended.wait()
            world.wire.withdraw(process)
            await anyio.sleep(self._faults.pause(process))

    async def _town(self, process: Process) -> None:
        world = self._world
        world.epochs += 1
        if any(one.name == process.name and one.alive for one in world.processes if one is not process):
            world.views = Store(None, VIEWS, world.incarnation)  # the other has its own
        log = ProcessLog(process, world.log, world, world.dice.of("log", process.number))
        outside = world.outside.of(process, world.incarnation)
        town = Town(
            TownConfig(path=world.folder, name=world.name, incarnation=world.incarnation),
            log,
            world.texts,
            world.wire.of(process),
            Hall(world.wire.of(process)),
            b"secret",
            world.views,
            world.epochs,
            world.free,
            Outward(outside.hub, outside.copies, outside.arrivals, None),
            Snapshots(ProcessSnapshot(process, world), log, ROLES, every=SNAPSHOT_EVERY, at_stop=1),
        )
        async with town.at_work():
            await process.held()
            if not process.ended.is_set():
                world.town, world.town_process = town, process
            await anyio.sleep_forever()

    async def _host(self, process: Process) -> None:
        world = self._world
        world.host_process = process
        files = ProcessFiles(process, world.files)
        commands = world.wire.of(process)
        lease = Lease(commands, new_id(), "machine")
        site = self._site(process, files, lease)
        await site.sweep(site.town_mark)
        machine = OwnProcesses(world, process)
        reception = Reception(site, Sessions(site, self._agents(process, machine)), world.folder / "host" / "epoch")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._stand_down, process, lease, machine)
            await tasks.start(site.outbox.run)
            await tasks.start(reception.run)
            async with commands.serve(HOST, reception.answer):
                tasks.start_soon(lease.keep)
                await self._greet(lease)

    def _agents(self, process: Process, machine: "OwnProcesses") -> dict[str, Agent]:
        world, talkers = self._world, self._talkers
        talks = MemoryTalks(machine, world.git, talkers.converse, world.files, process.cross, process.touches)
        behave = talkers.workers.behave
        return {
            "shell": MemoryAgent("shell", machine, world.git, behave, world.files, process.cross),
            "stream": StreamAgent(MemoryStream("stream", CAN["stream"]), talks),
            "once": OneShotAgent(MemoryOneShot("once", CAN["once"]), talks),
        }

    def _site(self, process: Process, files: ProcessFiles, lease: Lease) -> Site:
        world = self._world
        return Site(
            town=world.folder,
            incarnation=world.incarnation,
            lineage=world.lineage,
            environment={"PATH": "/bin", **world.apis.environment},
            rigs=Rigs(world.folder / "rigs", MemoryGit(world.git, process.cross), files),
            outbox=Outbox(world.folder / "host" / "outbox", world.wire.of(process), files, lease),
            lease=lease,
            texts=world.texts,
            files=files,
            checks=MemoryChecks(world.git, self._judge, world.machine, world.files, process.cross),
            sweep=partial(_sweep, process, world.machine),
            carriage=Carriage(world.luggage, world.outside.of(process, world.incarnation).copies),
        )

    def _judge(self, command: str, files: dict[str, str]) -> Ran:
        return Ran(judge(command, files), seconds=self._world.dice.between(0.1, 20.0))

    async def _greet(self, lease: Lease) -> None:
        while True:
            await self._world.server.wait_on()
            await lease.greet()
            await self._world.server.wait_off()

    async def _stand_down(self, process: Process, lease: Lease, machine: "OwnProcesses") -> None:
        await lease.lost.wait()
        await process.held()
        machine.kill_own()
        process.kill()


class OwnProcesses(MemoryMachine):
    """A machine as one host sees it, which knows what it started itself."""

    def __init__(self, world: World, host: Process) -> None:
        self._world = world
        self._machine = world.machine
        self._host = host
        self._own: list[MachineProcess] = []

    def begin(self, *given: Any, **named: Any) -> MachineProcess:
        with acting(None):
            self._own.append(self._machine.begin(*given, **named))
        if self._world.host_process is not self._host:
            self._world.of_the_superseded.add(self._own[-1].pid)
        return self._own[-1]

    def kill_own(self) -> None:
        for process in self._own:
            self._machine.kill(process.pid)

    def alive(self, mark: Mark, *, group: int = 0) -> tuple[int, ...]:
        return self._machine.alive(mark, group=group)

    def freeze(self, mark: Mark, *, group: int = 0) -> None:
        self._machine.freeze(mark, group=group)

    def thaw(self, mark: Mark, *, group: int = 0) -> None:
        self._machine.thaw(mark, group=group)

    async def end(self, *given: Any, **named: Any) -> tuple[int, ...]:
        return await self._machine.end(*given, **named)


async def _sweep(process: Process, machine: MemoryMachine, mark: Mark) -> tuple[int, ...]:
    await process.cross("sweep:before")
    ended = await machine.sweep(mark)
    await process.cross("sweep:after")
    return ended


async def _live(process: Process, life: Life) -> None:
    """Whatever a living process fails with but an error of its own kinds is a bug, and ends the run."""
    try:
        with acting(process):
            await life(process)
    except* GastownError as errors:
        _log.info("a process ended by itself", process=process.name, errors=str(errors.exceptions))
    if process.alive:
        process.kill()
    else:
        await anyio.sleep_forever()
