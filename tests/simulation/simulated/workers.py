"""The agents of the simulation: each session has a habit, from the plan; after those, all are good."""

import signal

import anyio

from gastown.actors.commands.command import Owner
from gastown.actors.commands.handoff import HandOn
from gastown.actors.commands.mayor import MAYOR, CloseBead
from gastown.actors.commands.polecat import DeclareDone
from gastown.adapters.agents.port import Start
from gastown.adapters.git.memory_worktree import MemoryWorktree
from gastown.adapters.processes.memory_machine import Process
from gastown.events.ids import BeadId, Commit, SessionId
from gastown.events.session import DoneStatus
from simulated.dice import Dice
from simulated.gates import BREAKS, HEAVY, RED
from simulated.people import Person
from simulated.plan import GOOD, BeadPlan, Habit, Plan
from simulated.world import World


class Workers:
    """made: every commit a worker made, by session. left: what it did not commit. broken: laws breached on the way."""

    def __init__(self, plan: Plan, world: World) -> None:
        self._plan = plan
        self._world = world
        self._beads: dict[BeadId, BeadPlan] = {}
        self.made: dict[SessionId, list[Commit]] = {}
        self._marks: dict[BeadId, list[str]] = {}
        self.left: list[tuple[SessionId, str]] = []
        self.broken: list[str] = []

    def knows(self, bead: BeadId, plan: BeadPlan) -> None:
        self._beads[bead] = plan

    async def behave(self, start: Start, worktree: MemoryWorktree, process: Process) -> int:
        """The exit code of one session's agent."""
        worker = await self.begin(start, worktree, process)
        habits, number = worker.plan.habits, worker.number
        habit = habits[number - 1] if number <= len(habits) else worker.dice.choice(GOOD)
        await anyio.sleep(worker.dice.between(0.5, 40.0))
        return await worker.follow(habit)

    async def begin(self, start: Start, worktree: MemoryWorktree, process: Process) -> "Worker":
        """Whoever works in this process."""
        session, bead = start.environment["GT_SESSION"], start.environment["GT_BEAD"]
        if start.environment["GT_TOWN_MARK"] != self._world.incarnation:
            await anyio.sleep_forever()  # a fork's
        self._must_be_alone(process, session, bead)
        plan = self._beads[bead]
        number = int(session.removeprefix(f"{bead}-").partition("-")[0])
        dice = Dice(self._plan.seed, "worker", plan.number, number)
        return Worker(self, self._world, process, worktree, session, bead, plan, number, dice)

    def forget(self) -> None:
        """The town was restored: what was made since then is gone, with what was made before and not submitted."""
        self.made.clear()
        self.left.clear()

    def overwrites(self, session: SessionId) -> None:
        """What it has left uncommitted so far, it commits, or writes over."""
        self.left = [one for one in self.left if one[0] != session]

    def lose(self, session: SessionId) -> None:
        """It has destroyed what it made itself."""
        self.made.pop(session, None)
        self.overwrites(session)

    def note(self, session: SessionId, commit: Commit) -> None:
        self.overwrites(session)
        self.made.setdefault(session, []).append(commit)

    def _must_be_alone(self, process: Process, session: SessionId, bead: BeadId) -> None:
        apart = {process.pid, *self._world.of_the_superseded}
        self._marks.setdefault(bead, []).append(process.environment["GT_MARK"])
        for mark in self._marks[bead]:
            alive = set(self._world.machine.alive(("GT_MARK", mark))) - apart
            if alive and process.pid not in self._world.of_the_superseded:
                self.broken.append(f"session {session} starts while processes of {mark} run")


class Worker:
    """One session at work."""

    def __init__(
        self,
        workers: Workers,
        world: World,
        process: Process,
        worktree: MemoryWorktree,
        session: SessionId,
        bead: BeadId,
        plan: BeadPlan,
        number: int,
        dice: Dice,
    ) -> None:
        """number: of the session, among those of its bead."""
        self.plan = plan
        self.number = number
        self.dice = dice
        self.session = session
        self._workers = workers
        self._process = process
        self._worktree = worktree
        self._bead = bead
        self._person = Person(world, dice.of("order"), actor=f"session/{session}")

    async def follow(self, habit: Habit) -> int:
        match habit:
            case "does nothing":
                return 0
            case "fails":
                return 1
            case "hangs":
                await anyio.sleep_forever()
            case "dies":
                self.commit("some work")
                return signal.SIGSEGV
            case "destroys its sandbox":
                self.destroy()
                return 0
            case "lies":
                await self.done("completed", ahead=3)
                return 0
            case "escalates" | "defers":
                await self.done("escalated" if habit == "escalates" else "deferred")
                return 0
            case "closes its bead":
                await self.close()
                return 0
            case _:
                return await self._work(habit)
        return 0

    async def _work(self, habit: Habit) -> int:
        words = {"commits what is red": RED, "commits what breaks the gate": BREAKS, "commits what is heavy": HEAVY}
        if habit == "is stubborn":
            self._process.catch(signal.SIGTERM)
        if habit == "is silent for half an hour":
            await anyio.sleep(1800.0)
        self.commit(words.get(habit, "fine"))
        await anyio.sleep(self.dice.between(0.0, 5.0))
        self.commit(words.get(habit, "finished"))
        match habit:
            case "leaves changes":
                self.leave_changes()
            case "commits and hangs":
                await anyio.sleep_forever()
            case "leaves a child":
                self._process.spawn(self._linger)
            case "says done":
                await self.done("completed", ahead=2)
            case _:
                pass
        return 0

    @property
    def _own(self) -> str:
        return f"work{self.plan.number}"

    def commit(self, text: str) -> None:
        if self._worktree.gone:
            return
        changes = {self._own: f"{text} {self.session}"}
        if self.plan.path:
            changes[self.plan.path] = f"{text} {self.session}"
        self._workers.note(self.session, self._worktree.commit(f"Work of {self.session}: {text}", **changes))

    def leave_changes(self) -> None:
        """Uncommitted."""
        if self._worktree.gone:
            return
        text = f"half done by {self.session}, {self.dice.unit()}"
        self._workers.overwrites(self.session)
        self._worktree.files[self._own] = text
        self._workers.left.append((self.session, text))

    def destroy(self) -> None:
        """Its sandbox, and so what it has made there."""
        self._worktree.destroy()
        self._workers.lose(self.session)

    async def close(self) -> None:
        """Its bead."""
        await self._person.order(MAYOR, CloseBead(bead=self._bead, reason="nothing to do", session=self.session))

    async def hand_on(self, notes: str) -> None:
        """To a fresh session, by itself."""
        command = HandOn(session=self.session, sender=f"session/{self.session}", by_worker=True, notes=notes)
        await self._person.order(Owner("polecat", self.session), command)

    async def _linger(self, _: Process) -> int:
        await anyio.sleep_forever()
        return 0

    async def done(self, status: DoneStatus, ahead: int = 0) -> None:
        command = DeclareDone(session=self.session, status=status, reason="so it is", ahead=ahead)
        await self._person.order(Owner("polecat", self.session), command)
