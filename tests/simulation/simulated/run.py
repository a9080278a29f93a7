"""One plan, from the first event until nothing is left to do, and what was wrong with it."""

import asyncio
import traceback

import anyio
import msgspec

from gastown.events.envelope import Recorded
from gastown.events.session import SessionEnded, SessionOpened, SessionStarted
from gastown.events.turn import MessagesTaken, TurnEnded
from simulated import account_laws, bugs, copies, handing_laws, laws, mail_laws, money_laws, turn_laws
from simulated.dice import Dice
from simulated.faults import Faults
from simulated.lives import Daemon
from simulated.loop import SimulatedLoop, StuckError
from simulated.moves import Moves
from simulated.observer import Observer
from simulated.people import Caretaker
from simulated.plan import MOVES, Plan
from simulated.story import Story
from simulated.talkers import Talkers
from simulated.workers import Workers
from simulated.world import RIG, Ground, Place, Tasks, World

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
    sessions: int
    turns: int
    told: int
    worked: float
    kills: int
    false_kills: int


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
        self.sessions = self.turns = self.told = self.kills = 0
        self.worked = 0.0
        self.false_kills: list[str] = []

    def play(self) -> Outcome:
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
        return self._outcome()

    async def _play(self, done: "asyncio.Future[None]") -> None:
        def failed(error: Exception) -> None:
            if not done.done():
                done.set_exception(error)

        async with anyio.create_task_group() as group:
            tasks = Tasks(group, failed)
            dice = Dice(self.plan.seed, "world")
            world = self.world = World(self.plan, tasks, dice, Ground(dice), Place())
            tasks.start_soon(self._live, world, done)
            await anyio.sleep_forever()

    async def _live(self, world: World, done: "asyncio.Future[None]") -> None:
        faults = self.faults = Faults(self.plan, world)
        workers = Workers(self.plan, world)
        world.tasks.start_soon(world.machine.run)
        talkers = Talkers(workers, world.apis)
        Daemon(world, faults, talkers).start()
        story = Story(world, workers)
        await story.begin()
        faults.start()
        moves = Moves(world, talkers)
        for fault in self.plan.faults:
            if fault.kind in MOVES:
                world.tasks.start_soon(moves.befall, fault)
        world.tasks.start_soon(story.deeds)
        observer = Observer(world)
        await self._settle(world, observer, moves)
        self.story = len(faults.labels)
        await self._judge(world, observer, workers)
        self._judge_turns(world, observer, talkers)
        self.broken += moves.broken
        done.set_result(None)

    async def _settle(self, world: World, observer: Observer, moves: Moves) -> None:
        """Look after the town until nothing is left to do."""
        caretaker = Caretaker(world, world.dice.of("caretaker"), world.apis)
        taken, since = 0, 0.0
        while True:
            await anyio.sleep(LOOK_EVERY if anyio.current_time() < LOOK_OFTEN else 300.0)
            if anyio.current_time() > self.plan.calm_after:
                world.weather = type(world.weather)()
            await observer.look()
            left = observer.unfinished()
            if observer.taken != taken:
                taken, since = observer.taken, anyio.current_time()
            quiet_since = max(since, self.plan.calm_after)
            if not left and not moves.under_way and anyio.current_time() > quiet_since + AFTERMATH:
                return
            if anyio.current_time() > LIMIT or anyio.current_time() > since + STUCK:
                if not self.plan.usurped:
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
        self._count(events)
        self._judge_facts(world, events, workers)
        if not self.plan.usurped:
            await self._judge_order(world, observer)

    def _count(self, events: list[Recorded]) -> None:
        ended = [one.envelope.data for one in events if isinstance(one.envelope.data, SessionEnded)]
        self.false_kills = list(laws.nobody_is_ended_for_nothing(self.plan, events))
        self.sessions = sum(isinstance(one.envelope.data, SessionOpened) for one in events)
        self.turns = sum(isinstance(one.envelope.data, TurnEnded) for one in events)
        self.told = sum(isinstance(one.envelope.data, MessagesTaken) for one in events)
        began = {one.entity: one.envelope.time for one in events if isinstance(one.envelope.data, SessionStarted)}
        over = {one.entity: one.envelope.time for one in events if isinstance(one.envelope.data, SessionEnded)}
        self.worked = sum(over[one] - began[one] for one in began.keys() & over.keys())
        self.kills = sum(one.outcome in laws.ENDED_BY_THE_TOWN for one in ended)

    def _judge_facts(self, world: World, events: list[Recorded], workers: Workers) -> None:
        """What holds also while two town processes believe to be the only one."""
        self.broken += self.false_kills
        self.broken += workers.broken
        self.broken += laws.what_is_acknowledged_is_stored(world, events)
        self.broken += laws.landed_once(world, events)
        self.broken += laws.nothing_lost(world, events, workers.made, workers.left)
        self.broken += laws.one_at_a_time(events)
        self.broken += laws.target_is_green(world)
        self.broken += laws.every_event_has_a_cause(events)
        self.broken += world.fence.broken
        self.broken += laws.what_landed_is_found(world, events)
        left = world.machine.alive(("GT_TOWN_MARK", world.incarnation))
        self.broken += [f"process {one} was left" for one in left]

    def _judge_turns(self, world: World, observer: Observer, talkers: Talkers) -> None:
        """What holds of agents that take turns."""
        events = observer.events
        self.broken += turn_laws.turns_begin_and_end_once(events, talkers.told, restored=world.restored)
        self.broken += turn_laws.messages_are_told_once(events, talkers.told, restored=world.restored)
        self.broken += turn_laws.reminders_are_bounded(events)
        self.broken += turn_laws.resumes_are_bounded(events)
        self.broken += turn_laws.nobody_is_charged_for_an_api(events, talkers.came)
        self.broken += account_laws.the_throttled_are_left_alone(events, talkers.came)
        self.broken += turn_laws.ends_are_typed(events, talkers.came)
        silent, swept = talkers.silent | world.killed, any(one.kind == "succeed" for one in self.plan.faults)
        self.broken += turn_laws.failures_are_as_they_were(events, talkers.came, silent, swept=swept)
        self.broken += turn_laws.nobody_is_charged_for_a_host(events, silent, swept=swept)
        self.broken += turn_laws.only_what_was_committed_is_handed_in(world, events)
        self.broken += turn_laws.nothing_is_told_before_it_has_started(events)
        self.broken += account_laws.a_session_has_one_account(events, world.apis.asked)
        if not self.plan.usurped:
            self.broken += account_laws.work_goes_where_it_may(events)
            if not world.restored:
                self.broken += account_laws.nobody_asks_before_its_time(events, world.apis.asked)
            self.broken += handing_laws.who_goes_on_has_what_was_done(events)
            self.broken += handing_laws.notes_are_told_to_who_goes_on(events, talkers.told)
            self.broken += handing_laws.attempts_are_counted_on(events, observer.mayor)
            self.broken += money_laws.every_turn_is_permitted(events)
            self.broken += money_laws.budgets_hold(events)
            self.broken += money_laws.turns_are_settled_once(events)
            self.broken += mail_laws.mail_comes_to_an_end(events, observer.mayor, talkers.told)
            self.broken += mail_laws.nudges_are_told_or_sent_back(events)
            if not world.restored:
                self.broken += mail_laws.nothing_is_allowed_by_itself(events, talkers.allowed)

    async def _judge_order(self, world: World, observer: Observer) -> None:
        """What one town process keeps, as it knows all that was decided."""
        events = observer.events
        self.broken += laws.nothing_parked(events)
        self.broken += laws.hosts_succeed_each_other(events)
        self.broken += laws.nobody_is_blamed_for_the_town(events)
        self.broken += copies.views_know_what_roles_know(observer.mayor, world.views)
        self.broken += laws.needs_come_first(events)
        self.broken += laws.places_suffice(events, self.plan.places)
        self.broken += await copies.views_are_what_the_log_says(world.log, world.views)
        self.broken += await copies.snapshots_are_what_the_log_says(world)
        self.broken += laws.nothing_begins_where_there_is_a_hold(events)

    def _outcome(self) -> Outcome:
        log = [message.payload for message in self.world.log._messages] if self.world else []
        return Outcome(
            broken=self.broken,
            log=log,
            labels=self.faults.labels if self.faults else [],
            seconds=self.loop.time(),
            landed=self.landed,
            story=self.story,
            sessions=self.sessions,
            turns=self.turns,
            told=self.told,
            worked=self.worked,
            kills=self.kills,
            false_kills=len(self.false_kills),
        )


def play(plan: Plan) -> Outcome:
    """Leaves the clock simulated: for a process that does nothing else."""
    return Run(plan).play()
