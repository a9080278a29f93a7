import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gastown.adapters.gates.port import Check
from gastown.adapters.gates.shell import ShellChecks
from gastown.adapters.processes.family import marked
from gastown.adapters.processes.marks import Marks
from gastown.clock import new_id

CheckOf = Callable[..., Check]


@pytest.fixture
def check(tmp_path: Path) -> CheckOf:
    def make(command: str, *, timeout: float = 60.0, folder: Path | None = None) -> Check:
        mark = ("GT_MARK", new_id())
        return Check(
            command=command,
            folder=folder or tmp_path,
            environment={"PATH": os.environ["PATH"], mark[0]: mark[1]},
            mark=mark,
            timeout=timeout,
            log=tmp_path / "logs" / "gate.log",
        )

    return make


@pytest.mark.parametrize(
    ("command", "verdict", "exit_code"),
    [
        ("no-such-tool --check", "broke", 127),
        ("./not-executable", "broke", 126),
    ],
)
async def test_a_tool_that_is_missing_broke(
    check: CheckOf, tmp_path: Path, command: str, verdict: str, exit_code: int
) -> None:
    (tmp_path / "not-executable").write_text("true")

    result = await ShellChecks(Marks()).run(check(command))

    assert (result.verdict, result.exit_code) == (verdict, exit_code)


async def test_it_runs_at_the_root_of_the_checkout_and_its_output_is_kept(check: CheckOf, tmp_path: Path) -> None:
    given = check("pwd; echo oops >&2; exit 2")

    result = await ShellChecks(Marks()).run(given)

    assert given.log.read_text() == result.tail == f"{tmp_path}\noops\n"


async def test_nothing_it_started_outlives_it(check: CheckOf) -> None:
    given = check("setsid sleep 60 & sleep 60 & exit 0")

    result = await ShellChecks(Marks()).run(given)

    assert result.verdict == "passed"
    assert marked(given.mark).alive() == []
