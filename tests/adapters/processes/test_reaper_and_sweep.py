import os
import subprocess  # noqa: TID251  children of our own, whose status is to survive
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import anyio.to_thread
import psutil
import pytest

from gastown.adapters.processes.census import pids, see
from gastown.adapters.processes.marks import MarkedProgram, Marks
from gastown.adapters.processes.own_children import reap_adopted, started
from gastown.adapters.processes.program import Containment, Exit, Launch, run
from gastown.adapters.processes.reaper import become_subreaper, reap_orphans
from gastown.adapters.processes.sweep import end_descendants

LaunchOf = Callable[..., Launch]
Eventually = Callable[[Callable[[], object]], Awaitable[None]]

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux has subreapers")


@pytest.fixture(autouse=True)
def _subreaper() -> None:
    assert become_subreaper()


@pytest.fixture(autouse=True)
def _reaping() -> None:
    """Nobody but those that are tested."""


async def test_an_orphan_becomes_ours_and_is_reaped(launch: LaunchOf, tmp_path: Path, eventually: Eventually) -> None:
    (tmp_path / "watch").write_text("echo $$ > pid; while [ ! -e go ]; do sleep 0.01; done")
    program = MarkedProgram(launch("setsid sh -c 'sh watch & exit 0' & exit 0"))
    await program.exited()
    await eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    orphan = int((tmp_path / "pid").read_text())
    await eventually(lambda: psutil.Process(orphan).ppid() == os.getpid())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reap_orphans)
        await anyio.wait_all_tasks_blocked()
        (tmp_path / "go").touch()
        await eventually(lambda: not psutil.pid_exists(orphan))
        tasks.cancel_scope.cancel()
    assert await program.end() == Exit(0, None)


HOP = """i=${1:-0}; echo . >> hops; [ $i -ge 400 ] || setsid sh hop $((i + 1)) &"""
"""Each hop leads a session of its own, and leaves its predecessor dead."""


def dead_children() -> list[int]:
    everyone = [seen for seen in map(see, pids()) if seen]
    return [seen.pid for seen in everyone if seen.zombie and seen.parent == os.getpid()]


async def test_what_hops_from_session_to_session_leaves_few_dead(
    launch: LaunchOf, tmp_path: Path, eventually: Eventually
) -> None:
    (tmp_path / "hop").write_text(HOP)
    most = 0

    def over() -> bool:
        nonlocal most
        most = max(most, len(dead_children()))
        return (tmp_path / "hops").exists() and (tmp_path / "hops").read_text().count(".") == 401

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reap_orphans)
        program = MarkedProgram(launch("sh hop"))
        await eventually(over)
        await eventually(lambda: dead_children() == [program.pid])
        tasks.cancel_scope.cancel()

    assert await program.end() == Exit(0, None)
    assert most < 100  # unreaped they would be 400


@pytest.mark.long
async def test_the_reaper_never_takes_the_status_of_our_own(launch: LaunchOf, tmp_path: Path) -> None:
    """While adopted ones end all the time, and ours are started by many threads, most of which end at once."""
    (tmp_path / "storm").write_text("while [ ! -e over ]; do (setsid true & setsid true &); done")
    codes = list[int]()

    def start_and_wait() -> None:
        for _ in range(60):
            process = started(lambda: subprocess.Popen(["/bin/sh", "-c", "exit 9"], start_new_session=True))
            codes.append(process.wait())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reap_orphans)
        storm = MarkedProgram(launch("sh storm"))
        async with anyio.create_task_group() as ours:
            for _ in range(4):
                ours.start_soon(anyio.to_thread.run_sync, start_and_wait)
            for number in range(1, 60):
                ending = await run(Marks(), launch(f"exit {number}"), seconds=20)
                assert ending.exit == Exit(number, None)
        (tmp_path / "over").touch()
        await storm.exited()
        tasks.cancel_scope.cancel()

    assert codes == [9] * 240
    assert await storm.end() == Exit(0, None)


async def test_a_guarded_programs_status_survives_the_reaper(containment: Containment, launch: LaunchOf) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reap_orphans)
        for number in range(1, 30):
            ending = await run(containment, launch(f"(setsid true &); exit {number}"), seconds=20)
            assert ending.exit == Exit(number, None)
        tasks.cancel_scope.cancel()


async def test_nothing_is_reaped_before_it_is_known_whether_it_is_ours() -> None:
    def start() -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(["/bin/sh", "-c", "exit 3"])
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended before it is entered
        reaping.start()
        reaping.join(0.2)
        return process

    reaping = threading.Thread(target=reap_adopted)

    process = started(start)
    reaping.join()

    assert process.wait() == 3


async def test_a_sweep_spares_the_sweeper_and_those_above_it(launch: LaunchOf) -> None:
    code = "import asyncio, gastown.adapters.processes.sweep as s; print(asyncio.run(s.sweep(('GT_TOWN_MARK', 'own'))))"
    given = launch(
        f'{sys.executable} -c "{code}"; echo and I', GT_TOWN_MARK="own", PYTHONPATH=os.pathsep.join(sys.path)
    )

    ending = await run(Marks(), given, seconds=30)

    assert given.output.read_text() == "()\nand I\n"
    assert ending.exit == Exit(0, None)


async def test_what_no_mark_can_find_is_found_below_the_host(
    launch: LaunchOf, tmp_path: Path, eventually: Eventually
) -> None:
    given = launch("env -i setsid sh -c 'echo $$ > pid; sleep 60; true' & exit 0")
    program = MarkedProgram(given)
    await eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    await program.end()
    hidden = int((tmp_path / "pid").read_text())
    assert psutil.pid_exists(hidden)

    ended = await end_descendants(os.getpid())

    assert hidden in ended
    assert not psutil.pid_exists(hidden)
