"""One plan, from the first event until nothing is left to do, and what was wrong with it."""

import asyncio
import traceback

import anyio
import msgspec

from simulated import laws
from simulated.faults import Faults
from simulated.lives import Daemon
from simulated.loop import SimulatedLoop, StuckError
from simulated.observer import Observer
from simulated.people import Caretaker
from simulated.plan import Plan
from simulated.story import Story
from simulated.workers import Workers
from simulated.world import RIG, Tasks, World

LOOK_EVERY, LOOK_OFTEN = 20.0, 1800.0
"""Seconds between looks at the town, and until when it is looked at that often."""
LIMIT = 8 * 3600.0
STUCK = 2 * 3600.0
"""Seconds without any event: longer than any session may take."""
IDLE = 300.0
AFTERMATH = 40.0
"""Seconds until what was lost last is made up for."""


class Outcome(msgspec.Struct, kw_only=True):
    """broken: what was wrong, in words. log: every message, encoded. labels: of all crossings, `story` of which came
    before nothing was left to do. seconds: simulated."""

    broken: list[str]
    log: list[bytes]
    labels: list[str]
    seconds: float
    landed: int
    story: int


class Run:
    """One plan in a world of its own."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.loop = SimulatedLoop()
        self.broken: list[str] = []
        self.world: World | None = None
        self.faults: Faults | None = None
        self.landed = 0
        self.story = 0

    def play(self) -> Outcome:
        done = self.loop.create_future()
        task = self.loop.create_task(self._play(done))
        try:
            self.loop.run_until_complete(done)
        except StuckError:
            self.broken.append("everything waits, and nothing will ever happen")
        except Exception as error:
            self.broken += traceback.format_exception(error)
        finally:
            del task
            self.loop.close()
        return self._outcome()

    async def _play(self, done: "asyncio.Future[None]") -> None:
        def failed(error: Exception) -> None:
            if not done.done():
                done.set_exception(error)

        async with anyio.create_task_group() as group:
            tasks = Tasks(group, failed)
            world = self.world = World(self.plan, tasks)
            tasks.start_soon(self._live, world, done)
            await anyio.sleep_forever()

    async def _live(self, world: World, done: "asyncio.Future[None]") -> None:
        faults = self.faults = Faults(self.plan, world)
        workers = Workers(self.plan, world)
        Daemon(world, faults, workers).start()
        story = Story(world, workers)
        await story.begin()
        faults.start()
        world.tasks.start_soon(story.deeds)
        observer = Observer(world.log)
        await self._settle(world, observer)
        self.story = len(faults.labels)
        await self._judge(world, observer, workers)
        done.set_result(None)

    async def _settle(self, world: World, observer: Observer) -> None:
        """Look after the town until nothing is left to do."""
        caretaker = Caretaker(world, world.dice.of("caretaker"))
        position, since = 0, 0.0
        while True:
            await anyio.sleep(LOOK_EVERY if anyio.current_time() < LOOK_OFTEN else 300.0)
            if anyio.current_time() > self.plan.calm_after:
                world.weather = type(world.weather)()
            await observer.look()
            left = observer.unfinished()
            if not left and anyio.current_time() > self.plan.calm_after + AFTERMATH:
                return
            if observer.position > position:
                position, since = observer.position, anyio.current_time()
            if anyio.current_time() > LIMIT or anyio.current_time() > since + STUCK:
                self.broken += [f"never done: {words}" for words in left]
                return
            await caretaker.look(RIG, observer)

    async def _judge(self, world: World, observer: Observer, workers: Workers) -> None:
        before = await world.log.last_position()
        await anyio.sleep(IDLE)
        await observer.look()
        events = observer.events
        if observer.position != before:
            news = [type(one.envelope.data).__name__ for one in events if one.position > before]
            self.broken.append(f"an idle town wrote {news}")
        self.landed = observer.landed()
        self.broken += workers.broken
        self.broken += laws.what_is_acknowledged_is_stored(world, events)
        self.broken += laws.landed_once(world, events)
        self.broken += laws.nothing_lost(world, events, workers.made, workers.left)
        self.broken += laws.one_at_a_time(events)
        self.broken += laws.target_is_green(world)
        self.broken += laws.every_event_has_a_cause(events)
        self.broken += laws.nothing_parked(events)
        self.broken += laws.hosts_succeed_each_other(events)
        self.broken += laws.nobody_is_ended_for_nothing(self.plan, events)
        self.broken += laws.nobody_is_blamed_for_the_town(events)
        self.broken += laws.views_know_what_roles_know(observer.mayor, world.views)
        self.broken += world.fence.broken
        self.broken += laws.needs_come_first(events)
        self.broken += laws.places_suffice(events, self.plan.places)
        self.broken += await laws.views_are_what_the_log_says(world.log, world.views)
        left = world.machine.alive(("GT_TOWN_MARK", laws.INCARNATION))
        self.broken += [f"process {one} was left" for one in left]

    def _outcome(self) -> Outcome:
        log = [message.payload for message in self.world.log._messages] if self.world else []
        return Outcome(
            broken=self.broken,
            log=log,
            labels=self.faults.labels if self.faults else [],
            seconds=self.loop.time(),
            landed=self.landed,
            story=self.story,
        )


def play(plan: Plan) -> Outcome:
    """Leaves the clock simulated: for a process that does nothing else."""
    return Run(plan).play()
