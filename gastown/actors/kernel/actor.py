"""One owner at work: takes orders one by one, decides, appends, evolves, answers."""

from typing import Protocol

import anyio

from gastown.actors.commands.codec import tag_of
from gastown.actors.commands.command import Order, Owner
from gastown.actors.kernel.answer import Accepted, Answer
from gastown.actors.kernel.answered import Answered
from gastown.actors.kernel.memory import OwnerMemory, Stamp, appends
from gastown.actors.kernel.parking import Parking
from gastown.actors.kernel.ports import Clock
from gastown.actors.kernel.role import Change, Rejected
from gastown.bus.event_log import Append, EventLog, LogUnavailableError, WrongExpectedVersionError
from gastown.bus.tracing import start_span
from gastown.errors import GastownError
from gastown.events.envelope import Recorded
from gastown.loggers import get_logger

_log = get_logger()

RACES = 3
"""How often a decision is taken anew after another writer was first. There is one writer: even once is an alarm."""


class Request:
    """An order with somebody waiting for its answer."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self._done = anyio.Event()
        self._answer: Answer | GastownError | None = None

    def settle(self, answer: Answer | GastownError) -> None:
        self._answer = answer
        self._done.set()

    async def answer(self) -> Answer:
        await self._done.wait()
        if isinstance(self._answer, GastownError):
            raise self._answer
        if self._answer is None:
            msg = "a request was settled with nothing"
            raise RuntimeError(msg)
        return self._answer


class Ledger(Protocol):
    """What actors share: the log, the clock, what was answered, and how an owner's events are read again."""

    log: EventLog
    clock: Clock
    answered: Answered
    parking: Parking
    position: int

    async def fold(self, owner: Owner) -> OwnerMemory:
        """What the log says about this owner."""
        ...

    def note(self, recorded: Recorded) -> None:
        """This event has been taken in."""
        ...


class Actor:
    """Serial by construction: one `process` at a time, called by the actor's own loop.

    is_current: nothing of this owner is in the log that its memory lacks.
    """

    def __init__(self, memory: OwnerMemory, ledger: Ledger, *, is_current: bool) -> None:
        self.memory = memory
        self.is_current = is_current
        self._ledger = ledger

    async def load(self) -> None:
        """Fold the owner's events again."""
        self.memory = await self._ledger.fold(self.memory.owner)
        self._ledger.parking.add_all(self.memory.parked)
        self.memory.park(self._ledger.parking)
        self.is_current = True

    async def process(self, order: Order) -> Answer:
        """The answer to one order. Raises what the log raises; a bug of a role becomes a rejection with code "bug"."""
        for _ in range(RACES):
            if not self.is_current:
                await self.load()
            first = await self._first_answer(order)
            if first is not None:
                return first
            try:
                return await self._decide(order)
            except WrongExpectedVersionError as race:
                _log.warning("someone else wrote to an entity of ours", entity=str(race.entity), actual=race.actual)
                self.is_current = False
            except LogUnavailableError:
                self.is_current = False  # it may have been stored all the same
                raise
            except GastownError:
                raise
            except Exception as bug:
                _log.exception("a role failed", owner=str(self.memory.owner), command=tag_of(order.command))
                await self.load()
                return Rejected(f"{type(bug).__name__}: {bug}", "this is a bug: see logs/town.log", "bug")
        return Rejected(f"another writer keeps changing {self.memory.owner}", "is a second town running?", "taken")

    async def _first_answer(self, order: Order) -> Accepted | None:
        """What an order with this id was answered before, found in the log."""
        positions = self._ledger.answered.positions(order.id)
        if not positions:
            return None
        events = [event for position in positions for event in await self._ledger.log.read_position(position)]
        return Accepted(positions[-1], tuple(events))

    async def _decide(self, order: Order) -> Answer:
        with start_span(f"decide {tag_of(order.command)}", order.traceparent) as span:
            parking = self._ledger.parking
            decision = parking.refusal(order.command) or self.memory.role.decide(self.memory.state, order.command)
            if isinstance(decision, Rejected):
                return decision
            if refusal := parking.refuses_changes(change.entity for change in decision):
                return refusal
            if not decision:
                return Accepted(self._ledger.position)
            return await self._record(order, decision, span.traceparent)

    async def _record(self, order: Order, decision: tuple[Change, ...], traceparent: str) -> Accepted:
        clock = self._ledger.clock
        ids = [clock.new_id() for _ in decision][::-1]
        stamp = Stamp(order=order, time=clock.now(), traceparent=traceparent, ids=ids)
        batch = appends(self.memory, decision, stamp)
        positions = await self._ledger.log.append(batch)
        events = _recorded(batch, positions)
        for recorded in events:
            self.memory.absorb(recorded)
            self._ledger.note(recorded)
        return Accepted(max(positions), events)


def _recorded(batch: tuple[Append, ...], positions: tuple[int, ...]) -> tuple[Recorded, ...]:
    return tuple(
        Recorded(position=position, index=index, entity=append.entity, envelope=envelope)
        for append, position in zip(batch, positions, strict=True)
        for index, envelope in enumerate(append.envelopes)
    )
