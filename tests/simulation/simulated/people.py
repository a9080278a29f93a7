"""Those who use the town: they repeat an order by its id until it is answered, as `gt` does."""

from typing import Protocol

import anyio

from gastown import clock
from gastown.actors.commands import mayor as told
from gastown.actors.commands.accounts import OpenAccount
from gastown.actors.commands.asks import AnswerAsk
from gastown.actors.commands.budget import SetBudget
from gastown.actors.commands.command import Command, Order, Owner
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.kernel.answer import Accepted, Answer
from gastown.errors import GastownError
from gastown.events.ids import EventId
from gastown.town import Town
from simulated.apis import Apis
from simulated.dice import Dice
from simulated.observer import Observer
from simulated.process import Process


class LawBrokenError(Exception):
    """Something that must hold did not, in the middle of a run."""


PATIENCE = 8.0
"""Seconds for one answer."""


class TownDoor(Protocol):
    """Where orders are handed in. incarnation: another one once the town was restored: it knows nothing of the rest."""

    incarnation: str
    restored: bool
    acknowledged: list[EventId]
    town: Town | None
    town_process: Process | None


class Person:
    """Whoever gives orders from outside."""

    def __init__(self, door: TownDoor, dice: Dice, actor: str = "overseer") -> None:
        self._door = door
        self._dice = dice
        self._actor = actor

    async def order(self, to: Owner, command: Command) -> Answer:
        """The answer, however long it takes. Now and then it is given twice, and must get the same answer."""
        order = Order(id=clock.new_id(), to=to, actor=self._actor, command=command, time=clock.now())
        answer, asked = await self._insist(order), self._door.incarnation
        if isinstance(answer, Accepted) and self._dice.chance(0.2):
            again = await self._insist(order)
            if asked == self._door.incarnation and not _alike(answer, again):
                raise LawBrokenError(f"{command} was answered first {answer} and then {again}")
        return answer

    async def _insist(self, order: Order) -> Answer:
        while True:
            answer = await self._ask(order)
            if answer is not None:
                return answer
            await anyio.sleep(self._dice.between(0.05, 1.0))

    async def _ask(self, order: Order) -> Answer | None:
        town, process = self._door.town, self._door.town_process
        if town is None or process is None or not process.alive:
            return None
        with anyio.move_on_after(PATIENCE):
            try:
                await process.held()
                answer = await town.runtime.send(order)
                await process.cross("answer on the socket")
            except GastownError:
                return None
            if isinstance(answer, Accepted):
                self._door.acknowledged += [one.envelope.id for one in answer.events]
            return answer
        return None


def _alike(first: Accepted, again: Answer) -> bool:
    return isinstance(again, Accepted) and again.events == (first.events or again.events)


class Caretaker(Person):
    """Lets what is stuck for want of a person go on: a person who looks after the town now and then."""

    def __init__(self, door: TownDoor, dice: Dice, apis: Apis | None = None) -> None:
        """apis: what accounts are taken by, where any were added."""
        super().__init__(door, dice)
        self._apis = apis or Apis(())
        self._number = 0

    async def look(self, rig: str, seen: Observer) -> None:
        for bead in seen.blocked():
            await self.order(MAYOR, told.RetryBead(bead=bead))
        for scope, amount in seen.wanted().items():
            await self.order(MAYOR, SetBudget(scope=scope, amount=amount + 1.0, at=clock.now()))
        for session, ask in seen.asks():
            if self._dice.chance(0.6):
                answer = AnswerAsk(session=session, ask=ask, allow=self._dice.chance(0.7), sender=self._actor)
                await self.order(Owner("polecat", session), answer)
        for account in seen.shut():
            self._apis.log_in(account)
            await self.order(MAYOR, OpenAccount(account=account))
        again = seen.needed()
        if self._door.restored and seen.stopped():  # who would lift it has done so, in what was lost
            await self.order(MAYOR, told.LiftHold(cause="estop"))
        if seen.paused():
            for bead in seen.breaking():
                await self.order(MAYOR, told.UnslingBead(bead=bead, reason="it breaks the gate"))
            await self.order(MAYOR, told.LiftHold(cause="pause", rig=rig))
            again += seen.breaking()
        for bead in again:
            self._number += 1
            await self.order(MAYOR, told.SlingBeads(beads=(bead,), rig=rig, convoy=f"cv-care-{self._number}"))
