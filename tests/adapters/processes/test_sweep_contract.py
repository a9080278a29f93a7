"""What a sweep promises, asked of the real one and of the one on a machine in memory."""

import contextlib
import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from gastown.adapters.processes.family import Mark, marked
from gastown.adapters.processes.marks import MarkedProgram
from gastown.adapters.processes.memory_machine import MemoryMachine, Process
from gastown.adapters.processes.program import Launch
from gastown.adapters.processes.sweep import sweep
from gastown.clock import new_id

Eventually = Callable[[Callable[[], object]], Awaitable[None]]


async def hang(process: Process) -> int:
    await anyio.sleep_forever()
    return 0


async def deaf(process: Process) -> int:
    process.catch(signal.SIGTERM)
    return await hang(process)


async def parent(process: Process) -> int:
    process.spawn(hang)
    return await hang(process)


async def orphaning(process: Process) -> int:
    process.spawn(hang, own_group=True)
    return 0


async def nameless(process: Process) -> int:
    process.spawn(hang, environment={}, own_group=True)
    return await hang(process)


async def replacing(process: Process) -> int:
    async def reborn(child: Process) -> int:
        asked = child.catch(signal.SIGTERM)
        await asked.wait()
        child.spawn(hang)
        return 0

    process.spawn(reborn)
    return await hang(process)


TWINS: dict[str, Callable[[Process], Awaitable[int]]] = {
    "exec sleep 60": hang,
    "trap '' TERM; touch ready; exec sleep 60": deaf,
    "sleep 60 & exec sleep 60": parent,
    "setsid sleep 60 & exit 0": orphaning,
    "env -i setsid sleep 60 & exec sleep 60": nameless,
    "(trap 'setsid sleep 60 & exit 0' TERM; touch ready; while :; do sleep 0.01; done) & exec sleep 60": replacing,
}
"""Each command, and a coroutine that does the same."""
HANG, DEAF, PARENT, ORPHANING, NAMELESS, REPLACING = TWINS


class RealStage:
    """Real processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[MarkedProgram] = []

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            for program in self._started:
                await program.end(patience=0)

    async def start(self, command: str, mark: Mark, **more: str) -> int:
        """Returns when it listens to signals as it wants to. -> its pid."""
        ready = self._folder / "ready"
        ready.unlink(missing_ok=True)
        launch = Launch(
            argv=("/bin/sh", "-c", command),
            folder=self._folder,
            environment={"PATH": os.environ["PATH"], **more, mark[0]: mark[1]},
            mark=mark,
            output=self._folder / "output",
        )
        self._started.append(MarkedProgram(launch))
        while "ready" in command and not ready.exists():  # noqa: ASYNC110  the world outside tells no event
            await anyio.sleep(0.005)
        return self._started[-1].pid

    def alive(self, mark: Mark) -> tuple[int, ...]:
        return tuple(sorted(seen.pid for seen in marked(mark).alive()))

    async def sweep(self, mark: Mark) -> tuple[int, ...]:
        return await sweep(mark)


class MemoryStage:
    """Processes of a machine in memory."""

    def __init__(self, folder: Path) -> None:
        self._machine = MemoryMachine()
        self.sweep = self._machine.sweep
        self.alive = self._machine.alive

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        async with anyio.create_task_group() as tasks:
            await tasks.start(self._machine.run)
            yield
            tasks.cancel_scope.cancel()

    async def start(self, command: str, mark: Mark, **more: str) -> int:
        process = self._machine.start(mark, TWINS[command], environment=more)
        await anyio.wait_all_tasks_blocked()
        return process.pid


Stage = RealStage | MemoryStage


@pytest.fixture(params=[RealStage, MemoryStage])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    return request.param(tmp_path)


@pytest.fixture
def mark() -> Mark:
    return ("GT_MARK", new_id())


async def test_where_nothing_carries_the_mark_nothing_is_ended(stage: Stage, mark: Mark) -> None:
    async with stage.open():
        assert await stage.sweep(mark) == ()


async def test_it_ends_what_carries_the_mark_and_nothing_else(stage: Stage, mark: Mark) -> None:
    other = ("GT_MARK", f"{mark[1]}-of-another")
    async with stage.open():
        ours = await stage.start(HANG, mark)
        theirs = await stage.start(HANG, other)

        assert await stage.sweep(mark) == (ours,)

        assert stage.alive(mark) == ()
        assert theirs in stage.alive(other)


async def test_a_process_has_more_marks_than_one(stage: Stage, mark: Mark) -> None:
    town = ("GT_TOWN_MARK", mark[1])
    async with stage.open():
        pids = {await stage.start(HANG, ("GT_MARK", new_id()), GT_TOWN_MARK=mark[1]) for _ in range(2)}

        assert set(await stage.sweep(town)) == pids


@pytest.mark.parametrize(("command", "alive"), [(PARENT, 2), (ORPHANING, 1)])
async def test_children_go_too_also_those_whose_parent_has_gone_before(
    stage: Stage, mark: Mark, eventually: Eventually, command: str, alive: int
) -> None:
    async with stage.open():
        await stage.start(command, mark)
        await eventually(lambda: len(stage.alive(mark)) == alive)

        assert len(await stage.sweep(mark)) == alive

        assert stage.alive(mark) == ()


async def test_a_child_that_cleaned_its_environment_goes_with_its_parent(
    stage: Stage, mark: Mark, eventually: Eventually
) -> None:
    async with stage.open():
        await stage.start(NAMELESS, mark)
        await eventually(lambda: len(stage.alive(mark)) == 2)

        assert len(await stage.sweep(mark)) == 2


async def test_one_that_ignores_the_request_is_killed(stage: Stage, mark: Mark) -> None:
    async with stage.open():
        deaf_one = await stage.start(DEAF, mark)
        with anyio.fail_after(20):
            assert deaf_one in await stage.sweep(mark)

        assert stage.alive(mark) == ()


async def test_one_that_starts_another_when_it_is_asked_to_end_is_pursued(stage: Stage, mark: Mark) -> None:
    async with stage.open():
        await stage.start(REPLACING, mark)

        assert len(await stage.sweep(mark)) >= 3

        assert stage.alive(mark) == ()


async def test_a_second_sweep_finds_nothing(stage: Stage, mark: Mark) -> None:
    async with stage.open():
        await stage.start(PARENT, mark)
        await stage.sweep(mark)

        assert await stage.sweep(mark) == ()
