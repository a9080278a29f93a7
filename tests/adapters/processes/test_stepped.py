"""A simulated process can be stopped between two steps, as a real one can."""

import signal

import anyio
import pytest

from gastown.adapters.pause import no_pause
from gastown.adapters.processes.memory_machine import MemoryMachine, MemoryProgram
from gastown.adapters.processes.program import Exit

MARK = ("GT_MARK", "x")


@pytest.fixture
def steps():
    return []


async def test_a_frozen_process_does_nothing_until_it_is_thawed(steps):
    machine = MemoryMachine()

    async def work(process):
        child = process.spawn(lambda _: count("child"))
        await count("parent")
        await child.exited()
        return 3

    async def count(name):
        for number in range(3):
            steps.append(f"{name} {number}")
            await anyio.sleep(0.01)
        return 0

    async with anyio.create_task_group() as tasks:
        await tasks.start(machine.run)
        program = MemoryProgram(machine, machine.start(MARK, work), MARK, no_pause)
        while not steps:
            await anyio.lowlevel.checkpoint()
        assert await program.freeze()
        before = list(steps)
        await anyio.sleep(0.1)
        assert steps == before
        machine.kill(program.pid, signal.SIGCHLD)
        assert await program.thaw()
        await program.exited()
        assert await program.end(patience=0) == Exit(None, signal.SIGCHLD)
        tasks.cancel_scope.cancel()


async def test_a_frozen_process_can_be_killed_and_hears_its_end(steps):
    machine = MemoryMachine()

    async def work(process):
        try:
            await anyio.sleep_forever()
        finally:
            steps.append("end")
        return 0

    async with anyio.create_task_group() as tasks:
        await tasks.start(machine.run)
        program = MemoryProgram(machine, machine.start(MARK, work), MARK, no_pause)
        await anyio.wait_all_tasks_blocked()
        await program.freeze()
        assert await program.end(patience=0) == Exit(None, signal.SIGKILL)
        tasks.cancel_scope.cancel()
    assert steps == ["end"]
