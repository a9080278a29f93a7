"""What befalls the town: at a process's n-th crossing of its border, or at a time."""

import anyio

from gastown.actors.reports import LEASE
from simulated.plan import MOVES, Fault, Plan
from simulated.process import Process
from simulated.world import Switch, World

FROZEN_TOO_LONG = 12.0
"""Seconds after which the daemon ends a frozen process and starts another."""
PAUSE = 0.2
"""Seconds until a process is started again, unless the plan says otherwise."""


class Faults:
    """Points for all processes, and the times for what has one."""

    def __init__(self, plan: Plan, world: World) -> None:
        self._plan = plan
        self._world = world
        self._counts: dict[str, int] = {}
        self._pauses: dict[Process, float] = {}
        self._by_crossing = {(one.target, one.crossing): one for one in plan.faults if one.crossing}
        self.labels: list[str] = []
        """Of every crossing, in order: who, and what."""

    def start(self) -> None:
        for fault in self._plan.faults:
            if not fault.crossing and fault.kind not in MOVES:
                self._world.tasks.start_soon(self._at_its_time, fault)

    def reached(self, process: Process, what: str) -> None:
        if not process.alive:
            return
        self.labels.append(f"{process.name} {what}")
        count = self._counts[process.name] = self._counts.get(process.name, 0) + 1
        if len(self.labels) == self._plan.kill_at:
            process.kill()
        fault = self._by_crossing.get((process.name, count))  # pyright: ignore[reportArgumentType]
        if fault is not None and anyio.current_time() < self._plan.calm_after:
            self._befall(fault, process)

    def pause(self, process: Process) -> float:
        return self._pauses.pop(process, PAUSE)

    async def _at_its_time(self, fault: Fault) -> None:
        world = self._world
        await anyio.sleep(fault.at)
        match fault.target:
            case _ if fault.kind == "leave little room":
                world.short = True
                await anyio.sleep(fault.seconds)
                world.short = False
            case "server":
                await self._away(world.server, fault)
            case "daemon":
                await self._away(world.daemon, fault)
            case "worker":
                self._kill_a_worker(fault)
            case "everything":
                self._befall_both(fault)
                world.tasks.start_soon(self._away, world.daemon, fault)
                await self._away(world.server, fault)
            case _:
                self._befall_one(fault)

    def _kill_a_worker(self, fault: Fault) -> None:
        alive = self._world.machine.alive(("GT_TOWN_MARK", self._world.incarnation))
        if alive:
            pid = self._world.dice.of("worker", fault.at).choice(alive)
            self._world.killed.add(self._world.machine._alive[pid].environment.get("GT_SESSION", ""))
            self._world.machine.kill(pid)

    async def _away(self, what: Switch, fault: Fault) -> None:
        what.off()
        await anyio.sleep(fault.seconds)
        if what is self._world.server:
            await self._world.daemon.wait_on()
        what.on()

    def _befall_both(self, fault: Fault) -> None:
        for process in (self._world.town_process, self._world.host_process):
            if process is not None and process.alive:
                self._befall(fault, process)

    def _befall_one(self, fault: Fault) -> None:
        process = self._world.town_process if fault.target == "town" else self._world.host_process
        if process is not None and process.alive:
            self._befall(fault, process)

    def _befall(self, fault: Fault, process: Process) -> None:
        match fault.kind:
            case "kill":
                self._pauses[process] = fault.seconds
                process.kill()
            case "freeze":
                process.freeze()
                self._world.tasks.start_soon(self._thaw, fault, process)
            case "succeed":
                process.freeze()
                self._world.tasks.start_soon(self._succeed, fault, process)
            case "usurp":
                process.freeze()
                self._world.tasks.start_soon(self._usurp, fault, process)
            case _:
                self._world.full = True
                self._world.tasks.start_soon(self._make_room, fault)

    async def _thaw(self, fault: Fault, process: Process) -> None:
        await anyio.sleep(min(fault.seconds, FROZEN_TOO_LONG))
        if fault.seconds > FROZEN_TOO_LONG:
            process.kill()
        process.thaw()

    async def _succeed(self, fault: Fault, process: Process) -> None:
        """Another takes its place; a frozen town is ended first, as it holds a lock of the machine."""
        await anyio.sleep(LEASE + 1.0)
        if process.name == "town":
            process.kill()
        process.ended.set()
        await anyio.sleep(fault.seconds)
        process.thaw()

    async def _usurp(self, fault: Fault, process: Process) -> None:
        """Another begins though the first has not ended, which does only some time after it has woken up.

        What both wrote is right, but neither knows what the other did: once one of them is gone, the other is started
        anew, as a person would.
        """
        process.ended.set()
        await anyio.sleep(fault.seconds)
        process.thaw()
        await anyio.sleep(fault.seconds)
        for one in self._world.processes:
            if one.name == process.name and one.alive:
                one.kill()

    async def _make_room(self, fault: Fault) -> None:
        await anyio.sleep(fault.seconds)
        self._world.full = False
