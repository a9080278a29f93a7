"""One machine with a town on it: its processes, its line to the hub, its workers, and who looks after it."""

from pathlib import Path
from typing import NamedTuple

import msgspec

from gastown import hub_link
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.config import TownConfig
from gastown.hub_link import HubLink
from gastown.projections.kernel.store import Store
from simulated.dice import Dice
from simulated.faults import Faults
from simulated.lives import Daemon
from simulated.observer import Observer
from simulated.several.hub_machine import NAME as HUB_NAME
from simulated.several.hub_machine import HubMachine
from simulated.several.line import Line
from simulated.several.plan import TownPlan
from simulated.talkers import Talkers
from simulated.workers import Workers
from simulated.world import Ground, Place, Tasks, World


class Past(NamedTuple):
    """What a town that goes on for another begins with."""

    log: MemoryEventLog
    views: Store


class Station:
    """fenced: another goes on in its place. began: the position at which it has all that it works with.

    past: of the town that it goes on for; None: it is the first. inherited: up to where its log was written
    elsewhere.
    """

    def __init__(
        self,
        town: TownPlan,
        place: Place,
        hub: HubMachine,
        ground: Ground,
        tasks: Tasks,
        dice: Dice,
        past: Past | None = None,
    ) -> None:
        own = dice.of(place.incarnation)
        self.town = town
        self.plan = town.plan
        self.world = World(town.plan, tasks, own.of("world"), ground, place)
        if past is not None:
            self.world.moves(past.log, past.views, place.folder)
        self.line = Line(hub, self.world, town.pace, own.of("line"))
        self.world.outside = self.line
        hub.lines[self.line.stream] = self.line
        self.workers = Workers(town.plan, self.world)
        self.faults = Faults(town.plan, self.world)
        self.observer = Observer(self.world)
        self.fenced, self.adopted = False, past is not None
        self.began = 0
        self.inherited = self.world.log.size
        self._tasks = tasks

    @property
    def name(self) -> str:
        return self.world.name

    def joins(self, epoch: int) -> None:
        """What it keeps of the hub from now on lies in its folder."""
        folder = self.world.folder
        for part in ("secrets", "run"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        town = TownConfig(path=folder, name=self.name, incarnation=self.world.incarnation)
        hub_link.write(town, HubLink(hub=HUB_NAME, name=self.name, urls=("tls://hub:1",), epoch=epoch), "")

    def start(self) -> None:
        self._tasks.start_soon(self.world.machine.run)
        Daemon(self.world, self.faults, Talkers(self.workers, self.world.apis)).start()
        self.faults.start()


def place_of(town: TownPlan) -> Place:
    """Relative to the folder of the run, so that no log says where that is."""
    incarnation = f"01{town.name.upper()}"
    return Place(name=town.name, incarnation=incarnation, lineage=incarnation, folder=Path(town.name), skew=town.skew)


def adopter_of(station: Station, skew: float) -> Place:
    incarnation = f"02{station.name.upper()}"
    lineage = station.world.lineage
    return Place(
        name=station.name, incarnation=incarnation, lineage=lineage, folder=Path(f"{station.name}2"), skew=skew
    )


def undisturbed(town: TownPlan) -> TownPlan:
    return msgspec.structs.replace(town, plan=msgspec.structs.replace(town.plan, faults=()))
