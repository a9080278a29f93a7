"""The loop itself: every order goes to its owner, every decision to the log, everything due into the world."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import anyio
from anyio.abc import TaskGroup, TaskStatus

from gastown.actors.commands.command import Order, Owner
from gastown.actors.effects import Effect, RemindAt, Tell, host_of
from gastown.actors.kernel.absorbed import Absorbed
from gastown.actors.kernel.actor import Actor, Request
from gastown.actors.kernel.answer import Answer
from gastown.actors.kernel.answered import Answered
from gastown.actors.kernel.in_flight import InFlight
from gastown.actors.kernel.inbox import Inbox
from gastown.actors.kernel.memory import OwnerMemory, Thread
from gastown.actors.kernel.parking import Parking
from gastown.actors.kernel.ports import Clock, Performer
from gastown.actors.kernel.role import Role
from gastown.actors.kernel.snapshot import Moment, Remembered
from gastown.actors.kernel.snapshots import Snapshots
from gastown.actors.kernel.teller import Teller
from gastown.bus.event_log import EventLog, LogUnavailableError
from gastown.errors import GastownError
from gastown.events.codec import KINDS
from gastown.events.envelope import Recorded
from gastown.events.ids import Entity, HostName
from gastown.events.unreadable import Unreadable

AGAIN = 0.2
"""Seconds between tries to reach a log that is away."""


class _Desk:
    """One actor, the orders waiting for it, and its effects in flight."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.inbox = Inbox()
        self.effects: InFlight | None = None


class Runtime:
    """All owners of one town. Enter `run` in a task group; `send` works from then on."""

    def __init__(
        self,
        log: EventLog,
        roles: dict[str, Role[Any]],
        owner_of: Callable[[Entity], Owner],
        performer: Performer,
        clock: Clock,
        snapshots: Snapshots | None = None,
    ) -> None:
        self.log = log
        self.clock = clock
        self.answered = Answered()
        self.absorbed = Absorbed()
        self.parking = Parking()
        self.position = 0
        self._roles = roles
        self._owner_of = owner_of
        self._performer = performer
        self._snapshots = snapshots
        self._desks: dict[Owner, _Desk] = {}
        self._tasks: TaskGroup | None = None
        self._teller = Teller(self.send, clock)

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Fold the log, start what is due, then work until cancelled."""
        await self.replay()
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            for desk in list(self._desks.values()):
                self._open(desk)
            task_status.started()
            if self._snapshots is None:
                await anyio.sleep_forever()
            else:
                await self._snapshots.keep(self.absorbed, self.moment)

    async def send(self, order: Order) -> Answer:
        """Have `order` decided by its owner; the answer to an id seen before is the first one.

        Raises LogUnavailableError and LogFullError; the order may then be sent again.
        """
        request = Request(order)
        self._desk(order.to).inbox.put(request)
        return await request.answer()

    def attend(self, owner: Owner) -> None:
        """Have this owner at work even if nothing has ever happened to it: its first state may wait for something."""
        self._desk(owner)

    def state_of(self, owner: Owner) -> Any:
        """What the owner's role knows now. Not for a polecat: its events are loaded only when it is told something."""
        desk = self._desks.get(owner)
        return desk.actor.memory.state if desk else self._roles[owner.role].initial(owner)

    def thread_of(self, owner: Owner, entity: Entity) -> Thread | None:
        """The last event of one of its entities, for what comes of it. None: there is none yet."""
        desk = self._desks.get(owner)
        return desk.actor.memory.threads.get(entity) if desk else None

    def hand_over_again(self, host: HostName) -> None:
        """This host may have lost what it was given: everything due there goes out once more."""
        for desk in self._desks.values():
            if desk.effects is not None:
                due = self._due(desk)
                desk.effects.forget(effect.key for effect in due if host_of(effect) == host)
                desk.effects.match(due)

    async def fold(self, owner: Owner) -> OwnerMemory:
        """A polecat's events are one session's; the others' are picked out of what came after the last snapshot."""
        memory, begin = OwnerMemory(self._roles[owner.role], owner), 0
        if owner.role != "polecat" and self._snapshots and (past := await self._snapshots.past(owner)):
            memory, begin = past.memories.get(owner, memory), past.position
        unseen: list[Recorded] = []
        async for message in self._messages_of(owner, begin):
            _take_in(memory, message)
            unseen += [recorded for recorded in message if recorded.position > self.absorbed.position]
        for recorded in unseen:  # not before: a fold that fails has taken in nothing
            self.note(recorded)
        return memory

    async def _messages_of(self, owner: Owner, after: int) -> AsyncIterator[Sequence[Recorded]]:
        """A polecat's events all at once: its memory is always made of nothing."""
        if owner.role == "polecat":
            if events := await self.log.read_entity(Entity("session", owner.id)):
                yield events
            return
        async for message in self.log.read(after=after):
            entity = message[0].entity
            if entity.kind in KINDS and self._owner_of(entity) == owner:
                yield message

    def note(self, recorded: Recorded) -> None:
        self.answered.note(recorded.envelope.command, recorded.position)
        self.absorbed.note(recorded.position, recorded.envelope.id)
        self.position = max(self.position, recorded.position)

    async def replay(self) -> None:
        """Take in the log: its newest snapshot, and what came after that."""
        past = await self._snapshots.past() if self._snapshots else None
        if past is not None:
            self.answered, self.absorbed = Answered(past.answered), Absorbed(past.position, past.event)
            self.position = past.position
            for owner, memory in past.memories.items():
                self._desks[owner] = self._new_desk(memory, is_current=True)
        async for message in self.log.read(after=self.position):
            self._remember(message)
        for owner, desk in list(self._desks.items()):
            if self.parking:
                desk.actor.memory.park(self.parking)
            if desk.actor.memory.is_over:
                del self._desks[owner]

    def _remember(self, message: Sequence[Recorded]) -> None:
        entity = message[0].entity
        for recorded in message:
            if isinstance(recorded.envelope.data, Unreadable):
                self.parking.add(entity, recorded.envelope.data)
        if entity.kind not in KINDS:
            self.note(message[-1])
            return
        owner = self._owner_of(entity)
        desk = self._desks.get(owner)
        if desk is None:
            memory = OwnerMemory(self._roles[owner.role], owner)
            desk = self._desks[owner] = self._new_desk(memory, is_current=True)
        _take_in(desk.actor.memory, message)
        for recorded in message:
            self.note(recorded)
        if owner.role == "polecat" and desk.actor.memory.is_over:
            del self._desks[owner]  # most sessions of a long log: not kept until the end of the replay

    def moment(self) -> Moment:
        """What all owners remember now."""
        memories = (desk.actor.memory for desk in self._desks.values() if not desk.actor.memory.is_over)
        remembered = (
            Remembered(role=memory.role, owner=memory.owner, state=memory.state, threads=memory.threads.copy())
            for memory in memories
        )
        return Moment(
            position=self.absorbed.position,
            event=self.absorbed.event,
            answered=self.answered.items(),
            owners=tuple(remembered),
            parked=bool(self.parking),
        )

    def _new_desk(self, memory: OwnerMemory, *, is_current: bool) -> _Desk:
        return _Desk(Actor(memory, self, is_current=is_current))

    def _desk(self, owner: Owner) -> _Desk:
        desk = self._desks.get(owner)
        if desk is None:
            is_current = owner.role != "polecat"  # the others' events were all seen in the replay
            memory = OwnerMemory(self._roles[owner.role], owner)
            desk = self._desks[owner] = self._new_desk(memory, is_current=is_current)
            self._open(desk)
        return desk

    def _open(self, desk: _Desk) -> None:
        if self._tasks is None:
            msg = "the runtime is not running"
            raise RuntimeError(msg)

        async def start(effect: Effect) -> None:
            await self._start(desk, effect)

        desk.effects = InFlight(self._tasks, start)
        desk.effects.match(self._due(desk))
        self._tasks.start_soon(self._work, desk, name=str(desk.actor.memory.owner))

    async def _work(self, desk: _Desk) -> None:
        """The actor's own loop: until it is over and nobody waits."""
        while not (desk.actor.memory.is_over and desk.inbox.is_empty() and desk.actor.is_current):
            request = await desk.inbox.next()
            request.settle(await self._answer(desk, request.order))
            await self._make_current(desk.actor)
            if desk.effects is not None:
                desk.effects.match(self._due(desk))
        del self._desks[desk.actor.memory.owner]

    async def _answer(self, desk: _Desk, order: Order) -> Answer | GastownError:
        try:
            return await desk.actor.process(order)
        except GastownError as error:
            return error

    async def _make_current(self, actor: Actor) -> None:
        """What may have been stored without our knowing may have made something due: nobody else would start it."""
        while not actor.is_current:
            try:
                await actor.load()
            except LogUnavailableError:
                await anyio.sleep(AGAIN)

    def _due(self, desk: _Desk) -> tuple[Effect, ...]:
        memory = desk.actor.memory
        due = memory.role.due(memory.state)
        return tuple(effect for effect in due if not self.parking.holds(effect)) if self.parking else due

    async def _start(self, desk: _Desk, effect: Effect) -> None:
        memory = desk.actor.memory
        thread = memory.threads.get(effect.about)
        cause, traceparent = (thread.event, thread.traceparent) if thread else ("", "")
        match effect:
            case Tell():
                await self._teller.tell(memory.owner, effect, cause, traceparent)
            case RemindAt():
                await self._teller.remind(memory.owner, effect, cause, traceparent)
            case _:
                await self._performer.perform(effect, cause=cause, traceparent=traceparent)


def _take_in(memory: OwnerMemory, message: Sequence[Recorded]) -> None:
    """What a snapshot held already is passed over."""
    known = memory.version(message[0].entity)
    for recorded in message:
        if recorded.position > known:
            memory.absorb(recorded)
