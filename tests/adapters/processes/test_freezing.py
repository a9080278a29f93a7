import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gastown.adapters.processes.census import HAS_PROC, runs, see
from gastown.adapters.processes.containment import MEANS, tried
from gastown.adapters.processes.family import Mark, marked
from gastown.adapters.processes.freezing import freeze, is_still, thaw
from gastown.adapters.processes.marks import MarkedProgram
from gastown.adapters.processes.program import Exit, Launch
from gastown.errors import GastownError

LaunchOf = Callable[..., Launch]
Eventually = Callable[[Callable[[], object]], Awaitable[None]]

COUNTING = "i=0; while :; do i=$((i + 1)); echo $i > beat.new; mv beat.new beat; done"
"""Forks a process for every beat."""

HOPPING = '[ -e stop ] || { echo > beat; setsid sh -c "$HOP" & }'
"""Never more than a moment in one process."""

VFORK = """
import ctypes, os, time
libc = ctypes.CDLL(None)
print("here", flush=True)
libc.system(b"exec sleep 60")
"""

HEADLESS = """
import ctypes, threading, time
def beat():
    n = 0
    while True:
        n += 1
        with open("beat.new", "w") as file: file.write(str(n))
        __import__("os").rename("beat.new", "beat")
threading.Thread(target=beat).start()
libc = ctypes.CDLL(None)
libc.syscall(60 if __import__("os").uname().machine == "x86_64" else 93, 0)
"""
"""Its main thread is over; the other works on."""


def beat(folder: Path) -> tuple[int, bytes]:
    try:
        return (folder / "beat").stat().st_mtime_ns, (folder / "beat").read_bytes()
    except FileNotFoundError:
        return (0, b"")


def stands_still(folder: Path, seconds: float = 0.3) -> bool:
    before, until = beat(folder), time.monotonic() + seconds
    while time.monotonic() < until:
        if beat(folder) != before:
            return False
    return True


async def test_a_frozen_family_does_nothing_and_goes_on_where_it_was(
    launch: LaunchOf, tmp_path: Path, eventually: Eventually
) -> None:
    given = launch(f"setsid sh -c 'sleep 60' & {COUNTING} & wait")
    program = MarkedProgram(given)
    try:
        await eventually(lambda: beat(tmp_path)[0])

        assert await freeze(marked(given.mark)) == ()

        family = marked(given.mark).alive()
        assert len(family) >= 3
        assert all(is_still(seen) for seen in family)
        assert stands_still(tmp_path)

        assert await thaw(marked(given.mark)) == ()

        await eventually(lambda: not any(is_still(seen) for seen in marked(given.mark).alive()))
        frozen_at = beat(tmp_path)
        await eventually(lambda: beat(tmp_path) != frozen_at)
        assert runs(program.pid, program.started)
    finally:
        await program.end(patience=0)


async def test_one_that_forks_while_it_is_stopped_leaves_no_runner(
    launch: LaunchOf, tmp_path: Path, eventually: Eventually
) -> None:
    given = launch('eval "$HOP"; sleep 60', HOP=HOPPING)
    program = MarkedProgram(given)
    try:
        for _ in range(5):
            reached = beat(tmp_path)
            await eventually(lambda reached=reached: beat(tmp_path) != reached)
            for _ in range(10):  # on a busy machine a look may be blind
                assert await freeze(marked(given.mark), seconds=5) == ()
                if stands_still(tmp_path, 0.05):
                    break
            assert stands_still(tmp_path, 0.05)
            assert await thaw(marked(given.mark), seconds=20) == ()
    finally:
        (tmp_path / "stop").touch()
        await program.end(patience=0)


async def test_a_frozen_family_can_be_ended(launch: LaunchOf, eventually: Eventually) -> None:
    given = launch("sleep 60 & echo here; wait")
    program = MarkedProgram(given)
    await eventually(given.output.read_text)
    await freeze(marked(given.mark))

    assert await program.end(patience=0) == Exit(None, signal.SIGKILL)
    assert marked(given.mark).alive() == []


async def test_others_are_not_stopped(launch: LaunchOf) -> None:
    ours, bystander = launch("sleep 60"), MarkedProgram(launch("sleep 60"))
    program = MarkedProgram(ours)
    try:
        assert await freeze(marked(ours.mark)) == ()
        seen = see(bystander.pid)
        assert seen
        assert not seen.stopped
    finally:
        await program.end(patience=0)
        await bystander.end()


async def test_a_family_that_is_gone_is_frozen_and_thawed(launch: LaunchOf) -> None:
    given = launch("true")
    await MarkedProgram(given).end()

    assert await freeze(marked(given.mark)) == ()
    assert await thaw(marked(given.mark)) == ()


@pytest.mark.skipif(not HAS_PROC, reason="asks /proc")
@pytest.mark.parametrize("nasty", [VFORK, HEADLESS], ids=["waits for its vfork", "has lost its main thread"])
async def test_odd_processes_stand_still_and_are_ended(
    nasty: str, launch: LaunchOf, tmp_path: Path, eventually: Eventually
) -> None:
    (tmp_path / "odd.py").write_text(nasty)
    given = launch(f"exec {sys.executable} odd.py")
    program = MarkedProgram(given)
    try:
        await eventually(lambda: beat(tmp_path)[0] or given.output.read_text())

        assert await freeze(marked(given.mark), seconds=10) == ()

        assert stands_still(tmp_path)
        assert [seen.pid for seen in marked(given.mark).alive()]
        assert await thaw(marked(given.mark), seconds=10) == ()
    finally:
        await program.end(patience=0)
    assert marked(given.mark).alive() == []
    assert os.getpid() not in [seen.pid for seen in marked(given.mark).alive()]


async def test_what_hops_in_a_cgroup_is_caught_the_first_time(
    town_mark: Mark, launch: LaunchOf, tmp_path: Path, eventually: Eventually
) -> None:
    try:
        containment = await tried(MEANS["cgroup"], town_mark)
    except (GastownError, OSError, KeyError) as error:
        pytest.skip(f"no cgroup here: {error}")
    program = containment.start(launch('eval "$HOP"; sleep 60', HOP=HOPPING))
    try:
        for _ in range(10):
            reached = beat(tmp_path)
            await eventually(lambda reached=reached: beat(tmp_path) != reached)
            assert await freeze(program.family(), seconds=5) == ()
            assert stands_still(tmp_path, 0.05)
            assert all(is_still(seen) for seen in program.family().alive())
            assert await thaw(program.family(), seconds=20) == ()
    finally:
        (tmp_path / "stop").touch()
        await program.end(patience=0)
        containment.close()
