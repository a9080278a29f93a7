"""A lost town goes on elsewhere, from the hub's copy of its log; when it comes back after all, it is fenced."""

import os
import shutil
import signal
import subprocess  # noqa: TID251  an adoption is killed half way
import sys
import tempfile
from contextlib import suppress
from copy import copy
from pathlib import Path
from time import monotonic, sleep

import pytest

COMMIT = "git add -A; git commit -qm"
PATIENCE = 30.0


@pytest.fixture
def member(hub, make_town):
    made = []

    def join(name):
        town = make_town(name)
        made.append(town.install("--name", name).up())
        town.ask("join", hub("invite", name)["invitation"])
        return town

    yield join
    for town in made:
        town.ask("down")
        assert town.running() == []


@pytest.fixture
def short_folder():
    """The address of a socket has room for little."""
    folder = Path(tempfile.mkdtemp(prefix="gt-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


LONG = "All about it. " * 50_000


def until_at_hub(helper, bead):
    """Until the hub has the long text of a bead of the town `lost`."""
    deadline = monotonic() + PATIENCE
    while helper.ask("bead", "show", bead, "--town", "lost")["description"] != LONG:
        assert monotonic() < deadline


def until_gone(helper, name):
    """Until the hub has seen that it is."""
    deadline = monotonic() + PATIENCE
    while next(one for one in helper.ask("towns")["towns"] if one["name"] == name)["connected"]:
        assert monotonic() < deadline


def test_a_lost_town_goes_on_from_the_copy_and_is_fenced_when_it_comes_back(member, make_town, tmp_path):
    helper, lost = member("helper"), member("lost")
    rig = lost.rig("app")
    before = rig.bead("Before", f"echo before > before; {COMMIT} 'Before'")
    rig.sling(before)
    lost.lands(before)
    bead = rig.bead("Add it", f"test -e {tmp_path}/go || exec sleep 600; echo it > it; {COMMIT} 'Add it'")
    lost.ask("bead", "update", bead, "--stdin", stdin=LONG)
    rig.sling(bead)
    lost.until_type("bead.started", bead)
    until_at_hub(helper, bead)
    assert "is this town itself" in helper.refused(3, "adopt", "helper")
    assert "no town nobody" in helper.refused(4, "adopt", "nobody")
    assert "is alive" in helper.refused(5, "adopt", "lost", "--force")
    lost.ask("down")
    until_gone(helper, "lost")
    assert "is alive" in helper.refused(5, "adopt", "lost")
    again = make_town("again")
    said = helper.ask("adopt", "lost", str(again.path), "--force")
    assert (said["town"], said["epoch"], said["lacks"]["texts"]) == ("lost", 1, 0)
    assert "not empty" in helper.refused(3, "adopt", "lost", str(again.path), "--force")
    (tmp_path / "go").touch()
    again.up()
    again.lands(bead)
    assert rig.landed() == [before, bead]
    assert again.show(bead)["description"] == LONG
    assert again.ask("verify")["complaints"] == []
    again.ask("down")
    lost.up()
    lost.until(lambda event: event["type"] == "membership.fenced")
    assert [hold["cause"] for hold in lost.ask("thaw")["holds"]] == ["fenced"]
    assert rig.landed() == [before, bead]


def test_a_town_of_no_hub_adopts_nobody(make_town):
    alone = make_town("alone").install().up()
    assert "is a member of no hub" in alone.refused(3, "adopt", "lost")
    alone.ask("down")


def alone_on_its_machine(towns, folder):
    """Towns of one lineage see each other by a folder of the machine's: give each its own."""
    for number, town in enumerate(towns):
        town.environment["XDG_RUNTIME_DIR"] = str(folder / str(number))
        (folder / str(number)).mkdir(mode=0o700)


def cut_off(town):
    """From the hub alone, from its next start on."""
    file = town.path / "hub.toml"
    lines = [
        'urls = ["tls://127.0.0.1:1"]' if line.startswith("urls") else line for line in file.read_text().split("\n")
    ]
    file.write_text("\n".join(lines))


@pytest.mark.long
def test_what_landed_unheard_of_by_the_hub_is_found_at_the_origin(member, make_town, tmp_path):
    helper, lost = member("north"), member("south")
    rig = lost.rig("app")
    bead = rig.bead("Add it", f"test -e {tmp_path}/go || exec sleep 600; echo it > it; {COMMIT} 'Add it'")
    rig.sling(bead)
    lost.until_type("bead.started", bead)
    lost.ask("down")
    until_gone(helper, "south")
    cut_off(lost)
    (tmp_path / "go").touch()
    lost.up()
    lost.lands(bead)
    lost.ask("down")
    unseen, again = make_town("unseen-south"), make_town("again-south")
    helper.ask("adopt", "south", str(unseen.path), "--force")
    shutil.rmtree(unseen.path)  # whoever was to go on for it is lost before anybody has heard of it
    said = helper.ask("adopt", "south", str(again.path), "--force")
    assert said["epoch"] == 2
    again.up()
    again.lands(bead)
    assert rig.landed() == [bead]
    again.ask("down")


@pytest.mark.long
@pytest.mark.timeout(300)
def test_two_that_race_for_one_origin_land_once(member, make_town, tmp_path, short_folder, doors):
    """The lost one reaches the origin and not the hub: nobody tells it that it is fenced."""
    helper, lost = member("east"), member("west")
    rig = lost.rig("app")
    again = make_town("again-west")
    doors_of = {name: doors.make(name) for name in ("lost", "again")}
    script = (
        f"test -e {tmp_path}/cut || exec sleep 600\n"
        f"case $HOME in {lost.home}) {doors_of['lost']};; *) {doors_of['again']};; esac\n"
        f"echo it > it-$(echo $HOME | cksum | cut -c1-5); {COMMIT} 'Add it'"
    )
    bead = rig.bead("Add it", script)
    rig.sling(bead)
    lost.until_type("bead.started", bead)
    lost.ask("down")
    until_gone(helper, "west")
    helper.ask("adopt", "west", str(again.path), "--force")
    cut_off(lost)
    (tmp_path / "cut").touch()
    alone_on_its_machine((lost, again), short_folder)
    lost.up()
    again.up()
    doors.reached("lost")
    doors.reached("again")
    doors.open("lost")
    lost.lands(bead)
    doors.open("again")
    again.lands(bead)
    assert rig.landed() == [bead]
    assert again.ask("verify")["complaints"] == []
    assert [one["reason"] for one in again.ask("branches")] == [f"overtaken: app.{bead}-2 of the same bead has landed"]
    lost.ask("down")
    again.ask("down")


def killed_when(helper, words, reached):
    """`gt WORDS`, killed as soon as that holds; it does not come to its end."""
    command = [sys.executable, "-m", "gastown_cli", *words]
    with subprocess.Popen(command, env={**helper.environment, "GT_TOWN": str(helper.path)}) as begun:
        deadline = monotonic() + PATIENCE
        while not reached():
            assert begun.poll() is None, words
            assert monotonic() < deadline, words
        os.kill(begun.pid, signal.SIGKILL)
    assert begun.returncode == -signal.SIGKILL


def copy_seen(helper, name: str) -> bool:
    """A hub that has just started looks at its copies first."""
    known = helper.ask("towns")
    return known["up"] and any(one["name"] == name and one["position"] for one in known["towns"])


@pytest.mark.long
@pytest.mark.timeout(300)
def test_an_adoption_that_was_killed_goes_on_when_it_is_repeated(member, make_town, hub):
    helper, lost = member("up"), member("gone")
    bead = lost.rig("app").bead("Add it", f"echo it > it; {COMMIT} 'Add it'")
    lost.ask("down")
    until_gone(helper, "gone")
    again = make_town("again-gone")
    words, place = ("adopt", "gone", str(again.path), "--force"), again.path
    hub("down")
    assert "not connected" in helper.refused(6, *words)
    assert not list(place.parent.glob(f".{place.name}.*"))
    hub("up")
    deadline = monotonic() + PATIENCE
    while not copy_seen(helper, "gone"):
        assert monotonic() < deadline
    killed_when(helper, words, place.with_name(f".{place.name}.adoption").exists)
    killed_when(helper, words, lambda: list(place.parent.glob(f".{place.name}.*.parts")))
    killed_when(helper, words, lambda: list(place.parent.glob(f".{place.name}.*.making")))
    assert not place.exists()
    said = helper.ask(*words)
    assert (said["town"], said["epoch"]) == ("gone", 1)
    assert not list(place.parent.glob(f".{place.name}.*"))
    again.up()
    again.ask("sling", bead)
    again.lands(bead)
    assert [one["formers"] for one in helper.ask("towns")["towns"] if one["name"] == "gone"] == [1]
    again.ask("down")


@pytest.mark.timeout(300)
def test_bad_invitations_and_names_are_refused_with_the_next_step(hub, member, make_town):
    first = member("one")
    used = hub("invite", "two")["invitation"]
    second = make_town("two").install("--name", "two").up()
    second.ask("join", used)
    assert not second.ask("join", used)["new"]
    assert "is a member of" in second.refused(3, "join", hub("invite", "two", "--again")["invitation"])
    third = make_town("two").install("--name", "two").up()
    assert "has been used already" in third.refused(3, "join", used)
    assert "was changed" in third.refused(2, "join", used[:60] + ("A" if used[60] != "A" else "B") + used[61:])
    assert "expired" in third.refused(3, "join", hub("invite", "two", "--again", "--for", "0.01s")["invitation"])
    assert "there is a town two here already" in third.refused(5, "join", hub("invite", "two", "--again")["invitation"])
    for town in (second, third):
        town.ask("down")
    bead = first.ask("bead", "create", "of nobody")["id"]
    assert first.answer("sling", bead, "--to", "nobody").exit == 4


def machine_lost(town):
    """With all that ran on it, for good."""
    while pids := town.running():
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def within(seconds, reached):
    deadline = monotonic() + seconds
    while not reached():
        assert monotonic() < deadline
        sleep(0.2)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_town_that_dies_goes_on_by_itself_where_that_is_wanted(member, tmp_path):
    """Who does it is killed in the middle. A town that was stopped on purpose stays as it is."""
    helper, lost, stopped = member("guard"), member("fallen"), member("resting")
    assert "adopt.after cannot be 59" in helper.refused(2, "config", "set", "adopt.after", "59")
    helper.ask("config", "set", "adopt.after", "60")
    rig = lost.rig("app")
    bead = rig.bead("Add it", f"test -e {tmp_path}/go || exec sleep 600; echo it > it; {COMMIT} 'Add it'")
    rig.sling(bead)
    lost.until_type("bead.started", bead)
    stopped.ask("down")
    machine_lost(lost)
    within(120, lambda: any(one["type"] == "adoption.begun" for one in helper.events()))
    os.kill(helper.pids()["town"], signal.SIGKILL)
    within(60, lambda: any(one["type"] == "adoption.ended" for one in helper.events()))
    again = copy(helper)
    again.path = helper.path.with_name("fallen")
    (tmp_path / "go").touch()
    again.lands(bead)
    assert rig.landed() == [bead]
    (matter,) = helper.ask("escalations")
    assert "it goes on here" in matter["reason"]
    helper.ask("escalation", "close", matter["id"], "--reason", "seen")
    known = {one["name"]: one for one in helper.ask("towns")["towns"]}
    assert (known["fallen"]["connected"], known["fallen"]["formers"]) == (True, 1)
    assert (known["resting"]["connected"], known["resting"]["formers"]) == (False, 0)
    again.ask("down")
