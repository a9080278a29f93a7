"""The loop itself: every order goes to its owner, every decision to the log, everything due into the world."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
from anyio.abc import TaskGroup, TaskStatus

from gastown.actors.commands.command import Order, Owner
from gastown.actors.effects import Effect, HostEffect, RemindAt, Tell
from gastown.actors.kernel.actor import Actor, Request
from gastown.actors.kernel.answer import Answer
from gastown.actors.kernel.answered import Answered
from gastown.actors.kernel.in_flight import InFlight
from gastown.actors.kernel.inbox import Inbox
from gastown.actors.kernel.memory import OwnerMemory, Thread
from gastown.actors.kernel.parking import Parking
from gastown.actors.kernel.ports import Clock, Performer
from gastown.actors.kernel.role import Role
from gastown.actors.kernel.teller import Teller
from gastown.bus.event_log import EventLog
from gastown.errors import GastownError
from gastown.events.codec import KINDS
from gastown.events.envelope import Recorded
from gastown.events.ids import Entity
from gastown.events.unreadable import Unreadable


class _Desk:
    """One actor, the orders waiting for it, and its effects in flight."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.loaded = False
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
    ) -> None:
        self.log = log
        self.clock = clock
        self.answered = Answered()
        self.parking = Parking()
        self.position = 0
        self._roles = roles
        self._owner_of = owner_of
        self._performer = performer
        self._desks: dict[Owner, _Desk] = {}
        self._tasks: TaskGroup | None = None
        self._teller = Teller(self.send, clock)

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Fold the whole log, start what is due, then work until cancelled."""
        await self._replay()
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            for desk in list(self._desks.values()):
                self._open(desk)
            task_status.started()
            await anyio.sleep_forever()

    async def send(self, order: Order) -> Answer:
        """Have `order` decided by its owner; the answer to an id seen before is the first one.

        Raises LogUnavailableError and LogFullError; the order may then be sent again.
        """
        request = Request(order)
        self._desk(order.to).inbox.put(request)
        return await request.answer()

    def state_of(self, owner: Owner) -> Any:
        """What the owner's role knows now. Not for a polecat: its events are loaded only when it is told something."""
        desk = self._desks.get(owner)
        return desk.actor.memory.state if desk else self._roles[owner.role].initial(owner)

    def thread_of(self, owner: Owner, entity: Entity) -> Thread | None:
        """The last event of one of its entities, for what comes of it. None: there is none yet."""
        desk = self._desks.get(owner)
        return desk.actor.memory.threads.get(entity) if desk else None

    def hand_over_again(self) -> None:
        """The host may have lost what it was given: everything due there goes out once more."""
        for desk in self._desks.values():
            if desk.effects is not None:
                due = self._due(desk)
                desk.effects.forget(effect.key for effect in due if isinstance(effect, HostEffect))
                desk.effects.match(due)

    async def reload(self, memory: OwnerMemory) -> AsyncIterator[Recorded]:
        """Every event of this owner. A polecat's are one session's; the others' are picked out of the whole log."""
        if memory.owner.role == "polecat":
            for recorded in await self.log.read_entity(Entity("session", memory.owner.id)):
                yield recorded
            return
        async for events in self.log.read():
            for recorded in events:
                if recorded.entity.kind in KINDS and self._owner_of(recorded.entity) == memory.owner:
                    yield recorded

    async def _replay(self) -> None:
        async for events in self.log.read():
            for recorded in events:
                self._remember(recorded)
        for owner, desk in list(self._desks.items()):
            desk.loaded = True
            if self.parking:
                desk.actor.memory.park(self.parking)
            if desk.actor.memory.is_over:
                del self._desks[owner]

    def _remember(self, recorded: Recorded) -> None:
        self.position = recorded.position
        if isinstance(recorded.envelope.data, Unreadable):
            self.parking.add(recorded.entity, recorded.envelope.data)
            if recorded.entity.kind not in KINDS:
                return
        owner = self._owner_of(recorded.entity)
        desk = self._desks.get(owner) or self._desks.setdefault(owner, self._new_desk(owner))
        desk.actor.memory.absorb(recorded)
        self.answered.note(recorded.envelope.command, recorded.position)
        if owner.role == "polecat" and desk.actor.memory.is_over:
            del self._desks[owner]  # most sessions of a long log: not kept until the end of the replay

    def _new_desk(self, owner: Owner) -> _Desk:
        return _Desk(Actor(OwnerMemory(self._roles[owner.role], owner), self))

    def _desk(self, owner: Owner) -> _Desk:
        desk = self._desks.get(owner)
        if desk is None:
            desk = self._desks[owner] = self._new_desk(owner)
            desk.loaded = owner.role != "polecat"  # the others' events were all seen in the replay
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
        while not (desk.actor.memory.is_over and desk.inbox.is_empty() and desk.loaded):
            request = await desk.inbox.next()
            request.settle(await self._answer(desk, request.order))
            if desk.effects is not None:
                desk.effects.match(self._due(desk))
        del self._desks[desk.actor.memory.owner]

    async def _answer(self, desk: _Desk, order: Order) -> Answer | GastownError:
        try:
            if not desk.loaded:
                await desk.actor.load()
                desk.loaded = True
            return await desk.actor.process(order)
        except GastownError as error:
            return error

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
