"""What is held stands still, and so does its time."""

import math
import os
import signal

import anyio
import anyio.to_thread
import pytest

from gastown.adapters.agents.port import Start
from gastown.adapters.agents.program_session import ProgramSession
from gastown.adapters.processes.census import see
from gastown.adapters.processes.freezing import is_still
from gastown.adapters.processes.marks import Marks
from gastown.adapters.processes.program import Launch, run_out
from gastown.adapters.still import Still


class Program:
    """Notes what is done to it; `stubborn`: how often it does not obey."""

    pid = 7

    def __init__(self, stubborn: int = 0) -> None:
        self.done: list[str] = []
        self.stubborn = stubborn

    def halt(self) -> None:
        self.done.append("halt")

    async def freeze(self, *others: "Program") -> bool:
        return min([one._do("freeze") for one in (self, *others)])

    async def thaw(self, *others: "Program") -> bool:
        return min([one._do("thaw") for one in (self, *others)])

    def _do(self, what: str) -> bool:
        self.done.append(what)
        self.stubborn -= 1
        return self.stubborn < 0


@pytest.fixture
def launch(tmp_path):
    """A loop that prints to `output`, and can end itself."""

    def make(script: str) -> Launch:
        return Launch(
            argv=("/bin/sh", "-c", script),
            folder=tmp_path,
            environment={"PATH": "/usr/bin:/bin", "GT_MARK": str(tmp_path)},
            mark=("GT_MARK", str(tmp_path)),
            output=tmp_path / "output",
        )

    return make


def stands_still(pid: int) -> bool:
    seen = see(pid)
    return seen is not None and is_still(seen)


async def test_all_programs_there_are_and_those_to_come_are_held_and_let_go():
    still, one, two, three = Still(), Program(), Program(stubborn=2), Program()
    async with still.over(one), still.over(two):
        await still.hold()
        assert one.done == two.done == ["halt", *["freeze"] * 3]
        async with still.over(three):
            assert three.done == ["halt", "freeze"]
            await still.release()
            assert [program.done[-1] for program in (one, two, three)] == ["thaw"] * 3
        await still.hold()
    assert three.done[-1] == "thaw"
    assert still.programs == 0


async def test_held_and_let_go_at_once_it_ends_as_it_was_last_wanted():
    still, program = Still(), Program()
    async with still.over(program):
        async with anyio.create_task_group() as tasks:
            for change in (still.hold, still.release) * 3:
                tasks.start_soon(change)
        assert program.done[-1] == "thaw"
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(still.hold)
        tasks.start_soon(still.passed)
        await anyio.wait_all_tasks_blocked()
        await still.release()


async def test_a_limit_does_not_run_while_it_is_held():
    still = Still()
    with still.limit(3600.0) as before:
        left = before.deadline
        await still.hold()
        assert before.deadline == math.inf
        with still.limit(3600.0) as during:
            assert during.deadline == math.inf
            begin = anyio.current_time()
            await still.release()
            assert during.deadline >= begin + 3600.0
        assert before.deadline >= left


async def test_a_limit_still_ends_what_takes_too_long():
    still = Still()
    await still.hold()
    await still.release()
    with still.limit(0.01) as limit:
        await anyio.sleep_forever()
    assert limit.cancelled_caught


async def test_its_clock_stands_while_it_is_held():
    still = Still()
    begin = still.clock()
    await still.hold()
    held = still.clock()
    await anyio.sleep(0.05)
    assert still.clock() == held
    await still.release()
    assert held - begin <= still.clock() - begin < anyio.current_time()


async def test_a_real_program_outlives_its_limit_by_the_time_it_stood_still(launch, tmp_path, eventually):
    os.mkfifo(tmp_path / "go")
    still, endings = Still(), []
    program = Marks().start(launch("echo here; cat go > /dev/null; exit 3"))

    async def run() -> None:
        endings.append(await run_out(program, seconds=2.0, still=still))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        await eventually(lambda: still.programs)
        await still.hold()
        assert stands_still(program.pid)
        await anyio.sleep_until(anyio.current_time() + 2.1)
        assert not endings
        await still.release()
        assert not stands_still(program.pid)
        await anyio.to_thread.run_sync((tmp_path / "go").write_text, "")
    assert (endings[0].exit.code, endings[0].timed_out) == (3, False)
    assert endings[0].seconds < 2.0


async def test_a_session_that_is_held_is_ended_where_it_stands(launch, tmp_path, eventually):
    given = {"worktree": tmp_path, "brief": "", "agent": None, "environment": {}, "mark": ("", ""), "logs": tmp_path}
    start = Start(**given, timeout=60.0, still=Still())
    program = Marks().start(launch("trap 'echo heard; exit' TERM; echo here; while :; do sleep 0.05; done"))
    session, seen = ProgramSession(program, start, lambda: ""), []

    async def watch() -> None:
        seen.extend([event async for event in session.events()])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch)
        await eventually(lambda: start.still.programs and "here" in (tmp_path / "output").read_text())
        await start.still.hold()
        await session.stop(grace=0)
    assert seen[-1].signal == signal.SIGKILL
    assert (tmp_path / "output").read_text() == "here\n"
