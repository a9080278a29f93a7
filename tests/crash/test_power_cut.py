"""A power cut: what was acknowledged is on the disk. The town lies on an image of its own; everything is stopped in the
middle of its work, the image is copied (it holds what was sent to the disk, and not what the kernel still had in mind),
and the town goes on from the copy, at the same place."""

import json
import os
import random  # noqa: TID251  the moment is chance, from a seed that is printed
import shutil
import signal
import subprocess  # noqa: TID251  only root can mount, and only by the system's own programs
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from gastown import clock
from gastown.adapters.processes.census import environment, pids

SIZE = 2048  # MB, nearly all of it a hole: a town with little room takes no new work
CUTS = {"short": 1, "long": 40}
MOMENT = (0.5, 4.0)  # seconds of work before a cut
WORK = "test -s $GT_BEAD || { echo $GT_BEAD > $GT_BEAD; git add .; git commit -qm work; }"
PATIENCE = 30.0  # seconds


class Disk:
    """An ext4 in a file, mounted. Nothing but what is flushed on purpose reaches the file within half a minute."""

    def __init__(self, file: Path, folder: Path) -> None:
        self.folder = folder
        self._file = file
        folder.mkdir()
        with file.open("wb") as made:
            made.truncate(SIZE * 1024 * 1024)
        subprocess.run(["mkfs.ext4", "-q", str(file)], check=True)

    def mount(self) -> str:
        """Why not, "" when it is."""
        options = "loop,commit=300"  # the journal by itself: every 5 minutes, not every 5 seconds
        command = ["mount", "-o", options, str(self._file), str(self.folder)]
        return subprocess.run(command, check=False, capture_output=True, text=True).stderr.strip()

    def unmount(self) -> None:
        """What guards a program ends by itself after its host, and may hold the disk for a moment."""
        command = ["umount", str(self.folder)]
        wait(
            lambda: (
                not os.path.ismount(self.folder)
                or subprocess.run(command, check=False, capture_output=True).returncode == 0
            )
        )

    def copy(self) -> Path:
        """What is on the disk now."""
        copied = self._file.with_suffix(".copy")
        subprocess.run(["cp", "--sparse=always", str(self._file), str(copied)], check=True)
        return copied

    def replace(self, copied: Path) -> None:
        self.unmount()
        copied.replace(self._file)
        assert self.mount() == ""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    if os.geteuid() != 0 or not Path("/dev/loop-control").exists() or shutil.which("mkfs.ext4") is None:
        pytest.skip("needs root, a loop device and mkfs.ext4 to have a disk of its own")
    made = Disk(tmp_path / "disk.img", tmp_path / "disk")
    if trouble := made.mount():
        pytest.skip(f"mounting is not allowed here: {trouble}")
    yield made
    made.unmount()


@pytest.fixture
def town(make_town: Callable[..., Any], disk: Disk) -> Iterator[Any]:
    """One that lies on the disk with all its rigs; installed, not started. Nothing of it runs afterwards."""
    made = make_town(str(disk.folder / "town"))
    made.folder = disk.folder
    yield made.install()
    kill(made)


def processes(town: Any) -> list[int]:
    """All of them: git runs without the home, guards with nothing but a mark."""
    marks = [mark.encode() for mark in (f"HOME={town.home}", str(town.path), incarnation(town))]
    return [pid for pid in pids() if pid != os.getpid() and any(mark in environment(pid) for mark in marks)]


def incarnation(town: Any) -> str:
    return (town.path / "town.toml").read_text().split('incarnation = "')[1].split('"')[0]


def states(town: Any) -> set[str]:
    """Of all its processes."""
    found = set[str]()
    for pid in processes(town):
        with suppress(OSError):
            found.add(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0])
    return found - {"Z"}


def wait(holds: Callable[[], object]) -> None:
    end, pause = clock.monotonic() + PATIENCE, threading.Event()
    while not holds():
        assert clock.monotonic() < end
        pause.wait(0.005)


def signal_all(town: Any, number: signal.Signals) -> None:
    for pid in processes(town):
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def kill(town: Any) -> None:
    def dead() -> bool:
        signal_all(town, signal.SIGKILL)
        return not states(town)

    wait(dead)


def cut(town: Any, disk: Disk) -> None:
    """The power fails, and comes back."""

    def still() -> bool:
        signal_all(town, signal.SIGSTOP)
        return states(town) <= {"T"}

    wait(still)
    copied = disk.copy()
    kill(town)
    disk.replace(copied)


class Reader:
    """Everything that somebody outside the disk has been told: it is acknowledged."""

    def __init__(self, town: Any, rig: str) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.beads: list[str] = []
        self._town, self._rig = town, rig
        self._over = threading.Event()
        command = [sys.executable, "-m", "gastown_cli", "events", "--follow", "--json"]
        environment = {**town.environment, "GT_TOWN": str(town.path)}
        self._following = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd="/")
        self._threads = [threading.Thread(target=run) for run in (self._follow, self._work)]
        for thread in self._threads:
            thread.start()

    def _follow(self) -> None:
        with suppress(ValueError):  # cut off in the middle of a line
            for line in self._following.stdout or ():
                event = json.loads(line)
                self.events[event["id"]] = event

    def _work(self) -> None:
        while not self._over.is_set():
            made = self._town.run("bead", "create", "One more", "--rig", self._rig, "--json", cwd=Path("/"))
            if made.returncode == 0:
                self.beads.append(json.loads(made.stdout)["data"]["id"])
                self._town.run("sling", self.beads[-1], cwd=Path("/"))

    def has_begun(self) -> bool:
        return bool(self.beads)

    def told(self) -> "Reader":
        """After a cut, when all is dead."""
        self._over.set()
        self._following.kill()
        for thread in self._threads:
            thread.join()
        self._following.wait()
        self._following.stdout.close()
        return self


def missing(town: Any, rig: Any, told: Reader) -> list[str]:
    """What was acknowledged and is not there."""
    there = {event["id"]: event for event in town.events()}
    gone = [f"{one['position']} {one['type']}" for key, one in told.events.items() if there.get(key) != one]
    known = {bead["id"] for bead in town.ask("bead", "list")}
    gone += [bead for bead in told.beads if bead not in known]
    for one in told.events.values():
        if one["type"] == "submission.received":
            gone += lost_commits(town, rig, one["entity"], one["data"]["commit"])
        if one["type"] == "submission.landed":
            contained = ("merge-base", "--is-ancestor", one["data"]["target_commit"], "main")
            gone += [] if git(town, rig.origin, *contained) == 0 else [f"landing of {one['entity']}"]
    return gone


def lost_commits(town: Any, rig: Any, submission: str, commit: str) -> list[str]:
    refinery = town.path / "rigs" / rig.name / "refinery.git"
    pinned = git(town, refinery, "rev-parse", "--verify", f"refs/gastown/submitted/{submission}^{{commit}}")
    whole = git(town, refinery, "rev-list", "--objects", "--quiet", commit)
    return [] if (pinned, whole) == (0, 0) else [f"commit {commit} of {submission}"]


def git(town: Any, repository: Path, *words: str) -> int:
    return git_said(town, repository, *words).returncode


def git_said(town: Any, repository: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = ["git", f"--git-dir={repository}", *words]
    return subprocess.run(command, env=town.environment, check=False, capture_output=True, text=True)


def test_a_town_whose_install_was_acknowledged_is_there_after_a_power_cut(town, disk):
    cut(town, disk)
    town.up()
    town.ask("bead", "create", "The first")
    assert town.ask("verify")["ok"]
    town.end()


@pytest.mark.timeout(0)
def test_after_power_cuts_all_that_was_acknowledged_is_there_and_all_lands_once(town, disk, pytestconfig, say):
    given = pytestconfig.getoption("--seed", None)
    seed = int.from_bytes(os.urandom(4)) if given is None else given
    dice, cuts = random.Random(seed), CUTS["long" if pytestconfig.getoption("--long") else "short"]
    say(f"power cuts: --seed {seed}")
    town.up()
    town.ask("agent", "remove", "script")
    town.ask("agent", "add", "worker", "--vendor", "shell", "--command", WORK, "--default")
    rig = town.rig("app")
    events, submissions, pause = 0, 0, threading.Event()
    for _ in range(cuts):
        reader = Reader(town, "app")
        wait(reader.has_begun)
        pause.wait(dice.uniform(*MOMENT))
        cut(town, disk)
        told = reader.told()
        town.ask("up")
        assert missing(town, rig, told) == []
        checked = git_said(town, town.path / "rigs/app/refinery.git", "fsck", "--full", "--no-dangling")
        assert checked.returncode == 0, checked.stderr
        assert town.ask("verify")["complaints"] == []
        events += len(told.events)
        submissions += sum(one["type"] == "submission.received" for one in told.events.values())
    beads = [bead["id"] for bead in town.ask("bead", "list")]
    slung = [event["entity"] for event in town.events() if event["type"] == "bead.slung"]
    found = town.answer("wait", *slung, "--timeout", "80")
    assert found.exit == 0, (found.data["needs_you"], found.data["timed_out"])
    assert sorted(rig.landed()) == sorted(slung)
    assert set(slung) <= set(beads)
    town.end()
    say(f"power cuts: {cuts}; acknowledged before them: {events} events, {submissions} submissions; none lost")
