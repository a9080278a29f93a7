"""An agent's check, with programs that behave and that do not: each ends with a step that says what to do."""

import shutil
import subprocess  # noqa: TID251  whether walls can be built here is asked of bubblewrap itself
import sys
from pathlib import Path

import msgspec
import pytest

from gastown.actors.errands import AgentReport
from gastown.adapters.effects import check_agent
from gastown.adapters.effects.check_agent import AgentChecks
from gastown.adapters.effects.check_key import WallsFor
from gastown.adapters.effects.walls import walls_for
from gastown.adapters.processes.bubblewrap import Bubblewrap
from gastown.adapters.processes.family import marked
from gastown.adapters.processes.marks import Marks
from gastown.clock import new_id
from gastown.events.agent import AgentSpec

TALKER = Path(__file__).parents[2] / "scenarios" / "talker.py"
WELL = f"exec {sys.executable} -S {TALKER}"


def _no_walls() -> str:
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed"
    trial = ("bwrap", "--ro-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "true")
    return subprocess.run(trial, check=False, capture_output=True, text=True).stderr.strip()


NO_WALLS = _no_walls()


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        self.program = folder / "agent"
        self.checks = AgentChecks(Marks(), folder / "host")
        self.mark = ("GT_MARK", new_id())
        self.environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "GT_BEAD": "none",
            "GT_SESSION": "none-1",
            "STORY": str(folder),
            self.mark[0]: self.mark[1],
        }
        self.spec = AgentSpec(name="one", vendor=f"acp:{self.program}")

    def is_(self, script: str) -> None:
        self.program.write_text(f"#!/bin/sh\n{script}\n")
        self.program.chmod(0o755)

    async def check(self) -> AgentReport:
        return await self.checks.check(self.spec, self.environment, self.mark)

    async def failed(self) -> tuple[str, str, str]:
        report = await self.check()
        (step,) = [step for step in report.steps if not step.ok]
        return step.name, step.detail, step.mend


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_one_that_is_well_leaves_nothing(bench: Bench) -> None:
    bench.is_(WELL)
    report = await bench.check()

    assert [step.name for step in report.steps] == ["found", "version", "starts", "ends", "git", "capabilities"]
    assert all(step.ok and not step.mend for step in report.steps)
    assert (report.program, report.seen, report.missing) == (str(bench.program), ("cancel", "turns"), ())
    assert marked(bench.mark).alive() == []
    assert list((bench.folder / "host" / "checks").iterdir()) == []


async def test_one_that_is_not_there(bench: Bench) -> None:
    name, detail, mend = await bench.failed()
    assert (name, str(bench.program) in detail) == ("found", True)
    assert "--command" in mend


@pytest.mark.parametrize(
    ("script", "asks"),
    [
        ("echo 'Please log in at https://example.com/device'; sleep 60", "a login"),
        ("echo 'Do you trust this folder?' >&2; exit 1", "that its folder is trusted"),
        ("echo 'Update available. Install now? [y/n]'; read answer; exit 1", "an update"),
    ],
)
async def test_one_that_asks_for_something(
    bench: Bench, script: str, asks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_agent, "PATIENCE", 0.5)
    bench.is_(script)
    name, detail, mend = await bench.failed()
    assert (name, detail.startswith(f"it asks for {asks}")) == ("starts", True), detail
    assert mend
    assert marked(bench.mark).alive() == []


@pytest.mark.parametrize("script", ["exit 0", "kill -9 $$", "head -c 20000000 /dev/zero; exit 3", "echo '{\"id\":1}'"])
async def test_one_that_is_gone_before_it_answered(bench: Bench, script: str) -> None:
    bench.is_(script)
    name, detail, _ = await bench.failed()
    assert (name, "before it had answered" in detail or "takes no conversation" in detail) == ("starts", True), detail


async def test_one_that_never_answers_is_not_waited_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_agent, "PATIENCE", 0.3)
    bench.is_("trap '' TERM; while :; do sleep 1; done")
    name, detail, _ = await bench.failed()
    assert (name, detail) == ("starts", "it did not answer within 0.3 s")
    assert marked(bench.mark).alive() == []


async def test_what_it_leaves_running_is_ended_and_said(bench: Bench) -> None:
    bench.is_(f"sleep 60 & {WELL}")
    report = await bench.check()
    (ends,) = [step for step in report.steps if step.name == "ends"]
    assert ends.ok
    assert "1 processes of it ran on, and were ended" in ends.detail
    assert marked(bench.mark).alive() == []


async def test_one_whose_user_signs_commits_cannot_commit(bench: Bench) -> None:
    bench.is_(WELL)
    (bench.home / ".gitconfig").write_text("[commit]\n gpgsign = true\n[gpg]\n program = /bin/false\n")
    name, detail, mend = await bench.failed()
    assert (name, "cannot commit in a worktree" in detail) == ("git", True)
    assert "gpgsign false" in mend


async def test_a_session_pays_for_it_once_a_version(bench: Bench) -> None:
    counting = f"echo x >> {bench.folder}/started; {WELL}"
    bench.is_(counting)
    started = bench.folder / "started"

    assert [await bench.checks.trouble(bench.spec, bench.environment, bench.mark) for _ in range(2)] == ["", ""]
    later = AgentChecks(Marks(), bench.folder / "host")  # another host
    assert await later.trouble(bench.spec, bench.environment, bench.mark) == ""
    once = started.read_text()
    bench.is_(f"{counting} # updated")
    assert await later.trouble(bench.spec, bench.environment, bench.mark) == ""
    assert started.read_text() == once * 2


async def test_who_gets_other_walls_is_tried_again(bench: Bench) -> None:
    bench.is_(f"echo x >> {bench.folder}/started; {WELL}")
    started, grown = bench.folder / "started", list[int]()
    for sandbox in ("", "none", "", "none"):
        bench.spec = msgspec.structs.replace(bench.spec, sandbox=sandbox)
        assert await bench.checks.trouble(bench.spec, bench.environment, bench.mark) == ""
        grown.append(started.stat().st_size)
    assert 0 < grown[0] < grown[1] == grown[2] == grown[3]


@pytest.mark.skipif(bool(NO_WALLS), reason=f"no walls here: {NO_WALLS}")
async def test_behind_walls_it_is_tried_behind_them(bench: Bench) -> None:
    """Each with what its walls show it, and told apart from what passed without any."""
    checks = AgentChecks(Bubblewrap(Marks()), bench.folder / "host")
    hidden = bench.folder / "hidden"
    hidden.write_text("x")
    bench.is_(f"test ! -e {hidden} || exit 1; {WELL}")
    assert await checks.trouble(bench.spec, bench.environment, bench.mark) != ""

    def walls(*reads: Path) -> WallsFor:
        seen = (Path(sys.prefix), Path(sys.base_prefix), TALKER.parent, bench.program, *reads)
        spec = AgentSpec(name="one", vendor="", reads=tuple(map(str, seen)))
        return lambda sandbox, folder: walls_for(bench.folder, spec, None, sandbox, folder, network=True)

    report = await checks.check(bench.spec, bench.environment, bench.mark, walls=walls())
    assert [step for step in report.steps if not step.ok] == []
    assert marked(bench.mark).alive() == []
    assert await checks.trouble(bench.spec, bench.environment, bench.mark, walls=walls()) == ""
    assert await checks.trouble(bench.spec, bench.environment, bench.mark, walls=walls(hidden)) != ""
    bench.program.unlink()
    assert "found" in await checks.trouble(bench.spec, bench.environment, bench.mark, walls=walls())


async def test_what_failed_is_tried_again(bench: Bench) -> None:
    bench.is_("exit 1")
    assert (await bench.checks.trouble(bench.spec, bench.environment, bench.mark)).startswith(
        "starts: it ended (exit 1)"
    )
    bench.is_(WELL)
    assert await bench.checks.trouble(bench.spec, bench.environment, bench.mark) == ""
    bench.program.unlink()
    assert "found" in await bench.checks.trouble(bench.spec, bench.environment, bench.mark)


async def test_a_command_is_not_run_for_it(bench: Bench) -> None:
    spec = AgentSpec(name="sh", vendor="shell", command=f"touch {bench.folder}/ran")
    report = await bench.checks.check(spec, bench.environment, bench.mark)
    assert [(step.name, step.ok) for step in report.steps] == [("found", True), ("git", True)]
    assert not (bench.folder / "ran").exists()
