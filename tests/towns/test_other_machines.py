"""A town with another machine for its sessions: work goes there and lands, through cuts, a loss and a revocation."""

import os
import signal
import subprocess  # noqa: TID251  tests run the real programs
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from field import AUTHOR
from machines import Machine, Switch, until, why_not

from gastown import config
from gastown.daemon.children import read_children

pytestmark = pytest.mark.timeout(900)

WORKER = """
[ -e "$GT_BEAD.half" ] || { echo "$GT_TOWN" > "$GT_BEAD.half" && git add --all && git commit --quiet --message half; }
until [ -e "$GT_TOWN/go" ]; do sleep 0.2; done
gt prime > "$GT_BEAD.told"
echo "$GT_TOWN" > "$GT_BEAD.whole" && git add --all && git commit --quiet --message whole
"""
"""Half of the work at once, the rest when its machine may: what it asks the town for has to get through."""


class Ground:
    """A town that has one worker of its own, and machine box beside it."""

    def __init__(self, folder: Path) -> None:
        self.switch = Switch("outer")
        self.home = self.switch.machine("home", folder)
        self.box = self.switch.machine("box", folder)
        self.origin = folder / "origin.git"

    def build(self, folder: Path) -> None:
        seed = folder / "seed"
        for words in (
            ("init", "--quiet", "--bare", "--initial-branch=main", str(self.origin)),
            ("init", "--quiet", "--initial-branch=main", str(seed)),
            (*AUTHOR, "-C", str(seed), "commit", "--quiet", "--allow-empty", "--message", "Begin"),
            ("-C", str(seed), "push", "--quiet", str(self.origin), "main"),
        ):
            subprocess.run(("git", *words), check=True, capture_output=True, timeout=20)
        home = self.home
        home.gt("install", str(home.place), "--name", "gt")
        home.ask("up")
        home.ask("config", "set", "max_polecats", "1")
        home.ask("rig", "add", "app", str(self.origin), "--branch", "main", "--gate", "there=test -d .")
        home.ask("agent", "add", "worker", "--vendor", "shell", "--command", WORKER, "--default")
        self.join()

    def join(self) -> None:
        invited = self.home.ask("host", "invite", "box", "--address", self.home.address, "--slots", "2")
        self.box.gt("host", "join", invited["invitation"], str(self.box.place))
        self.box.gt("host", "up", str(self.box.place))

    def state(self) -> str:
        (box,) = self.home.ask("host", "list")
        return box["state"]

    def sling(self) -> str:
        bead = self.home.ask("bead", "create", "work", "--rig", "app")["id"]
        self.home.ask("sling", bead)
        return bead

    def sessions_there(self) -> int:
        (box,) = self.home.ask("host", "list")
        return box["sessions"]

    def go(self, machine: Machine) -> None:
        (machine.place / "go").touch()

    def landings(self, bead: str) -> int:
        words = (
            "git",
            "-C",
            str(self.origin),
            "log",
            "--first-parent",
            "--format=%(trailers:key=Gastown-Bead)",
            "main",
        )
        shown = subprocess.run(words, check=True, capture_output=True, text=True, timeout=20).stdout
        return sum(bead in line for line in shown.splitlines())

    def on_target(self, name: str) -> str:
        words = ("git", "-C", str(self.origin), "show", f"main:{name}")
        return subprocess.run(words, check=True, capture_output=True, text=True, timeout=20).stdout.strip()

    def saved(self, session: str) -> str:
        """The commit of a session that was brought home, "" for none."""
        repository = self.home.place / "rigs" / "app" / "refinery.git"
        words = ("git", f"--git-dir={repository}", "rev-parse", "--verify", "--quiet", f"refs/heads/gt/kept/{session}")
        return subprocess.run(words, check=False, capture_output=True, text=True, timeout=20).stdout.strip()

    def wait(self, *beads: str) -> Any:
        return self.home.ask("wait", *beads, "--timeout", "120", seconds=180)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    reason = why_not()
    if reason:
        pytest.skip(reason)
    made = Ground(tmp_path)
    try:
        made.build(tmp_path)
        yield made
    finally:
        made.switch.remove()


@pytest.mark.long
async def test_work_lands_from_another_machine_whose_cable_was_pulled_for_a_while(ground: Ground) -> None:
    await until(lambda: ground.state() == "up", "the host does not come up")
    here, there = ground.sling(), ground.sling()
    await until(lambda: ground.sessions_there() == 1, "no session is given to the other machine")
    await until(lambda: ground.saved(f"{there}-1"), "what was committed there is not brought home")
    ground.switch.unplug(ground.box)
    ground.go(ground.box)
    await until(lambda: ground.state() == "silent", "nobody notices the silence", seconds=60)
    await anyio.sleep(5)
    ground.switch.plug(ground.box)
    ground.go(ground.home)
    ground.wait(here, there)
    assert ground.state() == "up"
    assert [ground.landings(bead) for bead in (here, there)] == [1, 1]
    assert ground.on_target(f"{there}.whole") == str(ground.box.place)
    assert "this is session" in ground.on_target(f"{there}.told").lower()


@pytest.mark.long
async def test_the_work_of_a_machine_that_is_lost_goes_on_elsewhere_and_lands_once(ground: Ground) -> None:
    await until(lambda: ground.state() == "up", "the host does not come up")
    ground.home.ask("config", "set", "host.lost_after", "30")
    here, there = ground.sling(), ground.sling()
    await until(lambda: ground.saved(f"{there}-1"), "what was committed there is not brought home")
    ground.box.kill()
    ground.go(ground.home)
    await until(lambda: ground.state() == "lost", "the machine is not given up", seconds=90)
    ground.wait(here, there)
    assert ground.on_target(f"{there}.half") == str(ground.box.place)
    assert ground.on_target(f"{there}.whole") == str(ground.home.place)
    ground.go(ground.box)
    ground.box.gt("host", "up", str(ground.box.place))
    await until(lambda: ground.state() == "up", "the machine that came back is not taken up again")
    later = [ground.sling() for _ in range(3)]
    ground.wait(*later)
    assert [ground.landings(bead) for bead in (here, there, *later)] == [1] * 5


@pytest.mark.long
async def test_a_host_that_is_killed_is_started_again_there_and_goes_on_with_what_it_had(ground: Ground) -> None:
    await until(lambda: ground.state() == "up", "the host does not come up")
    here, there = ground.sling(), ground.sling()
    await until(lambda: ground.sessions_there() == 1, "no session is given to the other machine")
    await until(lambda: ground.saved(f"{there}-1"), "what was committed there is not brought home")
    os.kill(read_children(config.load(ground.box.place))["host"].pid, signal.SIGKILL)
    ground.go(ground.box)
    ground.go(ground.home)
    ground.wait(here, there)
    assert ground.state() == "up"
    assert [ground.landings(bead) for bead in (here, there)] == [1, 1]
    assert ground.on_target(f"{there}.half") == str(ground.box.place)


@pytest.mark.long
async def test_who_is_revoked_is_cut_off_and_its_work_is_done_at_home(ground: Ground) -> None:
    await until(lambda: ground.state() == "up", "the host does not come up")
    here, there = ground.sling(), ground.sling()
    await until(lambda: ground.sessions_there() == 1, "no session is given to the other machine")
    ground.home.ask("host", "revoke", "box")
    assert ground.state() == "revoked"
    await until(lambda: "until [ -e" not in ground.box.commands(), "its worker works on", seconds=30)
    ground.go(ground.home)
    ground.wait(here, there)
    assert [ground.landings(bead) for bead in (here, there)] == [1, 1]
    ground.box.gt("host", "down", str(ground.box.place))
    await until(lambda: not ground.box.commands(), "something is left on the other machine")
