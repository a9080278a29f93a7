"""A town under a unit of infra/: it comes back after anything, except when a person has stopped it."""

import os
import plistlib
import shutil
import signal
import subprocess  # noqa: TID251  what a unit runs is run as a unit runs it
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gastown.adapters.processes.census import runs, start_time

INFRA = Path(__file__).parents[2] / "infra"
SERVICE = INFRA / "systemd/gastown@.service"
GT = [sys.executable, "-m", "gastown_cli"]
STEP = "test -e {0} || {{ echo {0} > {0}; git add -A; git commit -qm {0}; }}"


def exec_start(town) -> list[str]:
    """The unit's command, for this town and the `gt` under test."""
    line = next(line for line in SERVICE.read_text().splitlines() if line.startswith("ExecStart="))
    program, *words = line.removeprefix("ExecStart=").split()
    assert program == "%h/.local/bin/gt"
    return [*GT, *(word.replace("%f", str(town.path)) for word in words)]


class Unit:
    """Runs the unit's command as systemd does: again after a failure only."""

    def __init__(self, town) -> None:
        self.town = town
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        with (self.town.folder / "journal").open("ab") as journal:
            return subprocess.Popen(
                exec_start(self.town), env=self.town.environment, stdout=journal, stderr=journal, cwd=self.town.path
            )

    def stands_by(self, daemon: int) -> None:
        """Returns when it says so."""
        while '"standing_by"' not in (said := (self.town.folder / "journal").read_text()):
            assert self.process.poll() is None
            self.town.answer("status")
        assert f'"daemon":{daemon}' in said

    def ended(self) -> int:
        return self.process.wait(timeout=60)

    def restart(self) -> None:
        """What Restart=on-failure does."""
        assert self.ended() != 0
        self.process = self._start()


def wipe(folder: Path) -> None:
    """As a reboot does with the runtime folder."""
    shutil.rmtree(folder)
    folder.mkdir(mode=0o700)


def power_off(town) -> None:
    """Every process of the town is gone from one moment to the next."""
    while pids := town.running():
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def start_unit(town) -> Iterator[Callable[[], Unit]]:
    """A unit that is started; whatever the story forgot is ended."""
    units: list[Unit] = []

    def start() -> Unit:
        units.append(Unit(town))
        return units[-1]

    yield start
    for unit in units:
        if unit.process.poll() is None:
            unit.process.kill()
            unit.process.wait()


@pytest.fixture
def runtime() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="gt-") as folder:
        yield Path(folder)


@pytest.fixture
def town(make_town: Callable[..., object], runtime: Path):
    return make_town(XDG_RUNTIME_DIR=str(runtime)).install()


def daemon_of(town) -> int:
    return town.pids()["daemon"]


def test_a_town_that_was_never_started_is_left_alone(town, start_unit):
    assert start_unit().ended() == 0
    assert town.running() == []


def test_after_a_reboot_a_wanted_town_goes_on_and_a_stopped_one_stays_stopped(town, runtime, doors, start_unit):
    town.up()
    rig = town.rig("reboot")
    bead = rig.bead("Go on", f"{STEP.format('first')}; {doors.make('wait')}; {STEP.format('second')}")
    rig.sling(bead)
    doors.reached("wait")
    power_off(town)
    wipe(runtime)
    unit = start_unit()
    doors.reached("wait")
    assert daemon_of(town) == unit.process.pid
    power_off(town)
    unit.restart()
    doors.reached("wait")
    doors.open("wait")
    town.lands(bead)
    town.ask("down")
    assert unit.ended() == 0
    assert town.running() == []
    wipe(runtime)
    assert start_unit().ended() == 0
    assert town.running() == []


def test_a_stopped_town_stays_stopped_also_when_only_its_log_knows_that(town, runtime, start_unit):
    town.up()
    town.ask("down")
    for lost in ("wanted", "socket"):
        (town.path / "run" / lost).write_text("")
    (town.path / "run/epoch").write_text("")
    assert start_unit().ended() == 0
    assert town.running() == []
    assert (town.path / "run/wanted").read_text() == "down"


def test_the_unit_stands_by_while_a_daemon_runs_and_its_end_stops_everything(town, start_unit):
    town.up()
    first = daemon_of(town)
    unit = start_unit()
    unit.stands_by(first)
    os.kill(first, signal.SIGKILL)
    while not runs(daemon := daemon_of(town), start_time(daemon)) or daemon == first:
        town.answer("status")
    assert unit.process.poll() is None
    assert daemon_of(town) != unit.process.pid
    unit.process.terminate()
    assert unit.ended() == 0
    assert town.running() == []
    assert (town.path / "run/wanted").read_text() == "up"


def test_the_units_are_what_systemd_understands(tmp_path, runtime, monkeypatch):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze here")
    gt = tmp_path / "home/.local/bin/gt"
    gt.parent.mkdir(parents=True)
    gt.write_text("#!/bin/sh\n")
    gt.chmod(0o755)
    for unit in ("service", "path"):
        text = (INFRA / f"systemd/gastown@.{unit}").read_text()
        (tmp_path / f"gastown@srv-gt.{unit}").write_text(text)
    env = {**os.environ, "HOME": str(tmp_path / "home"), "XDG_RUNTIME_DIR": str(runtime)}
    words = [analyze, "verify", "--user", "--man=no", *map(str, sorted(tmp_path.glob("gastown@*")))]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.replace(str(gt), "")) == (0, "")


def test_the_plist_runs_the_same_command():
    plist = plistlib.loads((INFRA / "launchd/town.gastown.plist").read_bytes())
    words = [word.replace("@HOME@", "%h").replace("@TOWN@", "%f") for word in plist["ProgramArguments"]]
    assert f"ExecStart={' '.join(words)}" in SERVICE.read_text().splitlines()
    assert plist["KeepAlive"] == {"SuccessfulExit": False}
