"""A program that does not stop printing fills no disk, and what it printed last is there."""

import os
import re
import resource
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import pytest

from gastown.adapters.agents.port import Start
from gastown.adapters.agents.shell import OUTPUT, ShellAgent
from gastown.adapters.agents.told import AgentExited, AgentStarted
from gastown.adapters.processes import short_output
from gastown.adapters.processes.marks import MarkedProgram, Marks
from gastown.adapters.processes.program import Launch, tail
from gastown.adapters.processes.short_output import ShortOutput
from gastown.events.agent import AgentSpec

LaunchOf = Callable[..., Launch]
Eventually = Callable[[Callable[[], object]], Awaitable[None]]

MB = 1024 * 1024
FLOOD = "yes a line that comes over and over again | head -c 400M; echo; echo the last; exit 3"
COUNTING = "i=0; while [ ! -e over ]; do i=$((i + 1)); echo line $i; done; echo the last"


def lines_of(file: Path) -> tuple[list[int], list[int], int]:
    """-> the numbers before the note and after it, and the bytes that it says are left out."""
    text = file.read_text()
    before, left_out, after = re.split(r"\n\[gt: +(\d+) bytes of output are left out here: output.max\]\n", text)
    return _numbers(before.rpartition("\n")[0]), _numbers(after), int(left_out)


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"^line (\d+)$", text, re.MULTILINE)]


async def test_the_first_and_the_newest_lines_stay_and_the_rest_is_counted(
    launch: LaunchOf, tmp_path: Path, eventually: Eventually
) -> None:
    """It goes on printing meanwhile: only what comes in the moment of a truncation is lost without being counted."""
    given = launch(COUNTING)
    program, short = MarkedProgram(given), ShortOutput(given.output, MB)
    for _ in range(3):
        await eventually(lambda: given.output.stat().st_size > MB)
        await short.shorten()
    (tmp_path / "over").touch()
    await program.exited()
    await program.end()

    first, newest, left_out = lines_of(given.output)
    assert given.output.read_text().endswith("the last\n")
    assert first == list(range(1, len(first) + 1))
    assert newest == sorted(set(newest))
    assert sum(after - before > 1 for before, after in pairwise(newest)) <= 3  # truncations
    assert len(first) > 1000
    assert len(newest) > 1000
    missing = sum(len(f"line {number}\n") for number in range(first[-1] + 1, newest[0]))
    assert missing * 0.8 < left_out < missing + 16  # of the line that was cut in two, the beginning stays


async def test_a_flood_stays_small_and_its_newest_lines_are_seen(
    tmp_path: Path, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_output, "_EVERY", 0.01)
    start = Start(
        worktree=tmp_path,
        brief="",
        agent=AgentSpec(name="sh", vendor="shell", command=FLOOD),
        environment={"PATH": os.environ["PATH"]},
        mark=("GT_MARK", tmp_path.name),
        logs=tmp_path / "logs",
        timeout=60.0,
        most_output=4 * MB,
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    session = await ShellAgent(Marks()).start(start)
    events = [event async for event in session.events()]

    assert isinstance(events[0], AgentStarted)
    assert isinstance(events[-1], AgentExited)
    assert events[-1].exit_code == 3
    assert events[-1].tail.endswith("\nthe last\n")
    assert (tmp_path / "logs" / OUTPUT).stat().st_size <= 4 * MB
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024  # kilobytes


async def test_what_is_short_or_without_limit_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "output"
    file.write_bytes(b"x" * MB)
    await ShortOutput(file, MB).shorten()
    await ShortOutput(file, 0).shorten()
    assert file.read_bytes() == b"x" * MB
    await ShortOutput(tmp_path / "nothing", MB).shorten()


async def test_one_endless_line_is_cut_too(tmp_path: Path) -> None:
    file = tmp_path / "output"
    file.write_bytes(b"a" * (4 * MB) + b"z")
    await ShortOutput(file, MB).shorten()
    assert file.stat().st_size < MB
    assert tail(file).endswith("z")


@pytest.mark.parametrize("link", [os.symlink, os.link])
async def test_another_file_in_its_place_is_not_touched(tmp_path: Path, link: Callable[[Path, Path], None]) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"x" * (2 * MB))
    link(other, tmp_path / "output")
    await ShortOutput(tmp_path / "output", MB).shorten()
    await ShortOutput(tmp_path / "output", 10).shorten()
    assert other.read_bytes() == b"x" * (2 * MB)
