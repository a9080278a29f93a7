"""After any death `gt up` needs no hand, whatever lies about; and nobody else's process is ever signalled."""

import json
import os
import signal
import socket
import subprocess  # noqa: TID251  a bystander, and a second daemon, are started by hand
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

from gastown.adapters.processes.census import start_time
from gastown.adapters.processes.child import boot

WORK = "test -e it || { echo it > it; git add it; git commit -qm it; }; touch $STORY/$GT_SESSION.at; sleep 600"
HALF_WRITTEN = ("epoch", "wanted", "nats.port", "socket", "children.json", "containment.json")
"""What a power cut may leave empty, and a draft of."""


@pytest.fixture
def town(make_town):
    return make_town().install().up()


@pytest.fixture
def canary() -> Iterator["subprocess.Popen[bytes]"]:
    """Somebody else's process: any signal ends it."""
    with subprocess.Popen([sys.executable, "-I", "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


def kill_all(town) -> None:
    while pids := town.running():
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def stale_socket(path: str) -> None:
    """A name that nobody listens on."""
    with suppress(FileNotFoundError):
        os.unlink(path)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(path)


def test_after_a_power_cut_an_up_is_enough_and_the_work_goes_on(town, canary):
    rig = town.rig("cut")
    bead = rig.bead("Go on", WORK.replace("sleep 600", "test -e $STORY/go || sleep 600"))
    rig.sling(bead)
    town.until_type("session.started", f"{bead}-1")
    address = (town.path / "run/socket").read_text()
    epoch = int((town.path / "run/epoch").read_text())
    kill_all(town)
    for name in HALF_WRITTEN:
        (town.path / "run" / name).write_bytes(b"")
        (town.path / "run" / f"{name}.new").write_bytes(b"half of i")
    for name in ("daemon", "town", "host"):
        name_of_canary = json.dumps({"pid": canary.pid, "started": start_time(canary.pid)})
        (town.path / f"run/{name}.lock").write_text(name_of_canary)
    stale_socket(address)
    (town.story / "go").touch()
    town.ask("up")
    town.lands(bead)
    assert int((town.path / "run/epoch").read_text()) > epoch
    assert [charge for _, charge, _ in town.sessions(bead)] == ["none"]
    assert town.ask("verify")["ok"]
    town.end()
    assert canary.poll() is None


@pytest.mark.parametrize("differs", ["started", "boot"])
def test_whoever_has_the_pid_of_one_of_ours_is_left_alone(town, canary, differs):
    kill_all(town)
    reused = {"pid": canary.pid, "started": start_time(canary.pid), "boot": boot()}
    reused |= {"started": reused["started"] - 1} if differs == "started" else {"boot": "another boot"}
    (town.path / "run/children.json").write_text(json.dumps(dict.fromkeys(("nats", "town", "host"), reused)))
    town.ask("down")
    assert canary.poll() is None
    (town.path / "run/children.json").write_text(json.dumps(dict.fromkeys(("nats", "town", "host"), reused)))
    town.ask("up")
    assert canary.pid not in town.pids().values()
    town.end()
    assert canary.poll() is None


def test_a_second_daemon_is_refused_and_told_who_was_first(town):
    first = town.pids()["daemon"]
    words = [sys.executable, "-P", "-m", "gastown.daemon", str(town.path)]
    second = subprocess.run(words, env=town.environment, capture_output=True, text=True, check=False, timeout=60)
    assert second.returncode == 5
    assert f"runs already, as process {first}" in json.loads(second.stderr)["error"]
    assert f"runs already, as process {first}" in town.refused(5, "up", "--foreground")
    assert town.pids()["daemon"] == first
    town.ask("up")
    assert town.pids()["daemon"] == first
    town.end()


def test_a_down_that_was_cut_off_is_carried_out_by_the_daemon(town):
    (town.path / "run/wanted").write_text("down")
    while town.running():
        town.answer("agent", "list")
    town.ask("up")
    assert town.ask("status")["state"] == "up"
    town.end()
