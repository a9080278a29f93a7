"""The stage on which an agent on real processes and the one in memory are asked the same."""

import contextlib
import os
import signal
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

import anyio
import pytest

from gastown.adapters.agents.memory import Behave, MemoryAgent
from gastown.adapters.agents.port import Agent, Start
from gastown.adapters.agents.shell import ShellAgent
from gastown.adapters.files.disk import DiskFiles
from gastown.adapters.files.memory import MemoryFiles
from gastown.adapters.files.port import Files
from gastown.adapters.git.memory_git import MemoryGit
from gastown.adapters.git.memory_store import MemoryStore
from gastown.adapters.git.memory_worktree import MemoryWorktree
from gastown.adapters.processes.family import marked
from gastown.adapters.processes.marks import Marks
from gastown.adapters.processes.memory_machine import MemoryMachine, Process
from gastown.events.rig import RigConfig


class ShellStage:
    """Real processes in a folder."""

    def __init__(self, folder: Path, twins: Mapping[str, Behave]) -> None:
        self.folder = folder
        self.worktree = folder / "worktree"
        self.worktree.mkdir()
        self.agent: Agent = ShellAgent(Marks())
        self.files: Files = DiskFiles()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        yield

    def alive(self, start: Start) -> list[int]:
        return [seen.pid for seen in marked(start.mark).alive()]

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)

    def has(self, name: str) -> bool:
        return (self.worktree / name).exists()

    def read(self, name: str) -> str:
        return (self.worktree / name).read_text()

    def touch(self, name: str) -> None:
        (self.worktree / name).touch()


class MemoryStage:
    """A machine in memory, with a rig that has one sandbox."""

    def __init__(self, folder: Path, twins: Mapping[str, Behave]) -> None:
        self.folder = folder
        self.files = MemoryFiles()
        self._machine = MemoryMachine()
        self._store = MemoryStore()

        async def behave(start: Start, worktree: MemoryWorktree, process: Process) -> int:
            return await twins[start.agent.command](start, worktree, process)

        self.agent: Agent = MemoryAgent("shell", self._machine, self._store, behave, self.files)
        self.worktree = folder / "rigs" / "app" / "sandboxes" / "ap-1-1"

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        self._store.origin("/origin").commit("First", readme="hello\n")
        config = RigConfig(origin="/origin", target="main", landing="main", prefix="ap")
        rig = MemoryGit(self._store).rig(self.folder / "rigs" / "app", "app", config)
        await rig.ensure()
        await rig.create_sandbox("ap-1-1", None)
        async with anyio.create_task_group() as tasks:
            await tasks.start(self._machine.run)
            yield
            tasks.cancel_scope.cancel()

    def alive(self, start: Start) -> list[int]:
        return list(self._machine.alive(start.mark))

    def kill(self, pid: int) -> None:
        self._machine.kill(pid, signal.SIGKILL)

    def has(self, name: str) -> bool:
        return name in self._store.worktree(self.worktree).files

    def read(self, name: str) -> str:
        return self._store.worktree(self.worktree).files[name]

    def touch(self, name: str) -> None:
        self._store.worktree(self.worktree).files[name] = ""


@pytest.fixture(params=[ShellStage, MemoryStage])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> ShellStage | MemoryStage:
    """Where the commands of the module's TWINS are run by a shell, or their twins in memory."""
    return request.param(tmp_path, request.module.TWINS)
