"""What other towns say to this one is told to the Mayor and the Deacon, each word in its turn, until they have it."""

import anyio
import structlog

from gastown.actors.commands.abroad import HearHandover, HearWatch
from gastown.actors.commands.command import Command, Order, Owner
from gastown.actors.commands.deacon import DEACON
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.kernel.role import Rejected
from gastown.actors.kernel.runtime import Runtime
from gastown.api import letters
from gastown.bus.arrivals import Arrival, Arrivals
from gastown.errors import GastownError
from gastown.events.envelope import Recorded
from gastown.events.handover import HandoverEvent
from gastown.events.letter import LetterEvent
from gastown.events.watch import WatchEvent
from gastown.projections.kernel.runner import Runner
from gastown.projections.kernel.store import Store

_log = structlog.get_logger("gastown.town")

AGAIN = 1.0
"""Seconds until a word is told again that was not taken. What its town says after it waits; other towns' does not."""
VIEWS_PATIENCE = 20.0


class Hearing:
    """Enter `run` in a task group. store: in it the address of a letter is looked up."""

    def __init__(self, arrivals: Arrivals, runtime: Runtime, runner: Runner, store: Store) -> None:
        self._arrivals = arrivals
        self._runtime = runtime
        self._runner = runner
        self._store = store

    async def run(self) -> None:
        """While the town is a member of a hub; until cancelled."""
        while True:
            await self._until(member=True)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._hear)
                await self._until(member=False)
                tasks.cancel_scope.cancel()

    async def _until(self, *, member: bool) -> None:
        while True:
            position = self._store.position
            if bool(self._runtime.state_of(MAYOR).membership.hub) == member:
                return
            await self._runner.changed(position)

    async def _hear(self) -> None:
        while True:
            arrival = await self._arrivals.next()
            if await self._is_heard(arrival):
                await self._take(arrival)
            else:
                await anyio.sleep(AGAIN)

    async def _is_heard(self, arrival: Arrival) -> bool:
        try:
            for recorded in arrival.events:
                order = await self._order(arrival, recorded)
                answer = await self._runtime.send(order) if order else None
                if isinstance(answer, Rejected):
                    _log.error("a word of another town is not taken", town=arrival.town, reason=answer.reason)
                    return False
        except GastownError as error:
            _log.warning("a word of another town is not taken yet", town=arrival.town, reason=error.message)
            return False
        return True

    async def _take(self, arrival: Arrival) -> None:
        try:
            await self._arrivals.taken(arrival)
        except GastownError as error:
            _log.warning("a word of another town will come again", town=arrival.town, reason=error.message)

    async def _order(self, arrival: Arrival, recorded: Recorded) -> Order | None:
        """None: it is nothing that this version understands.

        It goes on in the trace that it was said in.
        """
        found = await self._command(arrival, recorded)
        if found is None:
            _log.warning("a word of another town cannot be read", town=arrival.town, entity=str(arrival.entity))
            return None
        to, command = found
        said = recorded.envelope
        return Order(
            id=f"heard:{said.id}",
            to=to,
            actor=f"town/{arrival.town}",
            command=command,
            traceparent=said.traceparent,
            time=self._runtime.clock.now(),
        )

    async def _command(self, arrival: Arrival, recorded: Recorded) -> tuple[Owner, Command] | None:
        bead, fact = arrival.entity.id.partition(".")[2], recorded.envelope.data
        if isinstance(fact, HandoverEvent):
            return MAYOR, HearHandover(town=arrival.town, bead=bead, position=arrival.position, fact=fact)
        if isinstance(fact, WatchEvent):
            return MAYOR, HearWatch(town=arrival.town, bead=bead, position=arrival.position, fact=fact)
        if isinstance(fact, LetterEvent):
            await self._runner.wait_for(self._runtime.position, VIEWS_PATIENCE)
            return DEACON, letters.heard(self._store, arrival, fact)
        return None
