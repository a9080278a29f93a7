"""ProveCandidate: merge, then setup and every gate on exactly what would land, in a checkout of its own."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import msgspec

from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.refinery import (
    ReportBroke,
    ReportConflicted,
    ReportLanding,
    ReportOvertaken,
    ReportProven,
    ReportRed,
)
from gastown.actors.effects import ProveCandidate
from gastown.adapters.effects.bounds import some
from gastown.adapters.effects.environment import check_environment
from gastown.adapters.effects.preparation import Preparation, prepare
from gastown.adapters.effects.site import Job, Site
from gastown.adapters.gates.port import Check, Result
from gastown.adapters.git.port import AlreadyLanded, Built, Conflicted, GitFailedError, Overtaken, RigGit
from gastown.adapters.git.tips import BEAD_TRAILER, TOWN_TRAILER, TRAILER
from gastown.bus.tracing import trace_id_of
from gastown.clock import now
from gastown.events.ids import Commit, RigName
from gastown.events.rig import Gate, RigConfig
from gastown.events.submission import GateRun

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


class BrokeError(Exception):
    """The proof itself could not run."""

    def __init__(self, what: str, reason: str, tail: str = "") -> None:
        super().__init__(reason)
        self.what = what
        self.reason = reason
        self.tail = tail


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """Where commits of one rig are checked out and judged."""

    site: Site
    rig: RigName
    config: RigConfig
    git: RigGit
    traceparent: str

    @asynccontextmanager
    async def prepared(self, commit: Commit, name: str) -> AsyncGenerator[Path]:
        """A checkout of `commit`, set up, in a folder called `name` that is gone afterwards. Raises BrokeError."""
        folder = self.site.rigs.folder / self.rig / "candidates" / name
        await self.git.remove_checkout(folder)  # a killed host may have left it
        try:
            await self.git.checkout(commit, folder)
            broke = await prepare(
                Preparation(
                    folder=folder,
                    config=self.config,
                    environment=self._environment(name),
                    mark=self.site.mark(name),
                    log=self.log(name, "setup"),
                    still=self.site.holds.work(self.rig),
                ),
                self.site.checks,
            )
            if broke is not None:
                raise BrokeError("setup", broke.reason, broke.tail)
            yield folder
        finally:
            with anyio.CancelScope(shield=True):
                await self.git.remove_checkout(folder)

    async def judge(self, gate: Gate, folder: Path, name: str) -> Result:
        """Run one gate. Raises BrokeError."""
        result = await self.site.checks.run(
            Check(
                command=gate.command,
                folder=folder,
                environment=self._environment(name),
                mark=self.site.mark(name),
                timeout=gate.timeout,
                log=self.log(name, gate.name),
                still=self.site.holds.work(self.rig),
            )
        )
        if result.verdict == "broke":
            raise BrokeError(f"gate {gate.name}", result.reason, result.tail)
        return result

    def log(self, name: str, step: str) -> Path:
        """Where the output of a step goes, and stays."""
        return self.site.rigs.folder / self.rig / "logs" / name / f"{_UNSAFE.sub('_', step)}.log"

    def _environment(self, name: str) -> dict[str, str]:
        return check_environment(self.site, self.rig, self.site.mark(name), self.traceparent)


class Proofs:
    """One proof at a time for each rig: on one machine a second would only slow down the first."""

    def __init__(self) -> None:
        self._places: dict[RigName, anyio.Lock] = {}
        self._base_is_red: dict[tuple[RigName, Commit, Gate], bool] = {}

    async def prove(self, job: Job, effect: ProveCandidate) -> None:
        """Report what came of it, whatever came of it."""
        async with self._places.setdefault(effect.rig, anyio.Lock()):
            try:
                report = await self._prove(job, effect)
            except BrokeError as error:
                report = _broke(effect, error)
            except GitFailedError as error:
                report = _broke(effect, BrokeError("git", error.message, error.stderr))
            except OSError as error:
                report = _broke(effect, BrokeError("checkout", str(error)))
            job.report(Owner("refinery", effect.rig), report)

    async def _prove(self, job: Job, effect: ProveCandidate) -> Command:
        config = job.errand.rig
        await job.site.holds.work(effect.rig).passed()
        git = await job.site.rigs.ready(effect.rig, config)
        message = f"Merge {effect.bead}: {' '.join(effect.title.split())}"
        built = await git.build(
            effect.submission, effect.commit, effect.base, message, _trailers(job, effect), job.errand.look_from
        )
        match built:
            case Conflicted(base=base, files=files):
                return ReportConflicted(
                    submission=effect.submission, number=effect.number, base=base, files=some(files)
                )
            case AlreadyLanded(target_commit=target_commit):
                return ReportLanding(submission=effect.submission, target_commit=target_commit)
            case Overtaken(by=by):
                return ReportOvertaken(
                    submission=effect.submission,
                    number=effect.number,
                    by=by.submission,
                    commit=by.commit,
                    target_commit=by.target_commit,
                )
            case Built() if config is not None:
                ground = Ground(site=job.site, rig=effect.rig, config=config, git=git, traceparent=job.traceparent)
                return await self._judge(ground, effect, built)
            case _:
                raise BrokeError("git", "nothing was built")

    async def _judge(self, ground: Ground, effect: ProveCandidate, built: Built) -> Command:
        runs: list[GateRun] = []
        config = ground.config
        if config.gates or config.setup:
            name = f"{effect.submission}-{effect.number}"
            async with ground.prepared(built.candidate, name) as folder:
                for gate in config.gates:
                    result = await ground.judge(gate, folder, name)
                    if result.verdict == "red":
                        return await self._red(ground, effect, built, gate, result)
                    runs.append(GateRun(name=gate.name, seconds=round(result.seconds, 3), exit_code=0))
        return ReportProven(
            submission=effect.submission,
            number=effect.number,
            base=built.base,
            candidate=built.candidate,
            land=config.land,
            gates=tuple(runs),
        )

    async def _red(self, ground: Ground, effect: ProveCandidate, built: Built, gate: Gate, result: Result) -> Command:
        return ReportRed(
            submission=effect.submission,
            number=effect.number,
            base=built.base,
            candidate=built.candidate,
            gate=gate.name,
            exit_code=result.exit_code,
            tail=result.tail,
            base_red=await self._is_base_red(ground, effect, built.base, gate),
        )

    async def _is_base_red(self, ground: Ground, effect: ProveCandidate, base: Commit, gate: Gate) -> bool:
        """Whether the gate fails without the submission too: then it says nothing about the submission."""
        key = (ground.rig, base, gate)
        if key not in self._base_is_red:
            name = f"{effect.submission}-{effect.number}.base"
            async with ground.prepared(base, name) as folder:
                result = await ground.judge(gate, folder, name)
            self._base_is_red[key] = result.verdict == "red"
        return self._base_is_red[key]


def _trailers(job: Job, effect: ProveCandidate) -> tuple[tuple[str, str], ...]:
    trace = trace_id_of(job.traceparent)
    named = {
        BEAD_TRAILER: effect.bead,
        TRAILER: effect.submission,
        TOWN_TRAILER: job.site.lineage,
        "Gastown-Trace": trace,
    }
    return tuple((name, value) for name, value in named.items() if value)


def _broke(effect: ProveCandidate, error: BrokeError) -> ReportBroke:
    return ReportBroke(
        submission=effect.submission,
        number=effect.number,
        what=error.what,
        reason=error.reason,
        tail=error.tail,
        at=now(),
    )
