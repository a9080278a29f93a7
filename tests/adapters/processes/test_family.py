"""Who is seen, and what is told of them, in the middle of exec: a process shows no environment there."""

import os
import subprocess  # noqa: TID251  processes to be looked at
import time
from collections.abc import Iterator

import pytest

from gastown.adapters.processes.census import HAS_PROC, Seen, environment_if_told
from gastown.adapters.processes.family import Family
from gastown.adapters.processes.own_children import started

EXECS = 'exec sh -c "$0" "$0"'
"""Goes on by itself, each time as another program, with the pid and the environment it has."""


@pytest.fixture
def start() -> Iterator:
    children: list[subprocess.Popen[bytes]] = []

    def start(*words: str, **environment: str) -> int:
        children.append(started(lambda: subprocess.Popen(words, env=environment)))
        return children[-1].pid

    yield start
    for child in children:
        child.kill()
        child.wait()


@pytest.mark.skipif(not HAS_PROC, reason="asks /proc")
async def test_who_is_in_the_middle_of_exec_is_not_taken_for_one_without_environment(start) -> None:
    pid = start("/bin/sh", "-c", EXECS, EXECS, PATH=os.environ["PATH"], GT_MARK="mine")
    told, deadline = [environment_if_told(pid)], time.monotonic() + 60
    while told.count(None) < 5 and time.monotonic() < deadline:
        told.append(environment_if_told(pid))

    assert told.count(None) == 5
    assert all(one is None or b"\0GT_MARK=mine\0" in one for one in told)


@pytest.mark.skipif(not HAS_PROC, reason="asks /proc")
async def test_who_began_without_environment_is_told_from_who_execs(start, eventually) -> None:
    pid = start("/bin/sleep", "600")

    await eventually(lambda: environment_if_told(pid) is not None)
    assert environment_if_told(pid) == b"\0"


async def test_all_are_seen_though_one_of_them_could_not_be_judged_at_first(start) -> None:
    clear, unclear = start("/bin/sleep", "600"), start("/bin/sleep", "600")
    asked: list[int] = []

    def belongs(seen: Seen) -> bool | None:
        if seen.pid == unclear:
            asked.append(seen.pid)
            return None if len(asked) < 3 else True
        return seen.pid == clear

    assert {seen.pid for seen in Family(belongs).alive()} == {clear, unclear}
