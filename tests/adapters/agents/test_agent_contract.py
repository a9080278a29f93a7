"""What every vendor's agent promises, asked of the shell's, on real processes, and of the one in memory."""

import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import anyio.lowlevel
import msgspec
import pytest

from gastown.adapters.agents.memory import Behave
from gastown.adapters.agents.port import AgentSession, CannotError, Message, Start
from gastown.adapters.agents.told import AgentEvent, AgentExited, AgentStarted, TurnEnded
from gastown.adapters.git.memory_worktree import MemoryWorktree
from gastown.adapters.processes.memory_machine import Process
from gastown.adapters.processes.program import StartFailedError
from gastown.clock import new_id
from gastown.events.agent import AgentSpec

PATH = "/usr/local/bin:/usr/bin:/bin"

Eventually = Callable[[Callable[[], object]], Awaitable[None]]


async def copy_the_brief(start: Start, worktree: MemoryWorktree, process: Process) -> int:
    worktree.files["copy"] = start.brief
    process.print("done\n")
    return 0


def ends(code: int) -> Behave:
    async def end(start: Start, worktree: MemoryWorktree, process: Process) -> int:
        return code

    return end


async def chatter(start: Start, worktree: MemoryWorktree, process: Process) -> int:
    process.print("".join(f"line {number}\n" for number in range(2000)) + "bad\n")
    return 0


async def hang(start: Start, worktree: MemoryWorktree, process: Process) -> int:
    await anyio.sleep_forever()
    return 0


async def wait_for_go(start: Start, worktree: MemoryWorktree, process: Process) -> int:
    await wait_for_file(worktree, "go")
    return 5


def leaves(*children: dict[str, Any]) -> Behave:
    async def leave(start: Start, worktree: MemoryWorktree, process: Process) -> int:
        for given in children:
            process.spawn(lambda child: hang(start, worktree, child), **given)
        return 0

    return leave


async def leave_a_stubborn_child(start: Start, worktree: MemoryWorktree, process: Process) -> int:
    async def stubborn(child: Process) -> int:
        child.catch(signal.SIGTERM)
        worktree.files["deaf"] = ""
        return await hang(start, worktree, child)

    process.spawn(stubborn)
    await wait_for_file(worktree, "deaf")
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
    "exit 3": ends(3),
    "kill -SEGV $$": ends(signal.SIGSEGV),
    "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; echo bad >&2": chatter,
    "sleep 60; true": hang,
    "while [ ! -e go ]; do sleep 0.01; done; exit 5": wait_for_go,
    "sleep 60 & setsid sleep 60 & exit 0": leaves({}, {"own_group": True}),
    "(trap '' TERM; touch deaf; exec sleep 60) & while [ ! -e deaf ]; do sleep 0.01; done": leave_a_stubborn_child,
    "env -i sleep 60 & exit 0": leaves({"environment": {}}),
    "trap 'echo goodbye; exit 7' TERM; touch ready; while :; do sleep 0.01; done": say_goodbye,
}
"""Each command, and a coroutine that does the same."""
COPY, FAIL, CRASH, CHATTER, HANG, WAIT, CHILDREN, STUBBORN, FORGETFUL, GOODBYE = TWINS


def a_start(stage: Any, command: str, *, brief: str = "", timeout: float = 60.0) -> Start:
    mark = ("GT_MARK", new_id())
    return Start(
        worktree=stage.worktree,
        brief=brief,
        agent=AgentSpec(name="sh", vendor="shell", command=command),
        environment={"PATH": PATH, mark[0]: mark[1]},
        mark=mark,
        logs=stage.folder / f"session-{mark[1]}",
        timeout=timeout,
    )


async def events_of(session: AgentSession) -> list[AgentEvent]:
    return [event async for event in session.events()]


async def watch(session: AgentSession, events: list[AgentEvent]) -> None:
    events.extend(await events_of(session))


async def collect(events: AsyncIterator[AgentEvent], later: list[AgentEvent]) -> None:
    async for event in events:
        later.append(event)  # noqa: PERF401  what has come so far is looked at meanwhile


async def test_it_gets_the_brief_and_works_in_the_worktree(stage: Any) -> None:
    start = a_start(stage, COPY, brief="# Fix it\n\nwith 'quotes', $dollars and ünïcode\n")
    async with stage.open():
        begun, *_, ended = await events_of(await stage.agent.start(start))
        copied = stage.read("copy")

    assert isinstance(begun, AgentStarted)
    assert ended == AgentExited(exit_code=0, signal=None, tail="done\n")
    assert copied == start.brief == stage.files.read(start.logs / "brief.md").decode()


@pytest.mark.parametrize(("command", "end"), [(COPY, "done"), (FAIL, "failed"), (CRASH, "failed")])
async def test_its_one_turn_ends_before_it_does(stage: Any, command: str, end: str) -> None:
    async with stage.open():
        turn = (await events_of(await stage.agent.start(a_start(stage, command))))[-2]

    assert isinstance(turn, TurnEnded)
    assert turn.end == end


async def test_what_it_cannot_do_is_said(stage: Any) -> None:
    async with stage.open():
        session = await stage.agent.start(a_start(stage, COPY))
        for refused in (session.prompt, session.steer):
            with pytest.raises(CannotError, match="m1"):
                await refused(Message(id="m1", text="go on"))
        with pytest.raises(CannotError):
            await session.cancel()
        await events_of(session)

    assert stage.agent.can == frozenset()


async def test_the_start_names_a_process_that_runs(stage: Any) -> None:
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
async def test_how_it_ended_is_told(stage: Any, command: str, code: int | None, number: int | None) -> None:
    async with stage.open():
        ended = (await events_of(await stage.agent.start(a_start(stage, command))))[-1]

    assert ended == AgentExited(exit_code=code, signal=number)


async def test_the_end_of_its_output_is_told_and_all_of_it_is_kept(stage: Any) -> None:
    start = a_start(stage, CHATTER)
    async with stage.open():
        ended = (await events_of(await stage.agent.start(start)))[-1]

    assert isinstance(ended, AgentExited)
    assert ended.tail.startswith("line ")
    assert ended.tail.endswith("line 1999\nbad\n")
    assert len(ended.tail) <= 8192
    assert stage.files.read(start.logs / "output.log").startswith(b"line 0\nline 1\n")


async def test_at_its_time_limit_it_is_stopped(stage: Any) -> None:
    start = a_start(stage, HANG, timeout=0.2)
    async with stage.open():
        ended = (await events_of(await stage.agent.start(start)))[-1]
        alive = stage.alive(start)

    assert ended == AgentExited(exit_code=None, signal=signal.SIGTERM, timed_out=True)
    assert alive == []


async def test_stopped_it_has_its_grace_to_end_by_itself(stage: Any) -> None:
    start, ended = a_start(stage, WAIT), list[AgentEvent]()
    async with stage.open():
        session = await stage.agent.start(start)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch, session, ended)
            tasks.start_soon(lambda: session.stop(grace=20))
            await anyio.wait_all_tasks_blocked()
            stage.touch("go")

    assert ended[-1] == AgentExited(exit_code=5, signal=None, stopped=True)


async def test_stopped_without_grace_it_is_gone_at_once(stage: Any) -> None:
    start = a_start(stage, HANG)
    async with stage.open():
        session = await stage.agent.start(start)
        with anyio.fail_after(4):
            await session.stop(grace=0)
        alive = stage.alive(start)
        ended = (await events_of(session))[-1]

    assert alive == []
    assert ended == AgentExited(exit_code=None, signal=signal.SIGTERM, stopped=True)


async def test_the_second_stop_may_have_less_patience(stage: Any) -> None:
    async with stage.open():
        session = await stage.agent.start(a_start(stage, HANG))
        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(lambda: session.stop(grace=60))
                await anyio.wait_all_tasks_blocked()
                await session.stop(grace=0)


async def test_asked_to_end_it_may_do_so_in_its_own_way(stage: Any, eventually: Eventually) -> None:
    async with stage.open():
        session = await stage.agent.start(a_start(stage, GOODBYE))
        await eventually(lambda: stage.has("ready"))
        await session.stop(grace=0)
        ended = (await events_of(session))[-1]

    assert ended.tail.removeprefix("Terminated\n") == "goodbye\n"  # a shell may say so of its child
    assert (ended.exit_code, ended.signal, ended.stopped) == (7, None, True)


async def test_stopped_after_its_end_it_ended_as_it_did(stage: Any, eventually: Eventually) -> None:
    start = a_start(stage, COPY)
    async with stage.open():
        session = await stage.agent.start(start)
        await eventually(lambda: not stage.alive(start))
        await session.stop(grace=0)
        ended = (await events_of(session))[-1]

    assert ended == AgentExited(exit_code=0, signal=None, stopped=True, tail="done\n")


@pytest.mark.parametrize("command", [CHILDREN, STUBBORN, FORGETFUL])
async def test_nothing_it_leaves_behind_outlives_its_end(stage: Any, command: str) -> None:
    start = a_start(stage, command)
    async with stage.open():
        ended = (await events_of(await stage.agent.start(start)))[-1]
        alive = stage.alive(start)

    assert ended == AgentExited(exit_code=0, signal=None)
    assert alive == []


async def test_ended_by_somebody_else_it_died(stage: Any) -> None:
    start = a_start(stage, HANG)
    async with stage.open():
        events = (await stage.agent.start(start)).events()
        begun = await anext(events)
        assert isinstance(begun, AgentStarted)
        stage.kill(begun.pid)
        *_, ended = [event async for event in events]
        alive = stage.alive(start)

    assert ended == AgentExited(exit_code=None, signal=signal.SIGKILL)
    assert alive == []


async def test_sessions_do_not_disturb_each_other(stage: Any) -> None:
    one, other = a_start(stage, HANG), a_start(stage, HANG)
    async with stage.open():
        first, second = await stage.agent.start(one), await stage.agent.start(other)
        await first.stop(grace=0)
        assert (stage.alive(one) == [], stage.alive(other) == []) == (True, False)
        await second.stop(grace=0)


async def test_held_it_does_nothing_and_its_time_stands_still(stage: Any) -> None:
    start = a_start(stage, WAIT, timeout=1.0)
    async with stage.open():
        events = (await stage.agent.start(start)).events()
        assert isinstance(await anext(events), AgentStarted)
        later = list[AgentEvent]()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(collect, events, later)
            await anyio.lowlevel.checkpoint()  # it is watched, and its time runs
            await start.still.hold()
            stage.touch("go")
            await anyio.sleep(1.2)  # longer than its time limit
            assert later == []
            await start.still.release()

    assert later[-1] == AgentExited(exit_code=5, signal=None)


async def test_one_that_is_held_is_stopped_without_being_asked(stage: Any) -> None:
    start, events = a_start(stage, GOODBYE), list[AgentEvent]()
    async with stage.open():
        session = await stage.agent.start(start)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch, session, events)
            await anyio.wait_all_tasks_blocked()
            await start.still.hold()
            with anyio.fail_after(4):
                await session.stop(grace=0)

    assert events[-1] == AgentExited(exit_code=None, signal=signal.SIGKILL, stopped=True)


async def test_without_its_worktree_it_cannot_be_started(stage: Any) -> None:
    start = msgspec.structs.replace(a_start(stage, COPY), worktree=stage.worktree.with_name("ap-9-1"))
    async with stage.open():
        with pytest.raises(StartFailedError, match="ap-9-1"):
            await stage.agent.start(start)
