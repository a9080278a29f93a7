import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import msgspec
import psutil
import pytest

from gastown.adapters.processes.census import runs, start_time
from gastown.adapters.processes.family import marked
from gastown.adapters.processes.program import Exit, Launch, Program, StartFailedError, run, tail

LaunchOf = Callable[..., Launch]
Eventually = Callable[[Callable[[], object]], Awaitable[None]]

DAEMONISE = """
import os, signal, sys
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.chdir("/")
with open(sys.argv[1], "w") as file: file.write(str(os.getpid()))
os.rename(sys.argv[1], sys.argv[2])
os.close(1); os.close(2)
signal.pause()
"""


@pytest.fixture
def stubborn(tmp_path: Path) -> str:
    """A command that leaves a daemon behind: forked twice, session of its own, deaf to SIGTERM; pid in tmp_path/pid."""
    program = tmp_path / "stubborn.py"
    program.write_text(DAEMONISE)
    return f"python3 {program} {tmp_path}/pid.new {tmp_path}/pid"


def gone(pid: int) -> bool:
    """Also when nobody has fetched its status yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_its_exit_code_is_told(launch: LaunchOf) -> None:
    ending = await run(launch("exit 3"), seconds=20)

    assert ending.exit == Exit(3, None)
    assert not ending.timed_out


async def test_the_signal_that_ended_it_is_told(launch: LaunchOf) -> None:
    ending = await run(launch("kill -KILL $$"), seconds=20)

    assert ending.exit == Exit(None, signal.SIGKILL)


async def test_it_has_no_environment_but_what_it_is_given(launch: LaunchOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "x")
    given = launch("env", COLOUR="green")

    await run(given, seconds=20)

    lines = given.output.read_text().splitlines()
    assert "COLOUR=green" in lines
    assert not [line for line in lines if line.startswith("SECRET")]


async def test_it_reads_its_input_from_a_file_and_writes_both_outputs_in_order(
    launch: LaunchOf, tmp_path: Path
) -> None:
    (tmp_path / "input").write_text("what to do\n")
    given = launch("cat; echo to stderr >&2; echo to stdout", stdin=tmp_path / "input")

    await run(given, seconds=20)

    assert given.output.read_text() == "what to do\nto stderr\nto stdout\n"


async def test_without_a_file_its_input_is_empty(launch: LaunchOf) -> None:
    ending = await run(launch("read line"), seconds=20)

    assert ending.exit == Exit(1, None)


async def test_one_that_cannot_be_started_is_an_error_of_its_own(launch: LaunchOf, tmp_path: Path) -> None:
    with pytest.raises(StartFailedError, match="nowhere"):
        Program(msgspec.structs.replace(launch("true"), folder=tmp_path / "nowhere"))


async def test_an_impossible_environment_is_an_error_of_its_own(launch: LaunchOf) -> None:
    with pytest.raises(StartFailedError, match="null byte"):
        Program(launch("true", NAME="a\0b"))


async def test_pid_and_start_time_name_the_process_even_when_it_ends_at_once(launch: LaunchOf) -> None:
    program = Program(launch("exit 0"))
    await program.exited()

    assert program.started == start_time(program.pid) > 0
    assert not runs(program.pid, program.started)
    await program.end()
    assert start_time(program.pid) != program.started


async def test_several_may_wait_for_one_exit(launch: LaunchOf) -> None:
    program = Program(launch("read line", stdin=Path("/dev/null")))
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(program.exited)
            tasks.start_soon(program.exited)
            tasks.start_soon(program.end)


async def test_at_the_time_limit_it_is_asked_to_end(launch: LaunchOf, tmp_path: Path) -> None:
    given = launch("trap 'echo bye > last; exit 0' TERM; sleep 60 & wait")

    ending = await run(given, seconds=0.3)

    assert ending.timed_out
    assert (tmp_path / "last").read_text() == "bye\n"
    assert marked(given.mark).alive() == []


async def test_what_ignores_being_asked_is_killed(launch: LaunchOf, eventually: Eventually) -> None:
    given = launch("trap '' TERM; echo ready; sleep 60; sleep 60")
    program = Program(given)
    await eventually(given.output.read_text)

    assert await program.end(patience=0.2) == Exit(None, signal.SIGKILL)
    assert marked(given.mark).alive() == []


async def test_after_a_normal_end_nothing_it_started_is_left(launch: LaunchOf, stubborn: str, tmp_path: Path) -> None:
    given = launch(f"{stubborn}; while [ ! -e pid ]; do sleep 0.01; done; exit 0")

    ending = await run(given, seconds=30)

    assert ending.exit == Exit(0, None)
    assert gone(int((tmp_path / "pid").read_text()))


async def test_what_it_starts_in_its_last_moment_is_found(launch: LaunchOf) -> None:
    for _ in range(20):
        given = launch("setsid setsid sleep 60 & setsid sh -c 'sleep 60 & setsid sleep 60' & exit 0")

        await run(given, seconds=30)

        assert marked(given.mark).alive() == []


async def test_one_that_hops_from_process_to_process_is_caught(
    launch: LaunchOf, tmp_path: Path, eventually: Eventually
) -> None:
    given = launch('echo ready; eval "$HOP"; sleep 60', HOP='[ -e stop ] || setsid sh -c "$HOP" &')
    program = Program(given)
    try:
        await eventually(given.output.read_text)
        with anyio.fail_after(30):
            await program.end(patience=0)

        assert marked(given.mark).alive() == []
    finally:
        (tmp_path / "stop").touch()


async def test_what_cleared_its_environment_goes_with_its_parent(
    launch: LaunchOf, tmp_path: Path, eventually: Eventually
) -> None:
    given = launch("env -i setsid sh -c 'echo $$ > pid; sleep 60; true' & wait")
    program = Program(given)
    await eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    pid = int((tmp_path / "pid").read_text())

    await program.end()

    assert gone(pid)


async def test_others_processes_are_left_alone(launch: LaunchOf) -> None:
    bystander = Program(launch("sleep 60"))
    try:
        await run(launch("sleep 60"), seconds=0.1)

        assert runs(bystander.pid, bystander.started)
    finally:
        await bystander.end()


async def test_it_ends_when_whoever_runs_it_is_cancelled(launch: LaunchOf, eventually: Eventually) -> None:
    given = launch("echo ready; sleep 60; true")
    async with anyio.create_task_group() as tasks:

        async def work() -> None:
            await run(given, seconds=60)

        tasks.start_soon(work)
        await eventually(lambda: given.output.exists() and given.output.read_text())
        tasks.cancel_scope.cancel()

    assert marked(given.mark).alive() == []


def test_the_tail_of_a_file_is_whole_lines(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text("".join(f"line {n}\n" for n in range(1000)))

    end = tail(file, 100)

    assert end.endswith("line 998\nline 999\n")
    assert all(line.startswith("line ") for line in end.splitlines())
    assert len(end) <= 100


def test_the_tail_of_one_endless_line_is_its_end_even_amid_a_character(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text("é" * 1000)

    assert tail(file, 101) == "\ufffd" + "é" * 50


def test_there_is_no_tail_without_a_file(tmp_path: Path) -> None:
    assert tail(tmp_path / "none") == ""
