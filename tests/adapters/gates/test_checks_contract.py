"""What every `Checks` promises, asked of the one that runs commands and of the one in memory."""

import contextlib
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from gastown.adapters.files.disk import DiskFiles
from gastown.adapters.files.memory import MemoryFiles
from gastown.adapters.files.port import Files
from gastown.adapters.gates.memory import HANG, MemoryChecks, Ran
from gastown.adapters.gates.port import Check, Checks
from gastown.adapters.gates.shell import ShellChecks
from gastown.adapters.git.memory_store import MemoryStore
from gastown.adapters.processes.family import marked
from gastown.adapters.processes.marks import Marks
from gastown.adapters.processes.memory_machine import MemoryMachine
from gastown.clock import new_id

PATH = "/usr/local/bin:/usr/bin:/bin"

Eventually = Callable[[Callable[[], object]], Awaitable[None]]

TWINS: dict[str, Callable[[dict[str, str]], int | Ran]] = {
    "exit 0": lambda files: 0,
    "exit 1": lambda files: 1,
    "exit 125": lambda files: 125,
    "exit 126": lambda files: 126,
    "no-such-tool --check 2>/dev/null": lambda files: 127,
    "exit 128": lambda files: 128,
    "kill -KILL $$": lambda files: signal.SIGKILL,
    "test -e new.txt": lambda files: 0 if "new.txt" in files else 1,
    "echo made > built": lambda files: files.update(built="made\n") or 0,
    "echo working; sleep 60; true": lambda files: Ran(0, HANG.seconds, "working\n"),
    "echo first; echo oops >&2; exit 2": lambda files: Ran(2, 0.0, "first\noops\n"),
}
"""Each command, and what it comes to with the files it finds."""


class ShellStage:
    """Commands in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: Files = DiskFiles()
        self.checks: Checks = ShellChecks(Marks())
        self.checkout = folder / "checkout"
        self.checkout.mkdir()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        yield

    def alive(self, check: Check) -> list[int]:
        return [seen.pid for seen in marked(check.mark).alive()]

    def write(self, name: str) -> None:
        (self.checkout / name).touch()

    def read(self, name: str) -> str:
        return (self.checkout / name).read_text()


class MemoryStage:
    """A checkout and a machine in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = MemoryFiles()
        self.checkout = folder / "checkout"
        self._store = MemoryStore()
        self._store.checkouts[self.checkout] = {}
        self._machine = MemoryMachine()
        self.checks: Checks = MemoryChecks(
            self._store, lambda command, files: TWINS[command](files), self._machine, self.files
        )

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        async with anyio.create_task_group() as tasks:
            await tasks.start(self._machine.run)
            yield
            tasks.cancel_scope.cancel()

    def alive(self, check: Check) -> list[int]:
        return list(self._machine.alive(check.mark))

    def write(self, name: str) -> None:
        self._store.checkouts[self.checkout][name] = ""

    def read(self, name: str) -> str:
        return self._store.checkouts[self.checkout][name]


Stage = ShellStage | MemoryStage


@pytest.fixture(params=[ShellStage, MemoryStage])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    return request.param(tmp_path)


def a_check(stage: Stage, command: str, *, timeout: float = 60.0, folder: Path | None = None) -> Check:
    mark = ("GT_MARK", new_id())
    return Check(
        command=command,
        folder=folder or stage.checkout,
        environment={"PATH": PATH, mark[0]: mark[1]},
        mark=mark,
        timeout=timeout,
        log=stage.folder / "logs" / "gate.log",
    )


@pytest.mark.parametrize(
    ("command", "verdict", "exit_code", "reason"),
    [
        ("exit 0", "passed", 0, ""),
        ("exit 1", "red", 1, "exit 1"),
        ("exit 125", "red", 125, "exit 125"),
        ("exit 128", "red", 128, "exit 128"),
        ("exit 126", "broke", 126, "exit 126: a command cannot be executed"),
        ("no-such-tool --check 2>/dev/null", "broke", 127, "exit 127: a command was not found"),
        ("kill -KILL $$", "broke", -1, "ended by SIGKILL"),
    ],
)
async def test_it_is_judged_by_its_exit(stage: Stage, command: str, verdict: str, exit_code: int, reason: str) -> None:
    async with stage.open():
        result = await stage.checks.run(a_check(stage, command))

    assert (result.verdict, result.exit_code, result.reason) == (verdict, exit_code, reason)


async def test_one_that_does_not_end_in_time_broke(stage: Stage) -> None:
    check = a_check(stage, "echo working; sleep 60; true", timeout=0.3)
    async with stage.open():
        result = await stage.checks.run(check)
        alive = stage.alive(check)

    assert (result.verdict, result.reason, result.tail) == ("broke", "did not end within 0.3 s", "working\n")
    assert result.seconds >= 0.3
    assert alive == []


async def test_one_that_cannot_be_started_broke(stage: Stage) -> None:
    async with stage.open():
        result = await stage.checks.run(a_check(stage, "exit 0", folder=stage.folder / "rig" / "sandboxes" / "nowhere"))

    assert (result.verdict, result.exit_code) == ("broke", -1)
    assert "nowhere" in result.reason


async def test_it_sees_the_files_of_the_checkout_as_they_are(stage: Stage) -> None:
    async with stage.open():
        before = await stage.checks.run(a_check(stage, "test -e new.txt"))
        stage.write("new.txt")
        after = await stage.checks.run(a_check(stage, "test -e new.txt"))

    assert (before.verdict, after.verdict) == ("red", "passed")


async def test_what_it_makes_stays_in_the_checkout(stage: Stage) -> None:
    async with stage.open():
        await stage.checks.run(a_check(stage, "echo made > built"))

    assert stage.read("built") == "made\n"


async def test_its_output_is_kept_until_it_is_run_again(stage: Stage) -> None:
    check = a_check(stage, "echo first; echo oops >&2; exit 2")
    async with stage.open():
        for _ in range(2):
            result = await stage.checks.run(check)

    assert stage.files.read(check.log).decode() == result.tail == "first\noops\n"


async def test_given_up_it_leaves_nothing_running(stage: Stage, eventually: Eventually) -> None:
    check = a_check(stage, "echo working; sleep 60; true")
    async with stage.open():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stage.checks.run, check)
            await eventually(lambda: stage.alive(check))
            tasks.cancel_scope.cancel()
        alive = stage.alive(check)

    assert alive == []


async def test_while_its_work_is_held_it_is_not_begun(stage: Stage, eventually: Eventually) -> None:
    check, verdicts = a_check(stage, "echo made > built"), []
    async with stage.open():
        await check.still.hold()

        async def run() -> None:
            verdicts.append((await stage.checks.run(check)).verdict)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run)
            await anyio.wait_all_tasks_blocked()
            assert stage.alive(check) == []
            await check.still.release()
            await eventually(lambda: verdicts)

    assert verdicts == ["passed"]
    assert stage.read("built") == "made\n"
