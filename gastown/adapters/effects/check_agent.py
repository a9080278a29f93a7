"""Whether an agent's program would work here, tried with the program itself: found, started, asked, ended.

No model is asked, but with a turn. What passed is remembered for the program as it is (place, size, time of its file)
and what it is started with, behind which walls; so a session pays for it once a version.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import msgspec

from gastown.actors.errands import AgentReport, CheckStep
from gastown.adapters.agents import catalogue
from gastown.adapters.agents.catalogue import Vendor
from gastown.adapters.agents.port import CannotError, Start
from gastown.adapters.agents.probe import COMMIT, Seen
from gastown.adapters.agents.probing import Probed, probed, version_of
from gastown.adapters.agents.told import TurnEnded
from gastown.adapters.effects import agent_steps as steps
from gastown.adapters.effects.check_key import WallsFor, key_of, program_of
from gastown.adapters.git.port import GitFailedError, RigGit, Sandbox
from gastown.adapters.git.trial import trial_rig
from gastown.adapters.processes.family import Mark, marked
from gastown.adapters.processes.program import Containment, Launch, StartFailedError, Walls, run, tail
from gastown.clock import new_id, now
from gastown.durable import write
from gastown.events.agent import AgentSpec
from gastown.loggers import get_logger
from gastown.not_json import NOT_JSON

_log = get_logger("gastown.host")

PATIENCE = 60.0
"""Seconds for a program to answer: the slowest takes 6 (opencode 1.18.33, measured), and the machine may be busy."""
_GIT_PATIENCE = 30.0
_TURN_PATIENCE = 300.0
_ASKED = (
    "Create a file gt-turn.txt that contains the word ok. Commit it with git, with the message 'gt agent check'. "
    "Then answer with the word done. Do nothing else."
)


class AgentChecks:
    """Of one host. folder: the host's own; what passed is written down in it."""

    def __init__(self, containment: Containment, folder: Path) -> None:
        self._containment = containment
        self._folder = folder
        self._file = folder / "agent-checks.json"
        shutil.rmtree(folder / "checks", ignore_errors=True)  # of a host that was killed within one
        self._locks: dict[str, anyio.Lock] = {}
        self._passed: dict[str, dict[str, Any]] | None = None

    async def trouble(
        self, spec: AgentSpec, environment: Mapping[str, str], mark: Mark, *, walls: WallsFor | None = None
    ) -> str:
        """Why no session of it should begin; "" if it passed, now or before."""
        known = catalogue.vendor(spec.vendor)
        if known is None or known.name == "shell":
            return ""  # a command is tried by running it
        key = key_of(known, spec, environment, walls)
        async with self._locks.setdefault(key, anyio.Lock()):
            if key in self._known():
                return ""
            report = await self.check(spec, environment, mark, walls=walls)
        found = [step for step in report.steps if not step.ok and step.name in steps.BLOCKING]
        return "; ".join(f"{step.name}: {step.detail}" for step in found)

    async def check(
        self,
        spec: AgentSpec,
        environment: Mapping[str, str],
        mark: Mark,
        *,
        walls: WallsFor | None = None,
        turn: bool = False,
    ) -> AgentReport:
        """All steps, up to the first whose failure makes the next ones pointless."""
        known = catalogue.vendor(spec.vendor)
        if known is None:
            unknown = steps.failed("found", f"there is no vendor {spec.vendor!r}", "gt agent add --vendor V")
            return AgentReport(steps=(unknown,))
        place = self._folder / "checks" / new_id()
        try:
            report = await _Trial(known, spec, environment, mark, self._containment, place, walls).report(turn=turn)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(lambda: shutil.rmtree(place, ignore_errors=True))
        key = key_of(known, spec, environment, walls)
        if all(step.ok for step in report.steps if step.name in steps.BLOCKING):
            self._note(key, {"agent": spec.name, "program": report.program, "version": report.version, "at": now()})
        elif self._known().pop(key, None):
            self._write()
        return report

    def _known(self) -> dict[str, dict[str, Any]]:
        if self._passed is None:
            try:
                self._passed = msgspec.json.decode(self._file.read_bytes(), type=dict[str, dict[str, Any]])
            except (OSError, *NOT_JSON):  # a cache: what is lost is found out again
                self._passed = {}
        return self._passed

    def _note(self, key: str, passed: dict[str, Any]) -> None:
        self._known()[key] = passed
        self._write()

    def _write(self) -> None:
        try:
            write(self._file, msgspec.json.encode(self._known()))
        except OSError as error:
            _log.warning("agent_checks.not_written", error=str(error))


class _Trial:
    """One check, in a folder of its own."""

    def __init__(
        self,
        known: Vendor,
        spec: AgentSpec,
        environment: Mapping[str, str],
        mark: Mark,
        containment: Containment,
        place: Path,
        walls: WallsFor | None,
    ) -> None:
        self._known = known
        self._spec = spec
        self._environment = environment
        self._mark = mark
        self._containment = containment
        self._place = place
        self._walls = walls

    async def report(self, *, turn: bool) -> AgentReport:
        path = self._environment.get("PATH", os.defpath)
        wanted = program_of(self._known, self._spec)
        program = shutil.which(wanted, path=path) if wanted else "/bin/sh"
        if program is None:
            return self._reported([steps.not_found(self._known, self._spec, wanted, path)])
        found = steps.passed("found", program if wanted else f"{program} -c {self._spec.command}")
        try:
            rig = await trial_rig(self._place)
            sandbox = await self._sandbox(rig, "gt-check-1")
            return await self._tried(program, found, rig, sandbox, turn=turn and self._known.name != "shell")
        except StartFailedError as error:
            broken = steps.failed("starts", error.message, error.hint or steps.install(self._known))
            return self._reported([found, broken], program=program)
        except (GitFailedError, OSError) as error:
            broken = steps.failed("git", f"no worktree can be made: {error}", "gt doctor")
            return self._reported([found, broken], program=program)

    async def _tried(self, program: str, found: CheckStep, rig: RigGit, sandbox: Sandbox, *, turn: bool) -> AgentReport:
        seen, told, later = Seen(), "", list[CheckStep]()
        start = self._start(sandbox)
        if self._known.stream is not None:
            try:
                came = await probed(self._known.stream, self._containment, start, patience=PATIENCE)
            except CannotError as error:
                broken = steps.failed("starts", error.message, steps.install(self._known))
                return self._reported([found, broken], program=program)
            seen = came.seen or Seen()
            told = seen.version
            if not told and came.seconds < PATIENCE:  # else it would not answer that either
                told = await self._version(program, start)
            left = await rig.inspect(sandbox.worktree, sandbox.base)
            later = [steps.starts(self._known, came, PATIENCE, told), await self._ends(came, left.untracked)]
        elif self._known.program:
            told = await self._version(program, start)
            later = [steps.passed("starts", "says its version; it shows more with a prompt only: --turn")]
        checks = [found, *([steps.version(self._known, told)] if self._known.program else []), *later]
        checks.append(await self._git(seen, rig, sandbox))
        declared, can = frozenset[str](self._known.can), frozenset[str](seen.can)
        if turn and all(step.ok for step in checks):
            step, used = await self._turn(rig)
            checks.append(step)
            can |= used
        missing = (declared - self._known.hoped) & frozenset[str](seen.cannot)
        if self._known.program:
            checks.append(steps.capabilities(declared, can, missing, told))
        return self._reported(checks, program=program, version=told, seen=can & declared, missing=missing)

    def _reported(
        self,
        checks: list[CheckStep],
        *,
        program: str = "",
        version: str = "",
        seen: frozenset[str] = frozenset(),
        missing: frozenset[str] = frozenset(),
    ) -> AgentReport:
        return AgentReport(
            steps=tuple(checks),
            program=program,
            version=version,
            measured=self._known.version,
            declared=tuple(sorted(self._known.can)),
            seen=tuple(sorted(seen)),
            missing=tuple(sorted(missing)),
        )

    async def _sandbox(self, rig: RigGit, name: str) -> Sandbox:
        await anyio.Path(self._place / "logs").mkdir(parents=True, exist_ok=True)
        return await rig.create_sandbox(name, None, alone=self._walls is not None)

    def _behind(self, sandbox: Sandbox) -> Walls | None:
        return self._walls(sandbox, self._place / "logs") if self._walls else None

    def _start(self, sandbox: Sandbox, brief: str = "") -> Start:
        return Start(
            worktree=sandbox.worktree,
            brief=brief,
            agent=self._spec,
            environment=self._environment,
            mark=self._mark,
            logs=self._place / "logs",
            timeout=_TURN_PATIENCE,
            silence=_TURN_PATIENCE / 2,
            walls=self._behind(sandbox),
        )

    async def _version(self, program: str, start: Start) -> str:
        try:
            return await version_of(program, self._containment, start)
        except StartFailedError:
            return ""

    async def _ends(self, came: Probed, files: tuple[str, ...]) -> CheckStep:
        alive = await anyio.to_thread.run_sync(marked(self._mark).alive)
        if alive:
            return steps.still_runs([one.pid for one in alive], self._known)
        return steps.ends(came, files)

    async def _git(self, seen: Seen, rig: RigGit, sandbox: Sandbox) -> CheckStep:
        """As a tool of it would: in its environment, without a terminal."""
        output = self._place / "logs" / "git.txt"
        launch = Launch(
            argv=("/bin/sh", "-c", COMMIT),
            folder=sandbox.worktree,
            environment={**self._environment, **self._known.tools},
            mark=self._mark,
            output=output,
            walls=self._behind(sandbox),
        )
        ending = await run(self._containment, launch, seconds=_GIT_PATIENCE)
        said = ""
        if ending.timed_out:
            said = f"git did not end within {_GIT_PATIENCE:g} s: {tail(output)}"
        elif ending.exit.code != 0:
            said = tail(output) or f"exit {ending.exit.code}"
        return steps.git(seen.tool, said, await rig.inspect(sandbox.worktree, sandbox.base))

    async def _turn(self, rig: RigGit) -> tuple[CheckStep, frozenset[str]]:
        """A real one, with its model. -> the step, and what it has shown that it can."""
        sandbox = await self._sandbox(rig, "gt-check-2")
        began, ended = anyio.current_time(), None
        session = await self._known.make(self._containment).start(self._start(sandbox, _ASKED))
        try:
            async for event in session.events():
                if isinstance(event, TurnEnded):
                    ended = event
                    break
        finally:
            with anyio.CancelScope(shield=True):
                await session.stop(grace=2.0)
        took = anyio.current_time() - began
        left = await rig.inspect(sandbox.worktree, sandbox.base)
        usage = None if ended is None else ended.usage
        told = {"usage": usage is not None and usage.output > 0, "cost": usage is not None and usage.cost is not None}
        shown = frozenset(name for name, yes in told.items() if yes)
        return steps.turn(self._known, ended, left, took), shown
