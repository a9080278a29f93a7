"""What every vendor's agent promises, asked of the shell's, on real processes, and of the one in memory."""

import contextlib
import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from gastown.adapters.agents.memory import MemoryAgent
from gastown.adapters.agents.port import Agent, AgentEvent, AgentExited, AgentSession, AgentStarted, Start
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
from gastown.adapters.processes.program import StartFailedError
from gastown.clock import new_id
from gastown.events.rig import RigConfig

PATH = "/usr/local/bin:/usr/bin:/bin"

Behave = Callable[[Start, MemoryWorktree, Process], Awaitable[int]]
Eventually = Callable[[Callable[[], object]], Awaitable[None]]


async def copy_the_brief(start: Start, worktree: MemoryWorktree, process: Process) -> int:
    worktree.files["copy"] = start.brief
    process.print("done\n")
    return 0


async def fail(start: Start, worktree: MemoryWorktree, process: Process) -> int:
    return 3


async def crash(start: Start, worktree: MemoryWorktree, process: Process) -> int:
    return signal.SIGSEGV


async def chatter(start: Start, worktree: MemoryWorktree, process: Process) -> int:
    for number in range(2000):
        process.print(f"line {number}\n")
    process.print("bad\n")
    return 0


async def hang(start: Start, worktree: MemoryWorktree, process: Process) -> int:
    await anyio.sleep_forever()
    return 0


async def wait_for_go(start: Start, worktree: MemoryWorktree, process: Process) -> int:
    while "go" not in worktree.files:  # noqa: ASYNC110  as a program waits for a file
        await anyio.sleep(0.01)
    return 5


async def leave_children(start: Start, worktree: MemoryWorktree, process: Process) -> int:
    process.spawn(lambda child: hang(start, worktree, child))
    process.spawn(lambda child: hang(start, worktree, child), own_group=True)
    return 0


async def leave_a_stubborn_child(start: Start, worktree: MemoryWorktree, process: Process) -> int:
    async def stubborn(child: Process) -> int:
        child.catch(signal.SIGTERM)
        worktree.files["deaf"] = ""
        return await hang(start, worktree, child)

    process.spawn(stubborn)
    await wait_for_file(worktree, "deaf")
    return 0


async def leave_a_child_that_forgot_who_it_is(start: Start, worktree: MemoryWorktree, process: Process) -> int:
    process.spawn(lambda child: hang(start, worktree, child), environment={})
    return 0


async def wait_for_file(worktree: MemoryWorktree, name: str) -> None:
    while name not in worktree.files:  # noqa: ASYNC110  as a program waits for a file
        await anyio.sleep(0.01)


async def say_goodbye(start: Start, worktree: MemoryWorktree, process: Process) -> int:
    asked = process.catch(signal.SIGTERM)
    worktree.files["ready"] = ""
    await asked.wait()
    process.print("goodbye\n")
    return 7


TWINS: dict[str, Behave] = {
    "cat > copy; echo done": copy_the_brief,
    "exit 3": fail,
    "kill -SEGV $$": crash,
    "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; echo bad >&2": chatter,
    "sleep 60; true": hang,
    "while [ ! -e go ]; do sleep 0.01; done; exit 5": wait_for_go,
    "sleep 60 & setsid sleep 60 & exit 0": leave_children,
    "(trap '' TERM; touch deaf; exec sleep 60) & while [ ! -e deaf ]; do sleep 0.01; done": leave_a_stubborn_child,
    "env -i sleep 60 & exit 0": leave_a_child_that_forgot_who_it_is,
    "trap 'echo goodbye; exit 7' TERM; touch ready; while :; do sleep 0.01; done": say_goodbye,
}
"""Each command, and a coroutine that does the same."""
COPY, FAIL, CRASH, CHATTER, HANG, WAIT, CHILDREN, STUBBORN, FORGETFUL, GOODBYE = TWINS


class ShellStage:
    """Real processes in a folder."""

    def __init__(self, folder: Path) -> None:
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

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = MemoryFiles()
        self._machine = MemoryMachine()
        self._store = MemoryStore()

        async def behave(start: Start, worktree: MemoryWorktree, process: Process) -> int:
            return await TWINS[start.command](start, worktree, process)

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


Stage = ShellStage | MemoryStage


@pytest.fixture(params=[ShellStage, MemoryStage])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    return request.param(tmp_path)


def a_start(
    stage: Stage, command: str, *, brief: str = "", timeout: float = 60.0, worktree: Path | None = None
) -> Start:
    mark = ("GT_MARK", new_id())
    return Start(
        worktree=worktree or stage.worktree,
        brief=brief,
        command=command,
        environment={"PATH": PATH, mark[0]: mark[1]},
        mark=mark,
        logs=stage.folder / f"session-{mark[1]}",
        timeout=timeout,
    )


async def events_of(session: AgentSession) -> list[AgentEvent]:
    return [event async for event in session.events()]


async def test_it_gets_the_brief_and_works_in_the_worktree(stage: Stage) -> None:
    start = a_start(stage, COPY, brief="# Fix it\n\nwith 'quotes', $dollars and ünïcode\n")
    async with stage.open():
        begun, ended = await events_of(await stage.agent.start(start))
        copied = stage.read("copy")

    assert isinstance(begun, AgentStarted)
    assert ended == AgentExited(exit_code=0, signal=None, tail="done\n")
    assert copied == start.brief == stage.files.read(start.logs / "brief.md").decode()


async def test_the_start_names_a_process_that_runs(stage: Stage) -> None:
    start = a_start(stage, HANG)
    async with stage.open():
        session = await stage.agent.start(start)
        begun = await anext(session.events())
        alive = stage.alive(start)
        await session.stop(grace=0)

    assert isinstance(begun, AgentStarted)
    assert begun.started > 0
    assert begun.pid in alive


@pytest.mark.parametrize(("command", "code", "number"), [(FAIL, 3, None), (CRASH, None, signal.SIGSEGV)])
async def test_how_it_ended_is_told(stage: Stage, command: str, code: int | None, number: int | None) -> None:
    async with stage.open():
        ended = (await events_of(await stage.agent.start(a_start(stage, command))))[-1]

    assert ended == AgentExited(exit_code=code, signal=number)


async def test_the_end_of_its_output_is_told_and_all_of_it_is_kept(stage: Stage) -> None:
    start = a_start(stage, CHATTER)
    async with stage.open():
        ended = (await events_of(await stage.agent.start(start)))[-1]

    assert isinstance(ended, AgentExited)
    assert ended.tail.startswith("line ")
    assert ended.tail.endswith("line 1999\nbad\n")
    assert len(ended.tail) <= 8192
    assert stage.files.read(start.logs / "output.log").startswith(b"line 0\nline 1\n")


async def test_at_its_time_limit_it_is_stopped(stage: Stage) -> None:
    start = a_start(stage, HANG, timeout=0.2)
    async with stage.open():
        ended = (await events_of(await stage.agent.start(start)))[-1]
        alive = stage.alive(start)

    assert ended == AgentExited(exit_code=None, signal=signal.SIGTERM, timed_out=True)
    assert alive == []


async def test_stopped_it_has_its_grace_to_end_by_itself(stage: Stage) -> None:
    ended: list[AgentEvent] = []
    async with stage.open():
        session = await stage.agent.start(a_start(stage, WAIT))

        async def watch() -> None:
            ended.extend(await events_of(session))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch)
            tasks.start_soon(lambda: session.stop(grace=20))
            await anyio.wait_all_tasks_blocked()
            stage.touch("go")

    assert ended[-1] == AgentExited(exit_code=5, signal=None, stopped=True)


async def test_stopped_without_grace_it_is_gone_at_once(stage: Stage) -> None:
    start = a_start(stage, HANG)
    async with stage.open():
        session = await stage.agent.start(start)
        with anyio.fail_after(4):
            await session.stop(grace=0)
        alive = stage.alive(start)
        ended = (await events_of(session))[-1]

    assert alive == []
    assert ended == AgentExited(exit_code=None, signal=signal.SIGTERM, stopped=True)


async def test_the_second_stop_may_have_less_patience(stage: Stage) -> None:
    async with stage.open():
        session = await stage.agent.start(a_start(stage, HANG))
        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(lambda: session.stop(grace=60))
                await anyio.wait_all_tasks_blocked()
                await session.stop(grace=0)


async def test_asked_to_end_it_may_do_so_in_its_own_way(stage: Stage, eventually: Eventually) -> None:
    async with stage.open():
        session = await stage.agent.start(a_start(stage, GOODBYE))
        await eventually(lambda: stage.has("ready"))
        await session.stop(grace=0)
        ended = (await events_of(session))[-1]

    assert ended == AgentExited(exit_code=7, signal=None, stopped=True, tail="goodbye\n")


async def test_stopped_after_its_end_it_ended_as_it_did(stage: Stage, eventually: Eventually) -> None:
    start = a_start(stage, COPY)
    async with stage.open():
        session = await stage.agent.start(start)
        await eventually(lambda: not stage.alive(start))
        await session.stop(grace=0)
        ended = (await events_of(session))[-1]

    assert ended == AgentExited(exit_code=0, signal=None, stopped=True, tail="done\n")


@pytest.mark.parametrize("command", [CHILDREN, STUBBORN, FORGETFUL])
async def test_nothing_it_leaves_behind_outlives_its_end(stage: Stage, command: str) -> None:
    start = a_start(stage, command)
    async with stage.open():
        ended = (await events_of(await stage.agent.start(start)))[-1]
        alive = stage.alive(start)

    assert ended == AgentExited(exit_code=0, signal=None)
    assert alive == []


async def test_ended_by_somebody_else_it_died(stage: Stage) -> None:
    start = a_start(stage, HANG)
    async with stage.open():
        events = (await stage.agent.start(start)).events()
        begun = await anext(events)
        assert isinstance(begun, AgentStarted)
        stage.kill(begun.pid)
        ended = await anext(events)
        alive = stage.alive(start)

    assert ended == AgentExited(exit_code=None, signal=signal.SIGKILL)
    assert alive == []


async def test_sessions_do_not_disturb_each_other(stage: Stage) -> None:
    one, other = a_start(stage, HANG), a_start(stage, HANG)
    async with stage.open():
        first, second = await stage.agent.start(one), await stage.agent.start(other)
        await first.stop(grace=0)
        assert stage.alive(one) == []
        assert stage.alive(other) != []
        await second.stop(grace=0)


async def test_without_its_worktree_it_cannot_be_started(stage: Stage) -> None:
    gone = stage.worktree.with_name("ap-9-1")
    async with stage.open():
        with pytest.raises(StartFailedError, match="ap-9-1"):
            await stage.agent.start(a_start(stage, COPY, worktree=gone))
