"""Stopping: one bead, a whole town, one of two towns; and what goes on afterwards."""

import json
from urllib.parse import quote

from gastown.adapters.processes.census import environment, pids, runs, start_time

COMMIT = "git add -A; git commit -qm"


def of_session(session):
    """The living processes of a session."""
    return [pid for pid in pids() if f"\0GT_SESSION={session}\0".encode() in environment(pid) and start_time(pid)]


def test_a_bead_taken_back_from_its_worker_is_charged_nothing_and_goes_on_later(town, doors):
    rig = town.rig("unsling")
    script = f"""
    case $GT_SESSION in
    *-1) echo first > first; {COMMIT} First; {doors.make("first")} ;;
    *) test -e first; echo second > second; {COMMIT} Second ;;
    esac
    """
    bead = rig.bead("Wait", script)
    rig.sling(bead)
    doors.reached("first")
    assert of_session(f"{bead}-1") != []
    town.ask("unsling", bead, "--reason", "not yet")
    town.until_type("bead.returned", bead)
    assert of_session(f"{bead}-1") == []
    assert town.show(bead)["state"] == "open"
    assert town.sessions(bead) == [("withdrawn", "none", "not yet")]
    rig.sling(bead)
    town.lands(bead)
    assert rig.subjects()[1:] == ["Second", "First", "begin"]


def test_closing_a_bead_ends_its_worker_and_releases_what_needs_it(town, doors):
    rig = town.rig("close")
    bead = rig.bead("Not wanted", f"echo half > half; {COMMIT} half; {doors.make('half')}")
    after = rig.bead("Go on", f"echo on > on; {COMMIT} on", "--needs", bead)
    rig.sling(bead, after)
    doors.reached("half")
    town.ask("bead", "close", bead, "--reason", "done by hand")
    town.lands(bead, after)
    town.until_type("session.ended", f"{bead}-1")
    assert of_session(f"{bead}-1") == []
    assert rig.landed() == [after]
    assert (town.show(bead)["state"], town.show(bead)["close_reason"]) == ("closed", "done by hand")
    assert [one["bead"] for one in town.ask("branches", "--rig", "close")] == [bead]


def test_a_town_stopped_with_workers_running_leaves_nothing_and_goes_on_when_started(make_town, doors):
    town = make_town().install().up()
    rig = town.rig("stop")
    first = f"case $GT_SESSION in *-1) echo {{0}} > {{0}}; {COMMIT} {{0}}; trap '' TERM HUP INT; {{1}} ;; "
    script = first + f"*) test -e {{0}}; echo more > more-{{0}}; {COMMIT} 'More {{0}}' ;; esac"
    plain = rig.bead("Plain", script.format("plain", doors.make("plain")))
    stray = f"setsid sh -c 'trap \"\" TERM HUP; {doors.make('stray')}' & {doors.make('family')}"
    family = rig.bead("With a family", script.format("family", stray))
    after = rig.bead("After", f"test -e more-plain; echo z > z; {COMMIT} z", "--needs", plain, "--needs", family)
    rig.sling(plain, family, after)
    for door in ("plain", "stray", "family"):
        doors.reached(door)
    town.end()
    assert town.refused(6, "status").endswith("is not running")
    town.up()
    town.lands(plain, family, after)
    for bead in (plain, family):
        assert [(outcome, charge) for outcome, charge, _ in town.sessions(bead)] == [("interrupted", "none")]
        assert town.show(bead)["attempts"] == 2
    assert {"plain", "family", "More plain", "More family"} <= set(rig.subjects())
    assert town.ask("verify")["ok"]
    town.end()


def test_two_towns_on_one_machine_do_not_touch_each_other(town, make_town, doors):
    rig = town.rig("one")
    bead = rig.bead("Stay", f"echo stay > stay; {COMMIT} stay; {doors.make('stay')}")
    rig.sling(bead)
    doors.reached("stay")
    mine = {name: (pid, start_time(pid)) for name, pid in town.pids().items()}
    other = make_town().install("--name", "other").up()
    theirs = other.rig("one")
    assert other.ask("bead", "list") == []
    also = theirs.bead("Also", f"echo also > also; {COMMIT} also")
    theirs.sling(also)
    other.lands(also)
    assert other.ask("status")["town"] == "other"
    assert set(other.pids().values()).isdisjoint(pid for pid, _ in mine.values())
    other.end()
    assert all(runs(pid, started) for pid, started in mine.values())
    assert {name: pid for name, (pid, _) in mine.items()} == town.pids()
    doors.open("stay")
    town.lands(bead)
    assert town.show(bead)["attempts"] == 1


def test_a_server_of_the_users_own_is_used_and_never_stopped(make_town, make_nats_server, tmp_path):
    server = make_nats_server(tmp_path)
    address = f"nats://{server.user}:{quote(server.password, safe='')}@127.0.0.1:{server.port}"
    town = make_town(GT_NATS_URL=address).install().up()
    rig = town.rig("own")
    bead = rig.bead("Add it", f"echo it > it; {COMMIT} it")
    rig.sling(bead)
    town.lands(bead)
    assert {one["name"] for one in town.ask("status")["processes"]} == {"daemon", "town", "host"}
    assert not (town.path / "log").exists()
    town.end()
    assert start_time(server._process.pid)
    del town.environment["GT_NATS_URL"]
    town.ask("config", "set", "nats.url", address)
    town.up()
    assert town.show(bead)["state"] == "landed"
    assert town.ask("verify")["ok"]
    town.end()


def test_no_secret_is_in_the_log(town):
    secret = (town.path / "secrets/nats").read_text()
    assert secret not in json.dumps(town.events())


def test_a_town_stopped_in_the_middle_of_setup_and_gate_leaves_nothing_and_lands_later(make_town, doors):
    town = make_town().install().up()
    gated = town.rig("gated", "--no-check", gate=f"sleep 1000 & trap '' TERM; {doors.make('gate')}")
    once = f"test -e {town.story}/passed || {{ sleep 1000 & {doors.make('setup')}; touch {town.story}/passed; }}"
    slow = town.rig("slow", "--no-check", "--setup", once)
    beads = [rig.bead("Add it", f"echo it > it; {COMMIT} it") for rig in (gated, slow)]
    town.ask("sling", *beads)
    doors.reached("gate")
    doors.reached("setup")
    town.end()
    town.up()
    for door in ("gate", "setup"):
        doors.reached(door)
        doors.open(door)
    town.lands(*beads)
    assert all(charge == "none" for bead in beads for _, charge, _ in town.sessions(bead))
    assert town.show(beads[0])["attempts"] == 1
    town.end()
