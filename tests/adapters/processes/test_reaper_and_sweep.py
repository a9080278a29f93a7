import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import psutil
import pytest

from gastown.adapters.processes.marks import MarkedProgram, Marks
from gastown.adapters.processes.program import Exit, Launch, run
from gastown.adapters.processes.reaper import become_subreaper, reap_orphans
from gastown.adapters.processes.sweep import end_descendants

LaunchOf = Callable[..., Launch]
Eventually = Callable[[Callable[[], object]], Awaitable[None]]

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux has subreapers")


@pytest.fixture(autouse=True)
def _subreaper() -> None:
    assert become_subreaper()


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


async def test_the_reaper_leaves_a_programs_status_to_its_owner(launch: LaunchOf) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reap_orphans)
        await anyio.wait_all_tasks_blocked()
        async with await anyio.open_process(["/bin/sh", "-c", "exit 4"], start_new_session=True) as process:
            assert await process.wait() == 4
        program = MarkedProgram(launch("exit 5"))
        result = await anyio.run_process(["/bin/sh", "-c", "exit 6"], check=False)
        assert result.returncode == 6
        await program.exited()
        assert await program.end() == Exit(5, None)
        tasks.cancel_scope.cancel()


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
