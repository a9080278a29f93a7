"""A moved log is brought to rest by its own roles: what was under way where it was written does not run here."""

import anyio
import msgspec

from gastown import clock
from gastown.actors.commands.command import Command, Order, Owner
from gastown.actors.commands.deacon import DEACON
from gastown.actors.commands.mayor import MAYOR, MoveRig
from gastown.actors.commands.membership import LeaveHub
from gastown.actors.commands.polecat import ReportAgentEnded
from gastown.actors.commands.refinery import ReportLandingRefused, ReportRaced, WithdrawSubmission
from gastown.actors.effects import Effect
from gastown.actors.kernel.role import Rejected
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.refinery.state import Landing
from gastown.actors.roles import ROLES, owner_of
from gastown.bus.event_log import EventLog
from gastown.errors import RefusedError
from gastown.events import target
from gastown.events.ids import Entity
from gastown.events.target import QueueFreed, QueueHeld
from gastown.moving.parts import RigPart
from gastown.projections.kernel.runner import Runner
from gastown.projections.kernel.store import Record, Store

_PATIENCE = 60.0  # seconds; the roles take milliseconds

_RUNNING = "SELECT id FROM sessions WHERE ended_at IS NULL"
_ASSIGNED = "SELECT count(*) AS many FROM beads WHERE session <> '' AND submission = '' AND closed = ''"
_QUEUED = "SELECT id, rig, stage FROM submissions WHERE ended = 0"
_LEAVING = "SELECT id, rig, stage FROM submissions WHERE ended = 0 AND stage IN ('landing', 'proven', 'proposed')"


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """to: said of the town as a whole. why: in a few words. hint: the next step, {rig} for its name.

    detach: the rigs lose their origins, and whatever was on its way there is called off. forsake: what was submitted
    lies nowhere any more: it is withdrawn, and its beads are worked on anew, from nothing.
    """

    to: Command
    mark: str
    why: str
    hint: str
    detach: bool = False
    forsake: bool = False


class NobodysHost:
    """Takes every effect and carries out none."""

    async def perform(self, effect: Effect, *, cause: str, traceparent: str) -> None:
        del effect, cause, traceparent


class Settling:
    """One moved log, its roles at work on it, and nobody else."""

    def __init__(self, log: EventLog, store: Store, move: Move) -> None:
        self._log = log
        self._store = store
        self._move = move
        self._told: set[str] = set()
        self._runner = Runner(store, log)
        self._runtime = Runtime(log, ROLES, owner_of, NobodysHost(), clock)

    async def settle(self, rigs: tuple[RigPart, ...]) -> int:
        """Returns the position at which it is at rest; the views stand there. Raises RefusedError, UnreachableError."""
        limit = anyio.CancelScope()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._runner.run)
            await tasks.start(self._runtime.run)
            await self._tell(DEACON, self._move.to)
            await self._tell(MAYOR, LeaveHub(reason=self._move.why, fork=self._move.detach))
            for rig in rigs:
                await self._move_rig(rig)
            limit.deadline = anyio.current_time() + _PATIENCE
            with limit:
                await self._until_at_rest([Entity(target.KIND, rig.name) for rig in rigs])
            tasks.cancel_scope.cancel()
        if limit.cancelled_caught:
            raise RefusedError("what was under way in the copied log does not come to an end")
        return self._store.position

    async def _move_rig(self, rig: RigPart) -> None:
        move, hint = self._move, self._move.hint.format(rig=rig.name)
        moved = MoveRig(
            rig=rig.name,
            mark=move.mark,
            reason=move.why,
            hint=hint,
            detach=move.detach,
            since=rig.last_landing,
            bare=move.forsake,
        )
        await self._tell(MAYOR, moved)

    async def _until_at_rest(self, queues: list[Entity]) -> None:
        """A session that is only on its way opens yet: it is met then."""
        while True:
            await self._runner.wait_for(await self._log.last_position(), _PATIENCE)
            position = self._store.position
            if await self._end_what_runs():
                continue
            if not self._store.query(_ASSIGNED)[0]["many"] and all([await self._is_held(queue) for queue in queues]):
                return
            await self._runner.changed(position)

    async def _is_held(self, queue: Entity) -> bool:
        """Its Refinery was told, so that it begins nothing before it is told otherwise."""
        told = [event.envelope.data for event in await self._log.read_entity(queue)]
        said = [fact for fact in told if isinstance(fact, QueueHeld | QueueFreed)]
        return bool(said) and isinstance(said[-1], QueueHeld)

    async def _end_what_runs(self) -> bool:
        """Each thing is told once. Whether there was anything."""
        sessions = [one for one in self._store.query(_RUNNING) if one["id"] not in self._told]
        leaving = [one for one in self._leaving() if one["id"] not in self._told]
        for session in sessions:
            ended = ReportAgentEnded(session=session["id"], outcome="interrupted", reason=self._move.why)
            await self._tell(Owner("polecat", session["id"]), ended)
        for submission in leaving:
            await self._call_off(submission)
        self._told |= {one["id"] for one in (*sessions, *leaving)}
        return bool(sessions or leaving)

    def _leaving(self) -> list[Record]:
        if self._move.forsake:
            return self._store.query(_QUEUED)
        return self._store.query(_LEAVING) if self._move.detach else []

    async def _call_off(self, submission: Record) -> None:
        key, why = submission["id"], self._move.why
        refinery = Owner("refinery", submission["rig"])
        if self._move.forsake:
            phase = self._runtime.state_of(refinery).queue[key].phase
            if isinstance(phase, Landing):  # has it landed, that is found at the origin before anything starts
                raced = ReportRaced(submission=key, expected=phase.expected, found=phase.expected)
                await self._tell(refinery, raced)
            await self._tell(refinery, WithdrawSubmission(submission=key, reason=why))
            return
        refused = ReportLandingRefused(submission=key, reason=why)
        withdrawn = WithdrawSubmission(submission=key, reason=why)
        command = withdrawn if submission["stage"] == "proposed" else refused
        await self._tell(refinery, command)

    async def _tell(self, to: Owner, command: Command) -> None:
        order = Order(id=clock.new_id(), to=to, actor="overseer", command=command, time=clock.now())
        answer = await self._runtime.send(order)
        if isinstance(answer, Rejected):
            raise RefusedError(f"the copied log does not settle: {answer.reason}", answer.hint)
