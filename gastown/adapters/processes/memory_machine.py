"""The processes of one simulated machine: coroutines that outlive the host that started them, and die by signals."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import anyio
import anyio.lowlevel
from anyio.abc import TaskGroup, TaskStatus

from gastown.adapters.pause import Pause, no_pause
from gastown.adapters.processes.family import Mark
from gastown.adapters.processes.program import Exit
from gastown.adapters.processes.stepped import Stepped

_SWEEP_PATIENCE = 2.0
_BOOT = 1000
"""The first start time; the first pid is the same."""

Run: TypeAlias = Callable[["Process"], Awaitable[int]]
"""What a process does. -> its exit code, or the signal (of `signal.Signals`) that it kills itself with."""


class Process:
    """environment: what it is known by. parent: a pid. group: the pid of the process that leads it.

    linger: seconds from SIGKILL until it is gone, as for one that hangs in the kernel. exit: None while it lives.
    """

    def __init__(self, machine: "MemoryMachine", pid: int, environment: Mapping[str, str], parent: "Process | None"):
        self.pid = pid
        self.started = pid
        self.environment = dict(environment)
        self.parent = parent
        self.group = pid if parent is None else parent.group
        self.linger = 0.0
        self.exit: Exit | None = None
        self.output: Callable[[str], None] = _unread
        self._machine = machine
        self._caught: dict[int, anyio.Event] = {}
        self._scope = anyio.CancelScope()
        self._killer: int | None = None
        self._over = anyio.Event()
        self._goes_on: anyio.Event | None = None  # while it is stopped
        self._pending: list[int] = []

    def print(self, text: str) -> None:
        """Write to where its output goes."""
        self.output(text)

    def catch(self, number: signal.Signals) -> anyio.Event:
        """From now on this signal (not SIGKILL) only sets the event. One that nobody waits for is ignored."""
        return self._caught.setdefault(number, anyio.Event())

    def spawn(self, run: Run, *, environment: Mapping[str, str] | None = None, own_group: bool = False) -> "Process":
        """Start a child. environment: its parent's, unless it is given another."""
        given = self.environment if environment is None else environment
        return self._machine.begin(run, given, self, own_group=own_group)

    async def exited(self) -> None:
        """Returns when it is gone; its children may still run."""
        await self._over.wait()

    async def live(self, run: Run) -> None:
        """Its whole life."""
        try:
            with self._scope:
                await anyio.lowlevel.checkpoint()  # it may be killed before it does anything
                code = await Stepped(run(self), self._may_go)
                self.exit = Exit(None, int(code)) if isinstance(code, signal.Signals) else Exit(code, None)
        finally:
            self.exit = self.exit or Exit(None, self._killer or signal.SIGKILL)
            self._over.set()

    def stop(self) -> None:
        """As SIGSTOP: it does nothing more until `go_on`, or until it is killed."""
        self._goes_on = self._goes_on or anyio.Event()

    def go_on(self) -> tuple[int, ...]:
        """As SIGCONT. -> the signals that have come meanwhile."""
        came, self._pending = tuple(self._pending), []
        if self._goes_on is not None:
            self._goes_on.set()
            self._goes_on = None
        return came

    async def _may_go(self) -> None:
        while self._goes_on is not None:
            await self._goes_on.wait()

    def receive(self, number: int) -> float | None:
        """Take a signal. -> the seconds after which it is to be ended, None: it goes on."""
        if self._goes_on is not None and number != signal.SIGKILL:
            self._pending.append(number)
            return None
        if number in self._caught and number != signal.SIGKILL:
            self._caught[number].set()
            return None
        self._killer = self._killer or number
        return self.linger

    def end(self) -> None:
        """It does nothing more, whatever it was doing."""
        self._scope.cancel()


class MemoryMachine:
    """Enter `run` in a task group of the simulation's own; when that is cancelled, the machine's power is cut."""

    def __init__(self) -> None:
        self._last = _BOOT
        self._alive: dict[int, Process] = {}
        self._tasks: TaskGroup | None = None

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Let processes live, until cancelled."""
        try:
            async with anyio.create_task_group() as tasks:
                self._tasks = tasks
                task_status.started()
                await anyio.sleep_forever()
        finally:
            self._tasks = None

    def start(self, mark: Mark, run: Run, *, environment: Mapping[str, str] | None = None) -> Process:
        """Start a process that carries `mark`, and what else is in its environment."""
        return self.begin(run, {**(environment or {}), mark[0]: mark[1]}, None)

    def begin(
        self, run: Run, environment: Mapping[str, str], parent: Process | None, *, own_group: bool = False
    ) -> Process:
        """Start a process, also as another's child. Pids count up, and so do start times."""
        if self._tasks is None:
            raise RuntimeError("the machine is off")
        self._last += 1
        process = Process(self, self._last, environment, parent)
        if own_group:
            process.group = process.pid
        if parent is not None:
            process.output = parent.output
        self._alive[process.pid] = process
        self._tasks.start_soon(self._live, process, run)
        return process

    def kill(self, pid: int, number: int = signal.SIGKILL) -> None:
        """Send a signal; nothing happens when there is no such process."""
        process = self._alive.get(pid)
        seconds = None if process is None else process.receive(number)
        if process is None or seconds is None:
            return
        if seconds and self._tasks is not None:
            self._tasks.start_soon(_end_after, process, seconds)
        else:
            process.end()

    def alive(self, mark: Mark, *, group: int = 0) -> tuple[int, ...]:
        """The pids of those that carry the mark or belong to the group, and of all that descend from them."""
        found = dict[int, Process]()
        for pid, process in self._alive.items():  # parents come before their children
            carries = process.environment.get(mark[0]) == mark[1] or process.group == group
            if carries or (process.parent is not None and process.parent.pid in found):
                found[pid] = process
        return tuple(found)

    def freeze(self, mark: Mark, *, group: int = 0) -> None:
        """SIGSTOP to all that `alive` finds."""
        for pid in self.alive(mark, group=group):
            self._alive[pid].stop()

    def thaw(self, mark: Mark, *, group: int = 0) -> None:
        """SIGCONT to all that `alive` finds."""
        for pid in self.alive(mark, group=group):
            for number in self._alive[pid].go_on():
                self.kill(pid, number)

    async def sweep(self, mark: Mark) -> tuple[int, ...]:
        """End every process that carries the mark, and what it started. -> their pids."""
        return await self.end(mark, patience=_SWEEP_PATIENCE)

    async def end(self, mark: Mark, *, patience: float, group: int = 0, pause: Pause = no_pause) -> tuple[int, ...]:
        """SIGTERM to all that `alive` finds, after `patience` seconds SIGKILL, until there is nobody left."""
        found = self.alive(mark, group=group)
        ended = set(found)
        if found and patience > 0:
            self._signal(found, signal.SIGTERM)
            with anyio.move_on_after(patience):
                await self._gone(found)
        await pause("end: asked")
        while found := self.alive(mark, group=group):
            ended.update(found)
            self._signal(found, signal.SIGKILL)
            await self._gone(found)
        return tuple(sorted(ended))

    def _signal(self, pids: tuple[int, ...], number: int) -> None:
        for pid in pids:
            self.kill(pid, number)

    async def _gone(self, pids: tuple[int, ...]) -> None:
        for process in [self._alive[pid] for pid in pids if pid in self._alive]:
            await process.exited()

    async def _live(self, process: Process, run: Run) -> None:
        try:
            await process.live(run)
        finally:
            del self._alive[process.pid]


class MemoryProgram:
    """A running program on a simulated machine, as `program.Program` is one on this."""

    def __init__(self, machine: MemoryMachine, process: Process, mark: Mark, pause: Pause) -> None:
        self.pid = process.pid
        self.started = process.started
        self._machine = machine
        self._process = process
        self._mark = mark
        self._pause = pause
        self._ended = False
        self._ending = anyio.Lock()

    async def exited(self) -> None:
        """Returns when the first process has ended; what it started may still run."""
        await self._process.exited()

    def halt(self) -> None:
        self._machine.freeze(self._mark, group=self.pid)

    async def freeze(self, *others: "MemoryProgram") -> bool:
        for one in (self, *others):
            one.halt()
        return True

    async def thaw(self, *others: "MemoryProgram") -> bool:
        for one in (self, *others):
            one.go_on()
        return True

    def go_on(self) -> None:
        self._machine.thaw(self._mark, group=self.pid)

    async def end(self, *, patience: float) -> Exit:
        """End whatever of it still runs. Returns when all of it is gone."""
        with anyio.CancelScope(shield=True):
            async with self._ending:
                if not self._ended:
                    await self._pause("end: begin")
                    await self._machine.end(self._mark, patience=patience, group=self.pid, pause=self._pause)
                    self._ended = True
        await self._process.exited()
        return self._process.exit or Exit(None, signal.SIGKILL)


async def _end_after(process: Process, seconds: float) -> None:
    await anyio.sleep(seconds)
    process.end()


def _unread(text: str) -> None:
    """Output that nobody reads."""
