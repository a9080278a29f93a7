"""Emergency stop, thaw and pause on the real town: what was frozen goes on where it was, whatever dies meanwhile."""

import os
import signal
import time
from pathlib import Path

import pytest

from gastown.adapters.processes.census import environment, pids, see, start_time
from gastown.adapters.processes.freezing import is_still

COMMIT = "git add -A; git commit -qm"
BUSY = 10


def of_sessions(town):
    """The living processes of all sessions, setups and gates of a town."""
    mark = f"\0HOME={town.home}\0".encode()
    found = [pid for pid in pids() if mark in (words := environment(pid)) and b"\0GT_MARK=" in words]
    return [pid for pid in found if start_time(pid)]


def cpu(processes):
    """Clock ticks that these, and the children they have waited for, have used."""
    used = 0
    for pid in processes:
        line = Path(f"/proc/{pid}/stat").read_text()
        used += sum(int(field) for field in line[line.rindex(")") + 2 :].split()[11:15])
    return used


def all_stand_still(processes):
    return all(seen is None or seen.zombie or is_still(seen) for seen in map(see, processes))


def held(town):
    return [(hold["rig"], hold["cause"], hold["by"], hold["reason"]) for hold in town.ask("status")["holds"]]


def eventually(holds):
    limit = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.02)


@pytest.fixture(scope="module")
def town(make_town):
    """Every story thaws what it has stopped."""
    made = make_town().install().up()
    yield made
    assert made.ask("verify")["complaints"] == []
    made.end()


def test_estop_freezes_ten_busy_workers_and_thaw_lets_all_of_them_finish_what_they_began(town):
    rig = town.rig("busy")
    town.ask("config", "set", "max_polecats", str(BUSY))
    go, begun = town.story / "go", town.story / "begun"
    begun.mkdir()
    idle, fork = f"while ! test -e {go}; do :; done", f"while ! test -e {go}; do /bin/true; done"
    beads = [
        rig.bead(f"Busy {number}", f"echo > {begun}/{number}; {loop}; echo {number} > f{number}; {COMMIT} {number}")
        for number, loop in enumerate([idle, fork] * (BUSY // 2))
    ]
    rig.sling(*beads)
    eventually(lambda: len(list(begun.iterdir())) == BUSY)

    stopped = town.ask("estop", "--reason", "too hot")
    frozen = of_sessions(town)
    used = cpu(frozen)
    assert (stopped["new"], stopped["frozen"]) == (True, BUSY)
    assert len(frozen) >= BUSY
    assert all_stand_still(frozen)

    assert held(town) == [("", "estop", "overseer", "too hot")]
    assert {one["state"] for one in town.ask("agents") if one["role"] == "polecat"} == {"frozen"}
    assert town.ask("rig", "list")[0]["state"] == "stopped"
    again = town.ask("estop", "--reason", "once more")
    assert (again["new"], again["holds"]) == (False, stopped["holds"])
    late = rig.bead("Late", f"echo late > late; {COMMIT} late")
    assert town.ask("sling", late)[0]["holds"][0]["reason"] == "too hot"
    assert "gt thaw" in town.run("status").stdout
    stuck = town.sticks(late, *beads)
    assert all("too hot" in one["reason"] and one["hint"] == "gt thaw" for one in stuck.values())
    assert town.show(late)["attempts"] == 0
    assert [one["reason"] for one in town.ask("escalations")] == ["the town is stopped: too hot"]

    assert cpu(frozen) == used
    assert town.ask("thaw")["new"]
    assert not town.ask("thaw")["new"]
    go.touch()
    town.lands(late, *beads)
    assert {town.show(bead)["attempts"] for bead in (late, *beads)} == {1}
    assert (held(town), town.ask("escalations")) == ([], [])


def test_a_stop_of_one_rig_leaves_the_other_at_work(town, doors):
    cold, warm = town.rig("cold"), town.rig("warm")
    bead = cold.bead("Wait", f"{doors.make('cold')}; echo x > x; {COMMIT} x")
    cold.sling(bead)
    doors.reached("cold")
    town.ask("estop", "--rig", "cold", "--reason", "a look")
    other = warm.bead("Go on", f"echo x > x; {COMMIT} x")
    warm.sling(other)
    town.lands(other)
    assert all_stand_still(of_sessions(town))
    assert {one["name"]: one["state"] for one in town.ask("rig", "list")}["cold"] == "stopped"
    assert town.ask("peek", bead)["state"] == "working"
    left = town.ask("thaw")  # of the town, which is not stopped
    assert (left["new"], [hold["rig"] for hold in left["holds"]]) == (False, ["cold"])
    assert "a look" in town.refused(3, "rig", "check", "cold")
    town.ask("thaw", "--rig", "cold")
    doors.open("cold")
    town.lands(bead)
    assert town.show(bead)["attempts"] == 1


def test_setup_and_gate_stand_still_too_and_nothing_lands_meanwhile(town, doors):
    gated = town.rig("gated", "--no-check", gate=doors.make("gate"))
    slow = town.rig("slow", "--no-check", "--setup", f"test -e {town.story}/set || {{ {doors.make('setup')}; }}")
    beads = [rig.bead("Add it", f"echo it > it; {COMMIT} it") for rig in (gated, slow)]
    town.ask("sling", *beads)
    doors.reached("gate")
    doors.reached("setup")
    assert town.ask("estop")["frozen"] == 2
    assert len(standing := of_sessions(town)) >= 2
    assert all_stand_still(standing)
    assert gated.landed() == []
    town.ask("thaw")
    (town.story / "set").touch()
    for door in ("gate", "setup"):
        doors.open(door)
    town.lands(*beads)
    assert [one["type"] for one in town.events() if one["type"] == "submission.broke"] == []


def test_a_frozen_worker_can_be_taken_back_and_what_it_has_is_kept(town, doors):
    rig = town.rig("taken")
    bead = rig.bead("Wait", f"echo half > half; {COMMIT} half; {doors.make('taken')}")
    rig.sling(bead)
    doors.reached("taken")
    town.ask("estop")
    town.ask("unsling", bead, "--reason", "not that one")
    town.until_type("session.ended", f"{bead}-1")
    assert of_sessions(town) == []
    assert [one["bead"] for one in town.ask("branches", "--rig", "taken")] == [bead]
    town.ask("thaw")
    assert town.show(bead)["state"] == "open"


def test_a_paused_rig_finishes_what_runs_and_starts_nothing_new(town, doors):
    rig = town.rig("quiet")
    runs = rig.bead("Run", f"{doors.make('quiet')}; echo x > x; {COMMIT} x")
    waits = rig.bead("Wait", f"echo y > y; {COMMIT} y")
    rig.sling(runs)
    doors.reached("quiet")
    paused = town.ask("rig", "pause", "quiet", "--reason", "holiday")
    rig.sling(waits)
    doors.open("quiet")
    town.until_type("submission.received", f"quiet.{runs}-1")
    assert "holiday" in town.sticks(runs, waits)[waits]["reason"]
    assert (town.show(waits)["attempts"], rig.landed()) == (0, [])
    again = town.ask("rig", "pause", "quiet", "--reason", "another")
    assert again["holds"] == paused["holds"]
    town.ask("rig", "resume", "quiet")
    town.lands(runs, waits)


@pytest.mark.parametrize("how", [pytest.param("down", marks=pytest.mark.long), "killed"])
def test_a_hold_survives_the_end_of_every_process_and_the_work_goes_on_after_it(make_town, doors, how):
    town = make_town().install().up()
    rig = town.rig("keep")
    script = f"""
    case $GT_SESSION in
    *-1) echo first > first; {COMMIT} First; {doors.make("keep")} ;;
    *) test -e first; echo second > second; {COMMIT} Second ;;
    esac
    """
    bead = rig.bead("Wait", script)
    rig.sling(bead)
    doors.reached("keep")
    town.ask("estop", "--reason", "power cut")
    if how == "down":
        town.end()
    else:
        for pid in town.pids().values():
            os.kill(pid, signal.SIGKILL)
    town.up()
    assert held(town) == [("", "estop", "overseer", "power cut")]
    town.until_type("bead.returned", bead)
    assert town.sessions(bead)[0][:2] == ("interrupted", "none")
    assert "power cut" in town.sticks(bead)[bead]["reason"]
    assert town.show(bead)["attempts"] == 1
    assert of_sessions(town) == []
    town.ask("thaw")
    town.lands(bead)
    assert rig.subjects()[1:] == ["Second", "First", "begin"]
    town.end()
