"""Who is frozen is replaced; who was succeeded harms nobody; who is only slow is left alone."""

import os
import signal
import subprocess  # noqa: TID251  a second host is started by hand
import sys
from collections.abc import Iterator

import pytest

from gastown.adapters.processes.census import runs, start_time

SLEEPS = "touch $STORY/$GT_BEAD.at; while ! test -e $STORY/$GT_BEAD.go; do sleep 0.1; done"
STEP = "test -e it || {{ echo it > it; git add it; git commit -qm it; }}; {0}"


@pytest.fixture(scope="module")
def town(make_town) -> Iterator[object]:
    made = make_town().install().up()
    yield made
    assert made.ask("verify")["complaints"] == []
    made.end()


def freeze(town, *names: str) -> dict[str, tuple[int, int]]:
    found = {name: (pid, start_time(pid)) for name, pid in town.pids().items() if name in names}
    for pid, _ in found.values():
        os.kill(pid, signal.SIGSTOP)
    return found


def replaced(town, frozen: dict[str, tuple[int, int]]) -> None:
    """Returns when every one of these is gone, and another is in its place."""
    while any(runs(*one) for one in frozen.values()) or any(town.pids()[name] == frozen[name][0] for name in frozen):
        town.answer("status")
    assert town.ask("status")["state"] == "up"


def test_a_frozen_host_and_server_are_replaced_and_the_work_lands_once(town):
    rig = town.rig("host")
    bead = rig.bead("Survive", STEP.format(SLEEPS))
    rig.sling(bead)
    town.until_type("session.started", f"{bead}-1")
    frozen = freeze(town, "host", "nats")
    replaced(town, frozen)
    (town.story / f"{bead}.go").touch()
    town.lands(bead)
    assert rig.landed() == [bead]
    assert [charge for _, charge, _ in town.sessions(bead)] == ["none"]


def test_a_frozen_daemon_is_replaced_by_the_town(town):
    before = town.pids()
    frozen = freeze(town, "daemon")
    replaced(town, frozen)
    assert {name: pid for name, pid in town.pids().items() if pid != before[name]}.keys() == {"daemon"}


def test_when_daemon_and_town_are_frozen_an_up_is_enough(town):
    frozen = freeze(town, "daemon", "town")
    town.ask("up")
    replaced(town, frozen)


def test_a_host_that_another_took_over_from_ends_itself_and_harms_nothing(town):
    rig = town.rig("over")
    bead = rig.bead("Survive", STEP.format(SLEEPS))
    rig.sling(bead)
    town.until_type("session.started", f"{bead}-1")
    before = max(event["data"]["epoch"] for event in town.events("--kind", "host"))
    pid = town.pids()["host"]
    started = start_time(pid)
    (town.path / "run/host.lock").unlink()  # nothing but the lease tells the two hosts apart now
    with (town.folder / "second").open("ab") as log:
        second = subprocess.Popen(
            [sys.executable, "-m", "gastown.host", str(town.path)], env=town.environment, stdout=log, stderr=log
        )
    try:
        town.until(lambda event: event["data"]["epoch"] > before, "--kind", "host")
        town.until_type("session.started", f"{bead}-2")
        while runs(pid, started):
            town.answer("status")
        assert second.poll() is None
        (town.story / f"{bead}.go").touch()
        town.lands(bead)
    finally:
        second.terminate()
        second.wait(timeout=30)
    assert rig.landed() == [bead]
    assert len(town.sessions(bead)) == 1  # swept by the second; the first may still have said so itself
    assert "lease.lost" in (town.path / "logs/host.log").read_text()


def test_a_process_that_is_frozen_for_a_moment_is_left_alone(town):
    before = town.pids()
    for name in ("host", "town", "nats", "daemon"):
        os.kill(before[name], signal.SIGSTOP)
    for name in ("daemon", "nats", "town", "host"):
        os.kill(before[name], signal.SIGCONT)
    town.ask("status")
    assert town.pids() == before
