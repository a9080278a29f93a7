import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gastown.adapters.processes.census import start_time
from gastown.adapters.processes.locks import Holder, held, holder
from gastown.adapters.processes.marks import MarkedProgram
from gastown.adapters.processes.program import Launch
from gastown.errors import TakenError

Eventually = Callable[[Callable[[], object]], Awaitable[None]]


def test_the_holder_is_known_by_pid_and_start_time(tmp_path: Path) -> None:
    with held(tmp_path / "run" / "host.lock", "the host"):
        assert holder(tmp_path / "run" / "host.lock") == Holder(os.getpid(), start_time(os.getpid()))


def test_a_lock_that_was_let_go_has_no_holder(tmp_path: Path) -> None:
    with held(tmp_path / "lock", "the host"):
        pass

    assert holder(tmp_path / "lock") is None
    with held(tmp_path / "lock", "the host"):
        assert holder(tmp_path / "lock") is not None


def test_a_lock_never_taken_has_no_holder(tmp_path: Path) -> None:
    assert holder(tmp_path / "lock") is None


def test_a_second_one_is_told_who_was_first(tmp_path: Path) -> None:
    with (
        held(tmp_path / "lock", "the host of here"),
        pytest.raises(TakenError, match=f"the host of here runs already, as process {os.getpid()}"),
        held(tmp_path / "lock", "the host of here"),
    ):
        pass


def test_whatever_a_dead_holder_left_in_the_file_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text('{"pid": 1, "started": 1} and rubbish')

    with held(tmp_path / "lock", "the host"):
        assert holder(tmp_path / "lock") == Holder(os.getpid(), start_time(os.getpid()))


async def test_the_lock_of_a_killed_process_is_free(tmp_path: Path, eventually: Eventually) -> None:
    code = (
        "from pathlib import Path; import sys, time; from gastown.adapters.processes.locks import held\n"
        "with held(Path('lock'), 'me'):\n print('held', flush=True); time.sleep(60)"
    )
    output = tmp_path / "output"
    environment = {"GT_MARK": "lock", "PYTHONPATH": os.pathsep.join(sys.path)}
    program = MarkedProgram(
        Launch(
            argv=(sys.executable, "-c", code),
            folder=tmp_path,
            environment=environment,
            mark=("GT_MARK", f"lock-{os.getpid()}"),
            output=output,
        )
    )
    try:
        await eventually(lambda: "held" in output.read_text())
        assert holder(tmp_path / "lock") == Holder(program.pid, program.started)
    finally:
        await program.end(patience=0)

    assert holder(tmp_path / "lock") is None
