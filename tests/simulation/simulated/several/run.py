"""One plan of several towns, from the first event until nothing is left to do, and what was wrong with it."""

import asyncio
import os
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

import anyio

from gastown.events.bead import CommitsBrought
from gastown.events.handover import BeadHandedOver
from gastown.events.letter import LetterTaken
from simulated import bugs, copies
from simulated import laws as own_laws
from simulated.loop import SimulatedLoop, StuckError
from simulated.run import AFTERMATH, LIMIT, LOOK_EVERY, LOOK_OFTEN, STUCK
from simulated.several import heard_laws, laws
from simulated.several.adoption import Adoptions
from simulated.several.care import Care
from simulated.several.outages import Outages
from simulated.several.plan import TownsPlan
from simulated.several.station import Station
from simulated.several.story import Story
from simulated.several.towns import Towns
from simulated.several.verdict import TownsVerdict, digest
from simulated.wire import Weather
from simulated.world import Tasks

IDLE = 120.0
"""Seconds in which an idle town is looked at."""
IN_MEMORY = Path("/dev/shm")
"""Where nothing is waited for until it is on a disk."""


class Run:
    """One plan in a world of its own."""

    def __init__(self, plan: TownsPlan) -> None:
        self.plan = plan
        self.loop = SimulatedLoop()
        self.broken: list[str] = []
        self.towns: Towns | None = None
        self.adopted = 0

    def play(self) -> None:
        bugs.take()  # of a run before: what it left behind may have said more
        done = self.loop.create_future()
        task = self.loop.create_task(self._play(done))
        try:
            self.loop.run_until_complete(done)
        except StuckError:
            self.broken.append("everything waits, and nothing will ever happen")
        except Exception as error:
            self.broken += traceback.format_exception(error)
        finally:
            self.broken += bugs.take()
            del task
            self.loop.close()

    async def _play(self, done: "asyncio.Future[None]") -> None:
        def failed(error: Exception) -> None:
            if not done.done():
                done.set_exception(error)

        async with anyio.create_task_group() as group:
            tasks = Tasks(group, failed)
            towns = self.towns = Towns(self.plan, tasks)
            tasks.start_soon(self._live, towns, done)
            await anyio.sleep_forever()

    async def _live(self, towns: Towns, done: "asyncio.Future[None]") -> None:
        story = Story(towns)
        await story.begin()
        Outages(towns).start()
        adoptions = Adoptions(towns, story)
        adoptions.start()
        towns.tasks.start_soon(story.deeds)
        await self._settle(towns, adoptions)
        await self._judge(towns, adoptions)
        self.adopted = len(adoptions.done)
        done.set_result(None)

    async def _settle(self, towns: Towns, adoptions: Adoptions) -> None:
        """Look after the towns until nothing is left to do."""
        care, taken, since = Care(towns), 0, 0.0
        while True:
            await anyio.sleep(LOOK_EVERY if anyio.current_time() < LOOK_OFTEN else 300.0)
            calm = anyio.current_time() > self.plan.calm_after
            if calm:
                for station in towns.all:
                    station.world.weather = Weather()
            await towns.look()
            left = list(unfinished(towns))
            if (now := sum(station.observer.taken for station in towns.all)) != taken:
                taken, since = now, anyio.current_time()
            quiet_since = max(since, self.plan.calm_after)
            if not left and not adoptions.under_way and anyio.current_time() > quiet_since + AFTERMATH:
                return
            if anyio.current_time() > LIMIT or anyio.current_time() > since + STUCK:
                self.broken += [f"never done: {words}" for words in left]
                return
            await care.look(calm=calm)

    async def _judge(self, towns: Towns, adoptions: Adoptions) -> None:
        before = {station.world.incarnation: station.world.log.size for station in towns.all}
        await anyio.sleep(IDLE)
        await towns.look()
        for station in towns.all:
            self.broken += [f"{station.name}: {words}" for words in self._idle(station, before)]
        for station in towns.now.values():
            self.broken += [f"{station.name}: {words}" for words in one_town(station)]
            self.broken += [f"{station.name}: {words}" for words in await what_is_made_of_the_log(station)]
        self.broken += laws.every_bead_has_one_home(towns)
        self.broken += laws.everything_came_to_its_end(towns)
        self.broken += laws.lands_once(towns)
        self.broken += laws.what_is_landed_is_closed_with_proof(towns)
        self.broken += await laws.copies_are_the_logs(towns)
        self.broken += laws.what_the_hub_had_goes_on(adoptions.done)
        self.broken += laws.the_fenced_begin_nothing(towns)
        self.broken += laws.needs_come_first(towns)
        self.broken += heard_laws.each_word_is_taken_once_and_in_order(towns)
        self.broken += heard_laws.letters_arrive_once(towns)
        self.broken += heard_laws.commits_come_before_the_work(towns)

    def _idle(self, station: Station, before: dict[str, int]) -> Iterator[str]:
        known = before[station.world.incarnation]
        news = [type(one.envelope.data).__name__ for one in station.observer.events if one.position > known]
        if news:
            yield f"an idle town wrote {news}"

    def verdict(self) -> TownsVerdict:
        stations = self.towns.all if self.towns else []
        events = [one for station in stations for one in station.observer.events]
        hub = [self.towns.hub.log] if self.towns else []
        logs = [[message.payload for message in log._messages] for log in [one.world.log for one in stations] + hub]
        return TownsVerdict(
            seed=self.plan.seed,
            broken=self.broken,
            digest=digest(logs),
            events=len(events),
            seconds=round(self.loop.time()),
            landed=sum(station.observer.landed() for station in self.towns.now.values()) if self.towns else 0,
            handed_over=sum(isinstance(one.envelope.data, BeadHandedOver) for one in events),
            brought=sum(isinstance(one.envelope.data, CommitsBrought) for one in events),
            letters=sum(isinstance(one.envelope.data, LetterTaken) for one in events),
            adopted=self.adopted,
        )


def unfinished(towns: Towns) -> Iterator[str]:
    """What is still under way, in words."""
    for name, station in towns.now.items():
        yield from (f"{name}: {words}" for words in station.observer.unfinished())
        if station.line.copied != station.world.log.size:
            yield f"the hub has {station.line.copied} of the {station.world.log.size} messages of {name}"
    yield from laws.everything_came_to_its_end(towns)
    for station in towns.all:
        if station.fenced and station.line.is_open and "fenced" not in station.observer.mayor.holds.now:
            yield f"{station.name} does not know yet that it is fenced"


def one_town(station: Station) -> Iterator[str]:
    """What holds of each town by itself."""
    world, events = station.world, station.observer.events
    yield from own_laws.what_is_acknowledged_is_stored(world, events)
    yield from own_laws.one_at_a_time(events)
    yield from own_laws.every_event_has_a_cause(events)
    yield from own_laws.nothing_parked(events)
    yield from own_laws.hosts_succeed_each_other(events)
    yield from own_laws.nobody_is_blamed_for_the_town(events)
    yield from own_laws.places_suffice(events, station.plan.places)
    yield from own_laws.nothing_begins_where_there_is_a_hold(events)
    yield from station.workers.broken
    yield from world.fence.broken
    yield from (f"process {one} was left" for one in world.machine.alive(("GT_TOWN_MARK", world.incarnation)))
    if not station.adopted:
        yield from own_laws.nobody_is_ended_for_nothing(station.plan, events)
        yield from own_laws.nothing_lost(world, events, station.workers.made, station.workers.left)


async def what_is_made_of_the_log(station: Station) -> list[str]:
    world = station.world
    found = list(copies.views_know_what_roles_know(station.observer.mayor, world.views))
    found += await copies.views_are_what_the_log_says(world.log, world.views)
    return found + await copies.snapshots_are_what_the_log_says(world)


def play(plan: TownsPlan) -> Run:
    """What is kept of the hub lies in files, in a folder that is gone afterwards.

    Leaves the clock simulated, and changes the working directory: for a process that does nothing else.
    """
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        os.chdir(folder)
        run = Run(plan)
        run.play()
        return run
