"""Where the town's requests arrive: errands are taken at once and carried out beside each other, questions answered."""

from pathlib import Path
from typing import Any, TypeAlias

import anyio
import msgspec
from anyio.abc import TaskGroup, TaskStatus

from gastown.actors.commands.abroad import ReportCommits
from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.commands.refinery import ReportBroke, ReportLandingRefused
from gastown.actors.effects import (
    EndSession,
    FetchCommits,
    FindLandings,
    GiveAnswer,
    HoldWork,
    HostEffect,
    LandCandidate,
    ProposeCandidate,
    ProveCandidate,
    RunSession,
    TakeTurn,
    TellNow,
    WatchProposal,
)
from gastown.actors.errands import Errand, Question, Reply
from gastown.adapters.effects.closing import unfinished
from gastown.adapters.effects.find_landings import find_landings
from gastown.adapters.effects.land_candidate import land
from gastown.adapters.effects.luggage import fetch
from gastown.adapters.effects.propose_candidate import propose, watch
from gastown.adapters.effects.prove_candidate import Proofs
from gastown.adapters.effects.questions import answer
from gastown.adapters.effects.run_session import Sessions, outcome_named
from gastown.adapters.effects.site import Job, Site
from gastown.adapters.files.port import Files
from gastown.bus.tracing import start_span
from gastown.clock import now
from gastown.errors import GastownError, RefusedError, UnreachableError, UsageError
from gastown.loggers import get_logger
from gastown.not_json import NOT_JSON

_log = get_logger("gastown.host")

Request: TypeAlias = Errand | Question

_WITHOUT_RIG = (HoldWork, TakeTurn, TellNow, GiveAnswer)

_question = msgspec.json.Decoder(Question)
_errand = msgspec.json.Decoder(Errand)


class _Tag(msgspec.Struct):
    """A question says what it is; an errand's effect does."""

    type: str = ""


class Reception:
    """Enter `run` in a task group; `answer` is what service "host" answers with."""

    def __init__(self, site: Site, sessions: Sessions, epoch: Path) -> None:
        self._site = site
        self._sessions = sessions
        self._proofs = Proofs()
        self._epoch_file = epoch
        self._epoch = _read_epoch(site.files, epoch)
        self._in_flight: dict[str, anyio.CancelScope] = {}
        self._tasks: TaskGroup | None = None

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Carry out what is taken, until cancelled or closed."""
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            task_status.started()
            await anyio.sleep_forever()

    async def answer(self, payload: bytes) -> bytes:
        """A Reply for every request; never raises."""
        try:
            reply = await self._answer(_decoded(payload))
        except GastownError as error:
            reply = Reply(ok=False, code=error.code, message=error.message, hint=error.hint)
        except Exception as error:
            _log.exception("host.bug")
            reply = Reply(ok=False, code="bug", message=f"{type(error).__name__}: {error}")
        return msgspec.json.encode(reply)

    async def close(self, reason: str) -> None:
        """Take nothing more, give up proofs and landings (the town asks again), end all sessions and report them."""
        self._tasks = None
        for key, scope in self._in_flight.items():
            if not key.startswith("run:"):
                scope.cancel()
        await self._sessions.stop_all(reason)

    async def _answer(self, request: Request) -> Reply:
        if isinstance(request, Errand):
            self._take(request)
            return Reply(ok=True)
        with start_span(type(request).__name__) as span:
            return Reply(ok=True, data=await answer(self._site, self._sessions, request, span.traceparent))

    def _take(self, errand: Errand) -> None:
        if self._tasks is None:
            msg = "the host is going down"
            raise UnreachableError(msg)
        self._site.lease.admit(errand.host)
        self._fence(errand.epoch)
        if isinstance(errand.effect, EndSession):
            outcome_named(errand.effect.outcome)
        elif errand.rig is None and not isinstance(errand.effect, _WITHOUT_RIG):
            msg = f"{errand.effect.key} comes without its rig"
            raise RefusedError(msg)
        key = errand.effect.key
        if key in self._in_flight or self._site.outbox.settles(key):
            return
        self._in_flight[key] = anyio.CancelScope()
        self._tasks.start_soon(self._carry_out, errand, name=key)

    def _fence(self, epoch: int) -> None:
        """Refuse a town process that another has followed."""
        if epoch < self._epoch:
            msg = f"a later town process (epoch {self._epoch}) has spoken already; this one has epoch {epoch}"
            raise RefusedError(msg)
        if epoch > self._epoch:
            self._site.files.write(self._epoch_file, str(epoch).encode())
            self._epoch = epoch

    async def _carry_out(self, errand: Errand) -> None:
        effect = errand.effect
        attributes = {"gastown.key": effect.key, "gastown.entity": str(effect.about)}
        try:
            with (
                self._in_flight[effect.key],
                start_span(type(effect).__name__, errand.traceparent, attributes=attributes) as span,
            ):
                job = Job(self._site, errand, span.traceparent)
                try:
                    await self._do(job, effect)
                except Exception as error:  # a bug: said to whoever waits, instead of never
                    _log.exception("host.bug", key=effect.key)
                    _give_up(job, effect, f"the host failed: {type(error).__name__}: {error}")
        finally:
            del self._in_flight[effect.key]

    async def _do(self, job: Job, effect: HostEffect) -> None:
        match effect:
            case RunSession():
                await self._sessions.run(job, effect)
            case EndSession():
                await self._sessions.end(effect)
            case TakeTurn():
                await self._sessions.take_turn(job, effect)
            case TellNow():
                await self._sessions.tell_now(job, effect)
            case GiveAnswer():
                await self._sessions.give_answer(job, effect)
            case ProveCandidate():
                await self._proofs.prove(job, effect)
            case LandCandidate():
                await land(job, effect)
            case ProposeCandidate():
                await propose(job, effect)
            case WatchProposal():
                await watch(job, effect)
            case HoldWork():
                await self._site.holds.take(effect)
            case FindLandings():
                await find_landings(job, effect)
            case FetchCommits():
                await fetch(job, effect)


def _read_epoch(files: Files, file: Path) -> int:
    try:
        return int(files.read(file))
    except (FileNotFoundError, ValueError):  # cut off by a power cut, which no town process of before has survived
        return 0


def _give_up(job: Job, effect: HostEffect, reason: str) -> None:
    to, command = _failure(effect, reason)
    if command is not None:
        job.report(to, command)


def _failure(effect: HostEffect, reason: str) -> tuple[Owner, Command | None]:
    match effect:
        case RunSession():
            return Owner("polecat", effect.session), unfinished(effect, reason)
        case EndSession() | TakeTurn() | TellNow() | GiveAnswer():
            return Owner("polecat", effect.session), None
        case ProveCandidate():
            broke = ReportBroke(
                submission=effect.submission, number=effect.number, what="host", reason=reason, at=now()
            )
            return Owner("refinery", effect.rig), broke
        case LandCandidate() | ProposeCandidate() | WatchProposal():
            refused = ReportLandingRefused(submission=effect.submission, reason=reason)
            return Owner("refinery", effect.rig), refused
        case FetchCommits(bead=bead, epoch=epoch):
            return MAYOR, ReportCommits(bead=bead, epoch=epoch, missed=reason)
        case HoldWork() | FindLandings():
            return MAYOR, None


def _decoded(payload: bytes) -> Any:
    try:
        if msgspec.json.decode(payload, type=_Tag).type:
            return _question.decode(payload)
        return _errand.decode(payload)
    except NOT_JSON as error:
        msg = f"this is no request: {error}"
        raise UsageError(msg) from error
