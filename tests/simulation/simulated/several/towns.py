"""All towns of a run and their hub; and where a person finds a town, on whatever machine it is now."""

from collections.abc import Iterator

import nkeys

from gastown.actors.mayor.abroad import is_at_home
from gastown.bus.keys import UserKey, user_key
from gastown.events.ids import EventId, abroad, at_home
from gastown.town import Town
from simulated.dice import Dice
from simulated.people import Caretaker, Person
from simulated.process import Process
from simulated.several.hub_machine import HubMachine
from simulated.several.plan import TownsPlan
from simulated.several.station import Station, place_of
from simulated.world import Ground, Tasks


class Undisturbed:
    """Points of the hub's process: it is killed by the plan's times alone."""

    def reached(self, process: Process, what: str) -> None:
        del process, what


class Door:
    """A TownDoor: of the town of this name, wherever it is now."""

    def __init__(self, towns: "Towns", name: str) -> None:
        self._towns = towns
        self._name = name

    @property
    def _station(self) -> Station:
        return self._towns.now[self._name]

    @property
    def incarnation(self) -> str:
        return self._station.world.incarnation

    @property
    def restored(self) -> bool:
        return self._station.adopted

    @property
    def acknowledged(self) -> list[EventId]:
        return self._station.world.acknowledged

    @acknowledged.setter
    def acknowledged(self, events: list[EventId]) -> None:
        self._station.world.acknowledged = events

    @property
    def town(self) -> Town | None:
        return self._station.world.town

    @property
    def town_process(self) -> Process | None:
        return self._station.world.town_process


class Towns:
    """now: by name, those that are the town of that name. all: with those that others went on for."""

    def __init__(self, plan: TownsPlan, tasks: Tasks) -> None:
        self.plan = plan
        self.tasks = tasks
        self.dice = Dice(plan.seed, "several")
        self.ground = Ground(self.dice)
        skew = self.dice.between(-60.0, 60.0) if any(one.skew for one in plan.towns) else 0.0
        self.hub = HubMachine(tasks, self.dice.of("hub"), Undisturbed(), skew)
        self.now: dict[str, Station] = {}
        self.all: list[Station] = []
        for town in plan.towns:
            self.add(Station(town, place_of(town), self.hub, self.ground, tasks, self.dice))
        names = [town.name for town in plan.towns]
        self.people = {name: Person(Door(self, name), self.dice.of("person", name)) for name in names}
        self.caretakers = {name: Caretaker(Door(self, name), self.dice.of("caretaker", name)) for name in names}

    def add(self, station: Station) -> None:
        self.now[station.name] = station
        self.all.append(station)

    def name(self, number: int) -> str:
        return self.plan.towns[number].name

    def key(self, incarnation: str) -> UserKey:
        """Made from the seed."""
        seed = nkeys.encode_seed(self.dice.of("key", incarnation).bytes(32), nkeys.PREFIX_BYTE_USER)
        return user_key(seed.decode())

    async def look(self) -> None:
        for station in self.all:
            await station.observer.look()

    def home(self, name: str) -> tuple[str, str] | None:
        """The town that has a bead (by its name abroad) now, and what it is called there; None: it is on its way."""
        for town, key in self.homes(name):
            return town, key
        return None

    def homes(self, name: str) -> Iterator[tuple[str, str]]:
        for town, station in self.now.items():
            key = at_home(town, name)
            if is_at_home(station.observer.mayor, key):
                yield town, key

    def beads(self) -> list[str]:
        """All that any town knows, by their names abroad."""
        known = {abroad(town, key) for town, station in self.now.items() for key in station.observer.mayor.beads}
        return sorted(known)
