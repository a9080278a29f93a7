"""What other towns say to this one is told to the Mayor and the Deacon, each word in its turn, until they have it.

A bead that comes with long texts is told of once those lie beside this town's log: its events may name them, then.
Commits that come along are fetched later, by the host: they may be large, and nobody's words wait for them.
"""

import anyio

from gastown.actors.commands.abroad import HearHandover, HearWatch
from gastown.actors.commands.command import Command, Order, Owner
from gastown.actors.commands.deacon import DEACON, CloseEscalation, RaiseEscalation
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.kernel.role import Rejected
from gastown.actors.kernel.runtime import Runtime
from gastown.api import letters
from gastown.bus.arrivals import Arrival, Arrivals
from gastown.bus.copies import Copies
from gastown.bus.subjects import incarnation_of
from gastown.bus.texts import Texts
from gastown.errors import GastownError
from gastown.events import membership
from gastown.events.envelope import Recorded
from gastown.events.handover import BeadHandedOver, HandoverEvent
from gastown.events.ids import Entity
from gastown.events.kept import digests_in
from gastown.events.letter import LetterEvent
from gastown.events.watch import WatchEvent
from gastown.loggers import get_logger
from gastown.projections.kernel.runner import Runner
from gastown.projections.kernel.store import Store

_log = get_logger("gastown.town")

AGAIN = 1.0
"""Seconds until a word is told again that was not taken. What its town says after it waits; other towns' does not."""
VIEWS_PATIENCE = 20.0


class Hearing:
    """Enter `run` in a task group. store: in it the address of a letter is looked up.

    What this version cannot read is not taken: a person is told, and after an upgrade that town is heard on from there.
    """

    def __init__(
        self, arrivals: Arrivals, runtime: Runtime, runner: Runner, store: Store, texts: Texts, copies: Copies
    ) -> None:
        self._arrivals = arrivals
        self._texts = texts
        self._copies = copies
        self._runtime = runtime
        self._runner = runner
        self._store = store
        self._unread: set[str] = set()

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
        """Whoever is not taken is handed out again at once: nobody else waits for it, so it is waited after two."""
        failed = False
        while True:
            arrival = await self._arrivals.next()
            if await self._is_heard(arrival):
                await self._take(arrival)
                failed = False
            elif failed:
                await anyio.sleep(AGAIN)
            else:
                failed = True

    async def _is_heard(self, arrival: Arrival) -> bool:
        try:
            for recorded in arrival.events:
                order = await self._order(arrival, recorded)
                if order is None:
                    await self._escalate(arrival)
                    return False
                if isinstance(recorded.envelope.data, BeadHandedOver):
                    await self._bring(arrival, recorded.envelope.data)
                answer = await self._runtime.send(order)
                if isinstance(answer, Rejected):
                    _log.error("a word of another town is not taken", town=arrival.town, reason=answer.reason)
                    return False
        except GastownError as error:
            _log.warning("a word of another town is not taken yet", town=arrival.town, reason=error.message)
            return False
        await self._settle(arrival.town)
        return True

    async def _bring(self, arrival: Arrival, fact: BeadHandedOver) -> None:
        """What lies beside that town's log, to beside ours. Raises TextLostError: the hub lacks it, as yet."""
        theirs = self._copies.texts(arrival.town, incarnation_of(arrival.stream))
        for digest in digests_in(fact.parcel):
            if not await self._texts.holds(digest):
                await self._texts.keep(await theirs.text(digest))

    async def _escalate(self, arrival: Arrival) -> None:
        if arrival.town in self._unread:
            return
        self._unread.add(arrival.town)
        _log.warning("a word of another town cannot be read", town=arrival.town, entity=str(arrival.entity))
        about = Entity(membership.KIND, membership.TOWN)
        reason = f"{arrival.town} says what this version cannot read, about {arrival.entity}; what it says waits"
        hint = "install the version here that the other town runs"
        key = _unread(arrival.town)
        raised = RaiseEscalation(escalation=key, about=about, severity="high", reason=reason, hint=hint)
        await self._tell(f"raise:{key}:{arrival.stream}:{arrival.position}", raised)

    async def _settle(self, town: str) -> None:
        """What an earlier version could not read, this one can."""
        if self._runtime.state_of(DEACON).raised.get(_unread(town)):
            await self._tell(self._runtime.clock.new_id(), CloseEscalation(escalation=_unread(town), how="it is read"))
        self._unread.discard(town)

    async def _tell(self, key: str, command: Command) -> None:
        await self._runtime.send(
            Order(id=key, to=DEACON, actor="town", command=command, time=self._runtime.clock.now())
        )

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
            of = incarnation_of(arrival.stream)
            heard = HearHandover(town=arrival.town, bead=bead, position=arrival.position, fact=fact, incarnation=of)
            return MAYOR, heard
        if isinstance(fact, WatchEvent):
            return MAYOR, HearWatch(town=arrival.town, bead=bead, position=arrival.position, fact=fact)
        if isinstance(fact, LetterEvent):
            await self._runner.wait_for(self._runtime.position, VIEWS_PATIENCE)
            return DEACON, letters.heard(self._store, arrival, fact)
        return None


def _unread(town: str) -> str:
    """The escalation."""
    return f"unread.{town}"
