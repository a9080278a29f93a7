import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from gastown.adapters.agents.port import AgentEvent, AgentExited, AgentSession, AgentStarted, Start
from gastown.adapters.agents.shell import ShellAgent
from gastown.adapters.processes.census import start_time
from gastown.adapters.processes.family import marked
from gastown.adapters.processes.marks import Marks
from gastown.adapters.processes.program import StartFailedError
from gastown.clock import new_id

StartOf = Callable[..., Start]
Eventually = Callable[[Callable[[], object]], Awaitable[None]]


@pytest.fixture
def start(tmp_path: Path) -> StartOf:
    def make(command: str, *, brief: str = "", timeout: float = 60.0, worktree: Path | None = None) -> Start:
        mark = ("GT_MARK", new_id())
        return Start(
            worktree=worktree or tmp_path,
            brief=brief,
            command=command,
            environment={"PATH": os.environ["PATH"], mark[0]: mark[1]},
            mark=mark,
            logs=tmp_path / "session",
            timeout=timeout,
        )

    return make


async def _events(session: AgentSession) -> list[AgentEvent]:
    return [event async for event in session.events()]


async def test_the_command_reads_the_brief_and_works_in_the_worktree(start: StartOf, tmp_path: Path) -> None:
    brief = "# Fix it\n\nwith 'quotes', $dollars and ünïcode\n"
    session = await ShellAgent(Marks()).start(start("cat > copy; pwd", brief=brief))

    begun, ended = await _events(session)

    assert isinstance(begun, AgentStarted)
    assert ended == AgentExited(exit_code=0, signal=None, tail=f"{tmp_path}\n")
    assert (tmp_path / "copy").read_text() == brief


async def test_the_start_names_its_process(start: StartOf) -> None:
    session = await ShellAgent(Marks()).start(start("sleep 60"))
    events = session.events()

    begun = await anext(events)

    assert isinstance(begun, AgentStarted)
    assert begun.started == start_time(begun.pid) > 0
    await session.stop(grace=0)


@pytest.mark.parametrize(
    ("command", "exit_code", "number"), [("exit 3", 3, None), ("kill -SEGV $$", None, signal.SIGSEGV)]
)
async def test_how_it_ended_is_told(start: StartOf, command: str, exit_code: int | None, number: int | None) -> None:
    session = await ShellAgent(Marks()).start(start(command))

    assert (await _events(session))[-1] == AgentExited(exit_code=exit_code, signal=number)


async def test_the_end_of_its_output_is_told_and_all_of_it_is_kept(start: StartOf, tmp_path: Path) -> None:
    session = await ShellAgent(Marks()).start(
        start("i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; echo bad >&2")
    )

    ended = (await _events(session))[-1]

    assert isinstance(ended, AgentExited)
    assert ended.tail.endswith("line 1999\nbad\n")
    assert len(ended.tail) <= 8192
    assert (tmp_path / "session" / "output.log").read_text().startswith("line 0\nline 1\n")


async def test_at_its_time_limit_it_is_stopped(start: StartOf) -> None:
    given = start("sleep 60; true", timeout=0.2)
    session = await ShellAgent(Marks()).start(given)

    assert (await _events(session))[-1] == AgentExited(exit_code=None, signal=signal.SIGTERM, timed_out=True)
    assert marked(given.mark).alive() == []


async def test_stopped_it_has_its_grace_to_end_by_itself(
    start: StartOf, tmp_path: Path, eventually: Eventually
) -> None:
    session = await ShellAgent(Marks()).start(start("while [ ! -e go ]; do sleep 0.01; done; exit 5"))
    ended: list[AgentEvent] = []

    async def watch() -> None:
        ended.extend(await _events(session))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch)
        tasks.start_soon(lambda: session.stop(grace=20))
        await anyio.wait_all_tasks_blocked()
        (tmp_path / "go").touch()

    assert ended[-1] == AgentExited(exit_code=5, signal=None, stopped=True)


async def test_stopped_without_grace_it_is_gone_at_once(start: StartOf) -> None:
    given = start("sleep 60; true")
    session = await ShellAgent(Marks()).start(given)

    with anyio.fail_after(4):
        await session.stop(grace=0)

    assert marked(given.mark).alive() == []
    assert (await _events(session))[-1] == AgentExited(exit_code=None, signal=signal.SIGTERM, stopped=True)


async def test_the_second_stop_may_have_less_patience(start: StartOf) -> None:
    session = await ShellAgent(Marks()).start(start("sleep 60; true"))
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: session.stop(grace=60))
            await anyio.wait_all_tasks_blocked()
            await session.stop(grace=0)


async def test_without_its_worktree_it_cannot_be_started(start: StartOf, tmp_path: Path) -> None:
    with pytest.raises(StartFailedError):
        await ShellAgent(Marks()).start(start("true", worktree=tmp_path / "gone"))
