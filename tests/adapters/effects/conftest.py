"""A host's executors on real git and real processes, and a town that writes down every report."""

import os
import subprocess  # noqa: TID251  what people do with git is done here by git itself
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
import structlog
from scribe import Town

from gastown.actors.commands.polecat import ReportAgentEnded
from gastown.actors.commands.refinery import ReportProven
from gastown.actors.effects import EndSession, HoldWork, HostEffect, LandCandidate, ProveCandidate, RunSession
from gastown.actors.errands import Errand, Question, Reply
from gastown.adapters.agents.catalogue import Agents
from gastown.adapters.effects.reception import Reception
from gastown.adapters.effects.run_session import Sessions
from gastown.adapters.effects.site import Carriage, Rigs, Site
from gastown.adapters.files.disk import DiskFiles
from gastown.adapters.gates.shell import ShellChecks
from gastown.adapters.git.program_git import ProgramGit
from gastown.adapters.lease import Lease
from gastown.adapters.outbox import Outbox
from gastown.adapters.processes.marks import Marks
from gastown.adapters.processes.sweep import sweep
from gastown.bus.memory_commands import MemoryCommands
from gastown.bus.memory_texts import MemoryTexts
from gastown.events.account import AccountSpec
from gastown.events.agent import AgentSpec
from gastown.events.ids import Entity
from gastown.events.kept import Text
from gastown.events.rig import RigConfig
from gastown.events.session import Earlier

TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"


class Host:
    """The executors, asked over the bus as a town asks them."""

    def __init__(self, stage: "Stage", commands: MemoryCommands, town: Town, sessions: Sessions, site: Site) -> None:
        self.stage = stage
        self.commands = commands
        self.town = town
        self.sessions = sessions
        self.site = site
        self.reception = Reception(site, sessions, site.town / "epoch")

    async def give(
        self,
        effect: HostEffect,
        *,
        brief: Text = "",
        mails: tuple[str, ...] = (),
        epoch: int = 1,
        host: int = 1,
        account: AccountSpec | None = None,
        **config: Any,
    ) -> Reply:
        errand = Errand(
            epoch=epoch,
            host=host,
            effect=effect,
            rig=None if isinstance(effect, EndSession) else self.stage.config(**config),
            brief=brief,
            mails=mails,
            account=account,
            token="the session's",
            cause="01CAUSE",
            traceparent=TRACEPARENT,
        )
        return await self._request(errand)

    async def submitted(self, command: str, session: str = "ap-1-1") -> ReportAgentEnded:
        """A session that commits what `command` does to the worktree."""
        before = len(self.town.reports(ReportAgentEnded))
        await self.give(self.stage.run(f"{command}; git add . && git commit -q -m work", session=session))
        end = await self.town.report(ReportAgentEnded, before + 1)
        assert end.outcome == "submitted", end
        return end

    async def ask(self, question: Question) -> Reply:
        return await self._request(question)

    async def _request(self, request: Errand | Question) -> Reply:
        reply = await self.commands.request("host", msgspec.json.encode(request), patience=60)
        return msgspec.json.decode(reply, type=Reply)


class Stage:
    """A town's folder and a bare origin with one commit on main. Hosts come and go on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.texts = MemoryTexts()
        self.carriage: Carriage | None = None
        self.home = folder / "home"
        self.home.mkdir()
        (self.home / ".gitconfig").write_text("[user]\n\tname = Person\n\temail = person@example.org\n")
        self.origin = folder / "origin.git"
        self.town = folder / "town"
        self.town.mkdir()
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.origin))
        self.git("clone", "--quiet", str(self.origin), "person", check=False)
        self.person = folder / "person"
        self.first = self.commit("First", readme="hello\n")

    def git(self, *arguments: str, at: Path | None = None, check: bool = True) -> str:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "GIT_CONFIG_NOSYSTEM": "1"}
        ran = subprocess.run(
            ["git", *arguments], cwd=at or self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert not check or ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def commit(self, message: str, **files: str) -> str:
        """By the person, pushed to main."""
        for name, content in files.items():
            (self.person / name).write_text(content)
        self.git("add", "--all", at=self.person)
        self.git("commit", "--quiet", "-m", message, at=self.person)
        self.git("push", "--quiet", "origin", "HEAD:main", at=self.person)
        return self.git("rev-parse", "HEAD", at=self.person)

    def config(self, **changes: Any) -> RigConfig:
        given = {"origin": str(self.origin), "target": "main", "landing": "main", "prefix": "ap"}
        return RigConfig(**{**given, "identity": ("Ada", "ada@example.org"), **changes})

    @property
    def refinery(self) -> Path:
        return self.town / "rigs" / "app" / "refinery.git"

    def pinned(self, ref: str) -> str:
        """The commit at a ref of the Refinery's repository, "" for none."""
        return self.git("rev-parse", "--verify", "--quiet", ref, at=self.refinery, check=False)

    def run(
        self,
        command: str,
        *,
        session: str = "ap-1-1",
        earlier: Earlier | None = None,
        started: bool = False,
        timeout: float = 60.0,
        env: tuple[tuple[str, str | None], ...] = (),
        vendor: str = "shell",
    ) -> RunSession:
        return RunSession(
            key=f"run:{session}",
            about=Entity("session", session),
            session=session,
            rig="app",
            bead=session.rpartition("-")[0],
            polecat="nux",
            agent=AgentSpec(name="worker", vendor=vendor, command=command, env=env, timeout=timeout),
            earlier=earlier,
            started=started,
        )

    def end(self, outcome: str, *, session: str = "ap-1-1", grace: float = 0.0, reason: str = "asked") -> EndSession:
        return EndSession(
            key=f"end:{session}",
            about=Entity("session", session),
            session=session,
            outcome=outcome,
            reason=reason,
            grace=grace,
        )

    def prove(self, end: ReportAgentEnded, *, number: int = 1, title: str = "Do\nthe  work") -> ProveCandidate:
        submission = f"app.{end.session}"
        return ProveCandidate(
            key=f"prove:{submission}:{number}",
            about=Entity("submission", submission),
            submission=submission,
            number=number,
            rig="app",
            bead=end.session.rpartition("-")[0],
            session=end.session,
            title=title,
            commit=end.commit,
            base=end.base,
        )

    def land(self, proven: ReportProven, number: int = 1) -> LandCandidate:
        return LandCandidate(
            key=f"land:{proven.submission}:{number}",
            about=Entity("submission", proven.submission),
            submission=proven.submission,
            rig="app",
            expected=proven.base,
            candidate=proven.candidate,
        )

    @asynccontextmanager
    async def host(self, **environment: str) -> AsyncGenerator[Host]:
        """A host at work. Left, it is gone as if it had been killed: nothing is ended, saved or reported."""
        commands, town, files = MemoryCommands(), Town(), DiskFiles()
        lease = Lease(commands, "01HOST", "here")
        site = Site(
            town=self.town,
            incarnation=f"01TEST{self.folder.name}",
            lineage="01TEST",
            environment={"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8", **environment},
            rigs=Rigs(self.town / "rigs", ProgramGit(), files),
            outbox=Outbox(self.town / "outbox", commands, files, lease),
            lease=lease,
            texts=self.texts,
            files=files,
            checks=ShellChecks(Marks()),
            sweep=sweep,
            carriage=self.carriage,
        )
        sessions = Sessions(site, Agents(Marks()))
        host = Host(self, commands, town, sessions, site)
        async with anyio.create_task_group() as tasks:
            await tasks.start(site.outbox.run)
            await tasks.start(host.reception.run)
            async with commands.serve("town", town.receive), commands.serve("host", host.reception.answer):
                await lease.greet()
                await site.holds.take(HoldWork(key="hold:0", about=Entity("hold", "town"), number=0))
                yield host
            tasks.cancel_scope.cancel()


@pytest.fixture(autouse=True)
def plain_tracebacks() -> None:
    """structlog's rich ones print every local variable."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)
