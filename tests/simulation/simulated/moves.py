"""The town goes on elsewhere, as `gastown.moving` has it: restored from an older copy of itself, or forked."""

import copy
from collections.abc import Mapping
from pathlib import Path

import anyio
import msgspec

from gastown.actors.commands import mayor as told
from gastown.actors.commands.deacon import ForkTown, RestoreTown
from gastown.actors.commands.mayor import MAYOR
from gastown.adapters.git.memory_repository import MemoryRepository
from gastown.adapters.git.tips import BEAD_TRAILER, TRAILER
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.config import TownConfig
from gastown.events.ids import Commit
from gastown.events.submission import SubmissionLanded
from gastown.moving.backup import mark_of
from gastown.moving.parts import RigPart
from gastown.moving.settling import Move, Settling
from gastown.projections import branches, merge_queue, rigs
from gastown.projections.kernel.rebuild import rebuild_into
from gastown.projections.kernel.store import Store
from gastown.projections.views import VIEWS
from simulated.dice import Dice
from simulated.lives import Daemon
from simulated.observer import Observer
from simulated.people import Person
from simulated.plan import Fault
from simulated.process import Process
from simulated.talkers import Talkers
from simulated.world import RIG, Switch, World

RESTORED, FORKED = "01RESTORED", "02FORKED"
MOVED = "it was moved"
FORK_LIVES = 90.0
"""Seconds."""


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken along. refs: of the Refinery's repository."""

    log: MemoryEventLog
    position: int
    rig: RigPart | None
    refs: Mapping[str, Commit]


def copy_of(log: MemoryEventLog, until: int) -> MemoryEventLog:
    """A log with the same messages up to there."""
    made = MemoryEventLog()
    made._messages = log._messages[:until]
    for position, message in enumerate(made._messages, 1):
        made._positions.setdefault(message.entity, []).append(position)
    return made


async def gather(world: World, until: int) -> Parts:
    log = copy_of(world.log, until)
    views = Store(None, VIEWS, world.incarnation)
    await rebuild_into(views, log)
    config, landed = rigs.config(views, RIG), merge_queue.landed_on(views, RIG)
    last = landed[-1]["target_commit"] if landed else ""
    part = None if config is None else RigPart(name=RIG, config=config, last_landing=last)
    refs = {**world.git.refs(world.folder / "rigs" / RIG), **dict(branches.pins(views, RIG))}
    return Parts(log=log, position=until, rig=part, refs=refs)


async def settle(world: World, parts: Parts, incarnation: str, folder: Path, *, detach: bool) -> Store:
    """The log of the parts brought to rest in its new place; its views."""
    _unpack(world, parts, folder)
    config = TownConfig(path=folder, name="moved", incarnation=incarnation)
    views = Store(None, VIEWS, incarnation)
    move = Move(
        to=_said(world, parts, config, detach=detach),
        mark=mark_of(config),
        why=MOVED,
        hint="none for {rig}",
        detach=detach,
    )
    await Settling(parts.log, views, move).settle((parts.rig,) if parts.rig else ())
    return views


def _said(world: World, parts: Parts, town: TownConfig, *, detach: bool) -> ForkTown | RestoreTown:
    name, of, position = town.name, world.incarnation, parts.position
    if detach:
        return ForkTown(name=name, incarnation=town.incarnation, of_name="simulated", of=of, position=position)
    return RestoreTown(name=name, incarnation=town.incarnation, of=of, position=position, at=0.0)


def _unpack(world: World, parts: Parts, folder: Path) -> None:
    old = world.git.rig(world.folder / "rigs" / RIG).refinery
    if old is not None and parts.refs:
        made = MemoryRepository(world.git.commits)
        made.refs = {ref: commit for ref, commit in parts.refs.items() if old.holds(commit)}
        made.bring(made.refs.values())
        world.git.rig(folder / "rigs" / RIG).refinery = made


class Moves:
    """broken: what a fork touched."""

    def __init__(self, world: World, talkers: Talkers) -> None:
        self._world = world
        self._talkers = talkers
        self.broken: list[str] = []
        self.under_way = 0

    async def befall(self, fault: Fault) -> None:
        await anyio.sleep(fault.at)
        self.under_way += 1
        await (self._restore(fault) if fault.kind == "restore" else self._fork())
        self.under_way -= 1

    async def _restore(self, fault: Fault) -> None:
        """seconds after a backup was made, the machine is gone, and it is all there is."""
        world = self._world
        parts = await gather(world, len(world.log._messages))
        await anyio.sleep(fault.seconds)
        world.at_home.off()
        end(world)
        world.origin.forget(world.folder / "rigs" / RIG)
        folder = Path("/restored")
        views = await settle(world, parts, RESTORED, folder, detach=False)
        known = {message.first_id for message in parts.log._messages}
        world.acknowledged = [one for one in world.acknowledged if one in known]
        world.moves(parts.log, views, folder)
        world.restored = True
        world.lost = await lost(world)
        self._talkers.workers.forget()
        world.at_home.on()

    async def _fork(self) -> None:
        """A second town beside the first, as of some moment of that one's past."""
        world = self._world
        dice = world.dice.of("fork")
        parts = await gather(world, 1 + dice.below(len(world.log._messages)))
        folder = Path("/fork")
        views = await settle(world, parts, FORKED, folder, detach=True)
        fork = copy.copy(world)
        fork.dice, fork.weather = dice, type(world.weather)()
        fork.full = fork.short = False
        fork.moves(parts.log, views, folder)
        fork.at_home, fork.acknowledged = Switch(), []
        Daemon(fork, Undisturbed(), self._talkers).start()
        await self._use(fork, dice.of("person"))
        await anyio.sleep(FORK_LIVES)
        self.broken += await touched(fork)
        fork.at_home.off()
        end(fork)

    async def _use(self, fork: World, dice: Dice) -> None:
        """Somebody does all there is to have it work."""
        person = Person(fork, dice)
        observer = Observer(fork)
        await observer.look()
        beads = tuple(observer.mayor.beads)
        for bead in beads:
            await person.order(MAYOR, told.RetryBead(bead=bead))
        for cause in ("estop", "pause"):
            await person.order(MAYOR, told.LiftHold(cause=cause))
            await person.order(MAYOR, told.LiftHold(cause=cause, rig=RIG))
        await person.order(MAYOR, told.SlingBeads(beads=beads, rig=RIG, convoy="cv-fork"))


async def lost(world: World) -> dict[str, str]:
    """What is on the target and not in the log: submissions, with their beads."""
    known = {
        one.entity.id
        async for message in world.log.read()
        for one in message
        if isinstance(one.envelope.data, SubmissionLanded)
    }
    commits = world.git.commits
    found = [commits[name] for name in commits.reach([world.origin.branches["main"]], frozenset())]
    landed = {one.trailers[TRAILER]: one.trailers[BEAD_TRAILER] for one in found if TRAILER in one.trailers}
    return {submission: bead for submission, bead in landed.items() if submission not in known}


async def touched(fork: World) -> list[str]:
    """What a forked town must not have."""
    found = [f"the forked town runs {pid}" for pid in fork.machine.alive(("GT_TOWN_MARK", fork.incarnation))]
    if any(root.is_relative_to(fork.folder) for root in fork.origin.pushed):
        found.append("the forked town pushed to the origin of the first")
    if fork.git.rig(fork.folder / "rigs" / RIG).worktrees:
        found.append("the forked town made sandboxes")
    observer = Observer(fork)
    await observer.look()
    found += [f"the forked town has {words}" for words in observer.unfinished() if "live" in words]
    return found + fork.fence.broken


def end(world: World) -> None:
    """Every process of the town, and whatever they started."""
    for process in world.processes:
        process.kill()
        process.ended.set()
    for pid in world.machine.alive(("GT_TOWN_MARK", world.incarnation)):
        world.machine.kill(pid)


class Undisturbed:
    """What befalls a fork: nothing."""

    def reached(self, process: Process, what: str) -> None:
        del process, what

    def pause(self, process: Process) -> float:
        del process
        return 0.2
