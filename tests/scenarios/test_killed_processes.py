"""Any of the town's processes may be killed at any moment: work goes on, lands once, and nothing is left behind."""

import os
import signal
from contextlib import suppress

import pytest

WORK = """
test -f $GT_BEAD.1 || { echo 1 > $GT_BEAD.1; git add .; git commit -qm one; }
touch "$STORY/$GT_SESSION.half"
i=0; while [ $i -lt 10 ] && ! test -f "$STORY/go"; do sleep 0.1; i=$((i + 1)); done
test -f $GT_BEAD.2 || { echo 2 > $GT_BEAD.2; git add .; git commit -qm two; }
"""
"""Works in two halves, and rests between them until it is told to go on, or for a second."""

PROCESSES = ("daemon", "nats", "town", "host")
DEATHS = (
    *(("town", 0.3), ("host", 0.7), ("nats", 0.2), ("daemon", 0.5), ("host", 0.2)),
    *(("town", 0.1), ("nats", 1.0), ("host", 0.4), ("town", 0.6), ("daemon", 0.1)),
)
"""Who is killed, after how many seconds."""


def kill(town, name: str) -> None:
    with suppress(ProcessLookupError, KeyError):
        os.kill(town.pids()[name], signal.SIGKILL)


def landed_once(rig, *beads: str) -> None:
    """Each bead has exactly one merge on the target, and every view and pin is what the log says."""
    assert sorted(rig.landed()) == sorted(beads)
    assert rig.town.ask("verify")["ok"]


@pytest.mark.parametrize("name", PROCESSES)
def test_a_killed_process_comes_back_and_the_work_lands_once(town, name):
    rig = town.rig(f"kill-{name}")
    bead = rig.bead(f"Survive the death of the {name}", WORK)
    rig.sling(bead)
    town.until_type("session.started", f"{bead}-1")
    kill(town, name)
    town.lands(bead)
    landed_once(rig, bead)
    outcomes = [outcome for outcome, _, _ in town.sessions(bead)]
    assert outcomes == (["interrupted"] if name == "host" else [])


def test_all_four_killed_at_once_need_only_an_up(town):
    rig = town.rig("kill-all")
    bead = rig.bead("Survive the end of the world", WORK)
    rig.sling(bead)
    town.until_type("session.started", f"{bead}-1")
    for name in PROCESSES:
        kill(town, name)
    town.ask("up")
    town.lands(bead)
    landed_once(rig, bead)
    assert [charge for _, charge, _ in town.sessions(bead)] in (["none"], [])


@pytest.mark.long
def test_what_is_killed_again_and_again_still_lands_everything_once(town):
    rig = town.rig("chaos")
    beads = [rig.bead(f"Bead {number}", WORK) for number in range(12)]
    rig.sling(*beads)
    for name, seconds in DEATHS:
        town.answer("wait", *beads, "--timeout", str(seconds))
        kill(town, name)
    (town.story / "go").touch()
    town.ask("up")
    town.lands(*beads)
    landed_once(rig, *beads)
