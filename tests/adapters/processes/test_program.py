import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import msgspec
import pytest

from gastown.adapters.processes.census import runs, start_time
from gastown.adapters.processes.family import marked
from gastown.adapters.processes.program import Containment, Exit, Launch, StartFailedError, Walls, run, tail

LaunchOf = Callable[..., Launch]
Eventually = Callable[[Callable[[], object]], Awaitable[None]]


async def test_its_exit_code_is_told(containment: Containment, launch: LaunchOf) -> None:
    ending = await run(containment, launch("exit 3"), seconds=20)

    assert ending.exit == Exit(3, None)
    assert not ending.timed_out


async def test_the_signal_that_ended_it_is_told(containment: Containment, launch: LaunchOf) -> None:
    ending = await run(containment, launch("kill -KILL $$"), seconds=20)

    assert ending.exit == Exit(None, signal.SIGKILL)


async def test_it_has_no_environment_but_what_it_is_given(
    containment: Containment, launch: LaunchOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "x")
    given = launch("env", COLOUR="green")

    await run(containment, given, seconds=20)

    lines = given.output.read_text().splitlines()
    assert "COLOUR=green" in lines
    assert not [line for line in lines if line.startswith("SECRET")]


async def test_it_reads_its_input_from_a_file_and_writes_both_outputs_in_order(
    containment: Containment, launch: LaunchOf, tmp_path: Path
) -> None:
    (tmp_path / "input").write_text("what to do\n")
    given = launch("cat; echo to stderr >&2; echo to stdout", stdin=tmp_path / "input")

    await run(containment, given, seconds=20)

    assert given.output.read_text() == "what to do\nto stderr\nto stdout\n"


async def test_without_a_file_its_input_is_empty(containment: Containment, launch: LaunchOf) -> None:
    ending = await run(containment, launch("read line"), seconds=20)

    assert ending.exit == Exit(1, None)


async def test_it_can_be_talked_to_over_pipes(containment: Containment, launch: LaunchOf) -> None:
    ours, say = os.pipe()
    hear, theirs = os.pipe()
    given = msgspec.structs.replace(launch("cat; echo to stderr >&2"), stdin=ours, stdout=theirs)
    program = containment.start(given)
    os.close(ours)
    os.close(theirs)
    os.write(say, b"hello\n")
    os.close(say)  # nobody else holds it open: cat ends

    with anyio.fail_after(20), os.fdopen(hear, "rb") as heard:
        await program.exited()
        assert await program.end() == Exit(0, None)
        assert heard.read() == b"hello\n"  # and neither does anybody hold the other: it ends, too
    assert given.output.read_text() == "to stderr\n"


async def test_one_that_cannot_be_started_is_an_error_of_its_own(
    containment: Containment, launch: LaunchOf, tmp_path: Path
) -> None:
    with pytest.raises(StartFailedError, match="nowhere"):
        containment.start(msgspec.structs.replace(launch("true"), folder=tmp_path / "nowhere"))


async def test_one_that_is_to_have_walls_is_not_started_without(
    containment: Containment, launch: LaunchOf, tmp_path: Path
) -> None:
    walled = msgspec.structs.replace(launch(f"touch {tmp_path}/ran"), walls=Walls(home=tmp_path / "home"))
    with pytest.raises(StartFailedError, match="nobody has built them"):
        containment.start(walled)
    assert not (tmp_path / "ran").exists()


async def test_an_impossible_environment_is_an_error_of_its_own(containment: Containment, launch: LaunchOf) -> None:
    with pytest.raises(StartFailedError, match="null byte"):
        containment.start(launch("true", NAME="a\0b"))


async def test_pid_and_start_time_name_the_process_even_when_it_ends_at_once(
    containment: Containment, launch: LaunchOf
) -> None:
    program = containment.start(launch("exit 0"))
    await program.exited()

    assert program.started > 0
    assert not runs(program.pid, program.started)
    await program.end()
    assert start_time(program.pid) != program.started


async def test_several_may_wait_for_one_exit(containment: Containment, launch: LaunchOf) -> None:
    program = containment.start(launch("read line", stdin=Path("/dev/null")))
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(program.exited)
            tasks.start_soon(program.exited)
            tasks.start_soon(program.end)


async def test_at_the_time_limit_it_is_asked_to_end(containment: Containment, launch: LaunchOf, tmp_path: Path) -> None:
    given = launch("trap 'echo bye > last; exit 0' TERM; sleep 60 & wait")

    ending = await run(containment, given, seconds=0.3)

    assert ending.timed_out
    assert (tmp_path / "last").read_text() == "bye\n"
    assert marked(given.mark).alive() == []


async def test_what_ignores_being_asked_is_killed(
    containment: Containment, launch: LaunchOf, eventually: Eventually
) -> None:
    given = launch("trap '' TERM; echo ready; sleep 60; sleep 60")
    program = containment.start(given)
    await eventually(given.output.read_text)

    assert await program.end(patience=0.2) == Exit(None, signal.SIGKILL)
    assert marked(given.mark).alive() == []


async def test_what_it_starts_in_its_last_moment_is_found(containment: Containment, launch: LaunchOf) -> None:
    for _ in range(20):
        given = launch("setsid setsid sleep 60 & setsid sh -c 'sleep 60 & setsid sleep 60' & exit 0")

        await run(containment, given, seconds=30)

        assert marked(given.mark).alive() == []


async def test_one_that_hops_from_process_to_process_is_caught(
    containment: Containment, launch: LaunchOf, tmp_path: Path, eventually: Eventually
) -> None:
    given = launch('echo ready; eval "$HOP"; sleep 60', HOP='[ -e stop ] || setsid sh -c "$HOP" &')
    program = containment.start(given)
    try:
        await eventually(given.output.read_text)
        with anyio.fail_after(30):
            await program.end(patience=0)

        assert marked(given.mark).alive() == []
    finally:
        (tmp_path / "stop").touch()


async def test_others_processes_are_left_alone(containment: Containment, launch: LaunchOf) -> None:
    bystander = containment.start(launch("sleep 60"))
    try:
        await run(containment, launch("sleep 60"), seconds=0.1)

        assert runs(bystander.pid, bystander.started)
    finally:
        await bystander.end()


async def test_it_ends_when_whoever_runs_it_is_cancelled(
    containment: Containment, launch: LaunchOf, eventually: Eventually
) -> None:
    given = launch("echo ready; sleep 60; true")
    async with anyio.create_task_group() as tasks:

        async def work() -> None:
            await run(containment, given, seconds=60)

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
