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

from gastown import config
from gastown.adapters.processes.census import runs, start_time
from gastown.config import Home, TownConfig
from gastown.daemon import service

INFRA = Path(__file__).parents[2] / "infra"
SERVICE, HOST_SERVICE = INFRA / "systemd/gastown@.service", INFRA / "systemd/gastown-host@.service"
GT = [sys.executable, "-m", "gastown_cli"]
STEP = "test -e {0} || {{ echo {0} > {0}; git add -A; git commit -qm {0}; }}"


def exec_start(town, unit: Path) -> list[str]:
    """The unit's command, for this town and the `gt` under test."""
    line = next(line for line in unit.read_text().splitlines() if line.startswith("ExecStart="))
    program, *words = line.removeprefix("ExecStart=").split()
    assert program == "%h/.local/bin/gt"
    return [*GT, *(word.replace("%f", str(town.path)) for word in words)]


class Unit:
    """Runs the unit's command as systemd does: again after a failure only."""

    def __init__(self, town, file: Path) -> None:
        self.town = town
        self.file = file
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        with (self.town.folder / "journal").open("ab") as journal:
            return subprocess.Popen(
                exec_start(self.town, self.file),
                env=self.town.environment,
                stdout=journal,
                stderr=journal,
                cwd=self.town.path,
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

    def start(file: Path = SERVICE, at=town) -> Unit:
        units.append(Unit(at, file))
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


@pytest.fixture
def host(make_town: Callable[..., object], runtime: Path):
    """A folder that is a host's, whose town is away."""
    made = make_town("box", XDG_RUNTIME_DIR=str(runtime))
    config.make_folders(made.path)
    home = Home(host="box", urls=("tls://127.0.0.1:9",))
    config.save(TownConfig(path=made.path, name="gt", incarnation="01J", home=home))
    return made


def test_a_host_is_kept_by_its_unit_as_a_town_is(host, start_unit):
    assert start_unit(HOST_SERVICE, host).ended() == 0
    service.want(config.load(host.path), "up")
    unit = start_unit(HOST_SERVICE, host)
    while service.daemon(config.load(host.path)) is None:
        assert unit.process.poll() is None
    host.ask("host", "down", str(host.path))
    assert unit.ended() == 0
    assert host.running() == []


@pytest.mark.parametrize("name", ["gastown", "gastown-host"])
def test_the_units_are_what_systemd_understands(name, tmp_path, runtime, monkeypatch):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze here")
    gt = tmp_path / "home/.local/bin/gt"
    gt.parent.mkdir(parents=True)
    gt.write_text("#!/bin/sh\n")
    gt.chmod(0o755)
    for unit in ("service", "path"):
        text = (INFRA / f"systemd/{name}@.{unit}").read_text()
        (tmp_path / f"{name}@srv-gt.{unit}").write_text(text)
    env = {**os.environ, "HOME": str(tmp_path / "home"), "XDG_RUNTIME_DIR": str(runtime)}
    words = [analyze, "verify", "--user", "--man=no", *map(str, sorted(tmp_path.glob("gastown*@*")))]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.replace(str(gt), "")) == (0, "")


@pytest.mark.parametrize(
    ("name", "folder", "unit"), [("town.gastown", "@TOWN@", SERVICE), ("town.gastown.host", "@HOST@", HOST_SERVICE)]
)
def test_the_plist_runs_the_same_command(name, folder, unit):
    plist = plistlib.loads((INFRA / f"launchd/{name}.plist").read_bytes())
    assert plist["Label"] == name
    words = [word.replace("@HOME@", "%h").replace(folder, "%f") for word in plist["ProgramArguments"]]
    assert f"ExecStart={' '.join(words)}" in unit.read_text().splitlines()
    assert plist["KeepAlive"] == {"SuccessfulExit": False}


def test_the_units_of_a_host_are_those_of_a_town_but_for_what_they_run():
    for unit in ("service", "path"):
        town, host = (
            {line for line in (INFRA / f"systemd/{name}@.{unit}").read_text().splitlines() if not line.startswith("#")}
            for name in ("gastown", "gastown-host")
        )
        assert {line.partition("=")[0] for line in town - host} <= {"Description", "ExecStart"}
        assert {line.partition("=")[0] for line in host - town} <= {"Description", "ExecStart", "After", "Wants"}
