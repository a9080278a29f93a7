"""What only a machine in memory has: hosts that die and leave processes, ends that take a while, power cuts."""

import signal

import anyio
import pytest

from gastown.adapters.pause import no_pause
from gastown.adapters.processes.memory_machine import MemoryMachine, MemoryProgram, Process
from gastown.adapters.processes.program import Exit

MARK = ("GT_MARK", "01TOWN/ap-1-1")


async def hang(process: Process) -> int:
    await anyio.sleep_forever()
    return 0


async def test_a_process_outlives_the_host_that_started_it() -> None:
    machine = MemoryMachine()
    async with anyio.create_task_group() as tasks:
        await tasks.start(machine.run)
        async with anyio.create_task_group() as host:
            host.start_soon(lambda: machine.start(MARK, hang).exited())
            await anyio.wait_all_tasks_blocked()
            host.cancel_scope.cancel()
        assert len(machine.alive(MARK)) == 1
        await machine.sweep(MARK)
        assert machine.alive(MARK) == ()
        tasks.cancel_scope.cancel()


async def test_killed_before_it_began_it_does_nothing() -> None:
    did = []

    async def work(process: Process) -> int:
        did.append(process.pid)
        return 0

    machine = MemoryMachine()
    async with anyio.create_task_group() as tasks:
        await tasks.start(machine.run)
        process = machine.start(MARK, work)
        machine.kill(process.pid)
        await process.exited()
        tasks.cancel_scope.cancel()
    assert process.exit == Exit(None, signal.SIGKILL)
    assert did == []


async def test_one_that_hangs_in_the_kernel_is_waited_for() -> None:
    machine = MemoryMachine()
    async with anyio.create_task_group() as tasks:
        await tasks.start(machine.run)
        process = machine.start(MARK, hang)
        process.linger = 0.05
        assert await machine.sweep(MARK) == (process.pid,)
        assert process.exit == Exit(None, signal.SIGTERM)
        tasks.cancel_scope.cancel()


async def test_pids_count_up_and_are_never_used_again() -> None:
    machine = MemoryMachine()
    async with anyio.create_task_group() as tasks:
        await tasks.start(machine.run)
        first = machine.start(MARK, hang)
        machine.kill(first.pid)
        await first.exited()
        second = machine.start(MARK, hang)
        machine.kill(first.pid)
        await anyio.wait_all_tasks_blocked()
        assert second.pid > first.pid
        assert machine.alive(MARK) == (second.pid,)
        tasks.cancel_scope.cancel()


async def test_a_power_cut_ends_everything_and_a_machine_that_is_off_starts_nothing() -> None:
    machine = MemoryMachine()
    async with anyio.create_task_group() as tasks:
        await tasks.start(machine.run)
        process = machine.start(MARK, hang)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert process.exit == Exit(None, signal.SIGKILL)
    assert machine.alive(MARK) == ()
    with pytest.raises(RuntimeError, match="off"):
        machine.start(MARK, hang)


async def test_a_host_that_dies_while_it_ends_a_program_leaves_the_rest_running() -> None:
    class KilledError(BaseException):
        pass

    async def pause(step: str) -> None:
        if step == "end: asked":
            raise KilledError

    async def deaf(process: Process) -> int:
        process.catch(signal.SIGTERM)
        return await hang(process)

    machine = MemoryMachine()
    async with anyio.create_task_group() as tasks:
        await tasks.start(machine.run)
        process = machine.start(MARK, deaf)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(KilledError):
            await MemoryProgram(machine, process, MARK, pause).end(patience=0.02)
        assert machine.alive(MARK) == (process.pid,)
        assert await MemoryProgram(machine, process, MARK, no_pause).end(patience=0) == Exit(None, signal.SIGKILL)
        tasks.cancel_scope.cancel()
