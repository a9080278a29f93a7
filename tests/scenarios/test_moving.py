"""Backup, restore, fork: a town goes on elsewhere, and nothing of it is done twice."""

import os
import shutil
import signal
from contextlib import suppress
from urllib.parse import quote

import pytest

pytestmark = pytest.mark.timeout(400)  # several towns a story; seconds on a busy machine

WORK = """
echo done > $GT_BEAD; git add .; git commit -qm "$GT_BEAD"
i=0; while [ $i -lt 6 ]; do sleep 0.1; i=$((i + 1)); done
"""


def kill_all(town) -> None:
    """As when its machine is gone: every process at once, workers too."""
    while pids := town.running():
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def landed(town, count: int) -> None:
    """Returns when so many beads have landed."""
    seen = set()
    town.until(lambda event: event["type"] == "bead.landed" and (seen.add(event["entity"]) or len(seen) >= count))


def test_what_a_lost_machine_had_done_after_the_backup_is_not_done_again(make_town, tmp_path, doors):
    town = make_town().install().up()
    town.ask("config", "set", "max_polecats", "5")
    rig = town.rig("app")
    text = "long " * 60_000
    beads = [rig.bead(f"Work {number}", WORK) for number in range(10)]
    lands = rig.bead("Lands after the backup", f"{doors.make('lands')}; {WORK}")
    lost = rig.bead("Never ends there", f"{doors.make('lost')}; {WORK}")
    town.ask("bead", "update", lost, "--stdin", stdin=text)
    rig.sling(lands, lost)
    doors.reached("lands")
    doors.reached("lost")
    rig.sling(*beads)
    landed(town, 2)
    backup = town.ask("backup", str(tmp_path / "town.backup"))
    assert (tmp_path / "town.backup").stat().st_mode & 0o777 == 0o600
    assert backup["missing"] == {}
    doors.open("lands")
    town.lands(lands)
    kill_all(town)
    before = rig.landed()
    shutil.rmtree(town.path)
    (town.story / f"{lost}.sh").write_text(WORK)

    town.path = tmp_path / "again"
    restored = town.ask("restore", str(tmp_path / "town.backup"), str(town.path))
    assert restored["backup"] == backup["position"] < restored["position"]
    assert town.refused(3, "restore", str(tmp_path / "town.backup"), str(town.path)).endswith("is not empty")
    town.ask("up")
    town.lands(*beads, lands, lost)
    assert town.ask("verify")["complaints"] == []
    assert sorted(rig.landed()) == sorted([*beads, lands, lost])
    assert rig.landed()[: len(before)] == before
    found = [event["data"]["beads"] for event in town.events() if event["type"] == "rig.landings_found"]
    assert len(found) == 1 and lands in found[0] and set(found[0]) <= set(before)
    for bead in (lands, lost):
        ((outcome, charge, reason),) = town.sessions(bead)
        assert (outcome, charge) == ("interrupted", "none") and reason.startswith("restored from a backup")
    assert sorted(one["bead"] for one in town.ask("report")["landed"]) == sorted([*beads, lands, lost])
    shown = town.show(lost)
    assert (shown["description"], shown["attempts"]) == (text, 2)
    assert town.ask("status")["incarnation"] == restored["incarnation"] != restored["of"]
    town.end()


@pytest.mark.long
def test_of_a_town_and_its_restored_self_one_lives(make_town, tmp_path):
    town = make_town().install().up()
    rig = town.rig("app")
    bead = rig.bead("Before", WORK)
    rig.sling(bead)
    town.lands(bead)
    town.end()
    town.ask("backup", str(tmp_path / "b"))
    restore = ("restore", str(tmp_path / "b"), str(tmp_path / "again"))
    assert "is still at" in town.refused(5, *restore)
    assert not (tmp_path / "again").exists()
    old, town.path = town.path, tmp_path / "again"
    old.rename(tmp_path / "old")
    town.ask(*restore)
    town.ask("up")
    assert "lives elsewhere on this machine" in town.refused(5, "--town", str(tmp_path / "old"), "up")
    after = rig.bead("After", WORK)
    rig.sling(after)
    town.lands(after)
    assert town.show(after)["attempts"] == 1
    assert town.ask("verify")["complaints"] == []
    town.end()
    town.ask("--town", str(tmp_path / "old"), "up")
    town.ask("--town", str(tmp_path / "old"), "down")


def test_a_fork_has_the_past_of_the_town_and_touches_nothing_of_it(make_town, tmp_path, doors):
    town = make_town().install().up()
    rig = town.rig("app")
    first = rig.bead("First", WORK)
    rig.sling(first)
    town.lands(first)
    second = rig.bead("Second", f"{doors.make('second')}; {WORK}")
    rig.sling(second)
    doors.reached("second")
    town.until_type("bead.started", second)
    past = town.answer("bead", "list")

    folder = tmp_path / "try"
    assert "yet to come" in town.refused(2, "fork", str(folder), "--at", "2999-01-01")
    assert "positions 0 to" in town.refused(2, "fork", str(folder), "--at", "999999")
    assert not folder.exists()
    made = town.ask("fork", str(folder), "--at", str(past.position))
    assert (made["town"], made["at"]) == ("try", past.position)
    assert town.refused(3, "fork", str(folder)).endswith("is not empty")

    here = ("--town", str(folder))
    town.ask(*here, "up")
    then = town.answer(*here, "bead", "list", "--at", str(past.position))
    assert (then.position, then.data) == (past.position, past.data)
    status = town.ask(*here, "status")
    assert (status["town"], status["incarnation"]) == ("try", made["incarnation"])
    assert status["counts"]["running"] == 0
    assert [one["state"] for one in status["rigs"]] == ["paused"]
    assert "no origin" in town.refused(3, *here, "rig", "resume", "app")
    assert town.ask(*here, "verify")["complaints"] == []
    assert [outcome for outcome, _, _ in sessions_of(town, here, second)] == ["interrupted"]

    other = tmp_path / "other.git"
    rig.git("clone", "-q", "--bare", str(rig.origin), str(other))
    town.ask(*here, "rig", "set", "app", "--location", str(other))
    town.ask(*here, "rig", "resume", "app")
    (town.story / f"{second}.sh").write_text(WORK)
    assert town.answer(*here, "wait", second, "--timeout", "60").exit == 0
    assert rig.landed() == [first]
    doors.open("second")
    town.lands(second)
    assert rig.landed() == [first, second]
    assert town.ask(*here, "verify")["complaints"] == []
    town.ask(*here, "down")
    town.end()


def sessions_of(town, here, bead: str):
    rows = town.ask(*here, "bead", "show", bead)["returned"]
    return [(row["outcome"], row["charge"], row["reason"]) for row in rows]


def test_a_file_that_is_no_whole_backup_makes_nothing(make_town, tmp_path):
    town = make_town().install().up()
    town.end()
    file, again = tmp_path / "b", tmp_path / "again"
    town.ask("backup", str(file))
    content = bytearray(file.read_bytes())
    content[content.index(b'"position"') + 13] ^= 1
    file.write_bytes(content)
    shutil.rmtree(town.path)
    assert "no whole backup" in town.refused(3, "restore", str(file), str(again))
    assert "no file" in town.refused(4, "restore", str(tmp_path / "gone"), str(again))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b"]


@pytest.mark.long
def test_on_a_server_of_the_users_own_it_goes_through_that_server(make_town, tmp_path, nats_server):
    login = f"{nats_server.user}:{quote(nats_server.password, safe='')}"
    url = nats_server.url.replace("nats://", f"nats://{login}@")
    town = make_town(GT_NATS_URL=url).install().up()
    rig = town.rig("app")
    bead = rig.bead("Before", WORK)
    rig.sling(bead)
    town.lands(bead)
    fork = town.ask("fork", str(tmp_path / "try"))
    here = ("--town", str(tmp_path / "try"))
    town.ask(*here, "up")
    then = town.ask(*here, "bead", "show", bead, "--at", str(fork["at"]))
    assert then == town.ask("bead", "show", bead, "--at", str(fork["at"]))
    town.ask(*here, "down")
    town.ask("backup", str(tmp_path / "b"))
    town.end()
    shutil.rmtree(town.path)
    again = ("restore", str(tmp_path / "b"), str(tmp_path / "again"))
    assert "already keeps the subjects" in town.refused(3, *again)
    assert not (tmp_path / "again").exists()
    town.path = tmp_path / "again"
    town.ask(*again, "--name", "again")
    town.ask("up")
    after = rig.bead("After", WORK)
    rig.sling(after)
    town.lands(after)
    assert town.ask("verify")["complaints"] == []
    town.end()
