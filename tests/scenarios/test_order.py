"""Who gets what, and when: needs, priorities, places, convoys."""

import pytest

COMMIT = "git add -A; git commit -qm"


def adds(name):
    return f"echo {name} > {name}; {COMMIT} 'Add {name}'"


@pytest.fixture(scope="module")
def rig(town):
    return town.rig("order")


def test_what_needs_a_bead_starts_by_itself_once_that_has_landed(town, rig):
    first = rig.bead("First", adds("first"))
    second = rig.bead("Second", f"test -e first; {adds('second')}", "--needs", first)
    third = rig.bead("Third", f"test -e second; {adds('third')}", "--needs", first, "--needs", second)
    assert [one["id"] for one in town.ask("ready", "--rig", "order")] == [first]
    convoys = {one["convoy"] for one in town.ask("sling", third, second, first)}
    assert len(convoys) == 1
    town.lands(third)
    assert rig.landed()[-3:] == [first, second, third]
    shown = town.ask("convoy", "show", *convoys)
    assert shown["state"] == "done"
    assert {(one["id"], one["state"], bool(one["landed_commit"])) for one in shown["beads"]} == {
        (bead, "landed", True) for bead in (first, second, third)
    }
    edges = {one["depends_on_id"] for one in town.show(third)["dependencies"]}
    assert edges == {first, second}


def test_a_bead_closed_without_code_releases_what_needs_it(town, rig):
    question = rig.bead("Is it wanted?", "exit 1")
    answer = rig.bead("Then do it", adds("wanted"), "--needs", question)
    convoy = town.ask("convoy", "create", "Ask first", question, answer)["id"]
    town.ask("sling", answer)
    assert town.show(answer)["state"] == "slung"
    assert town.sticks(answer)[answer]["on"] == question
    town.ask("bead", "close", question, "--reason", "yes")
    town.lands(answer, convoy)
    shown = town.ask("convoy", "show", convoy)
    assert shown["state"] == "done"
    assert [one["state"] for one in shown["beads"]] == ["closed", "landed"]
    assert town.show(question)["close_reason"] == "yes"


def test_a_bead_can_never_come_to_need_itself(town, rig):
    one = rig.bead("One", "")
    two = rig.bead("Two", "", "--needs", one)
    three = rig.bead("Three", "", "--needs", two)
    assert "needs" in town.refused(3, "bead", "update", one, "--needs", three)
    town.refused(3, "bead", "update", one, "--needs", one)
    assert not town.show(one).get("dependencies")
    town.refused(4, "bead", "create", "Four", "--needs", "or-nothing")


def test_one_place_goes_to_the_most_urgent_bead_then_to_the_oldest(town, rig, doors):
    town.ask("config", "set", "max_polecats", "1")
    busy = rig.bead("Busy", f"{adds('busy')}; {doors.make('busy')}")
    town.ask("sling", busy)
    doors.reached("busy")
    older, newer = (rig.bead(name, adds(name)) for name in ("older", "newer"))
    urgent = rig.bead("Urgent", adds("urgent"), "-p", "0")
    late = rig.bead("Late", adds("late"), "-p", "P4")
    town.ask("sling", late, newer, older, urgent)
    assert sum(one["role"] == "polecat" and bool(one["session"]) for one in town.ask("agents")) == 1
    assert town.show(urgent)["state"] == "slung"
    doors.open("busy")
    town.lands(late, newer, older, urgent)
    started = [event["entity"] for event in town.events("--kind", "bead") if event["type"] == "bead.started"]
    assert started[-5:] == [busy, urgent, older, newer, late]
    town.ask("config", "set", "max_polecats", "8")


def test_a_sling_is_all_or_nothing(town, rig):
    good = rig.bead("Good", adds("good"))
    before = len(town.events())
    assert "or-nothing" in town.refused(4, "sling", good, "or-nothing")
    assert "no agent nobody" in town.refused(4, "sling", good, "--agent", "nobody")
    assert len(town.events()) == before
    assert town.show(good)["state"] == "open"


def test_whoever_slings_a_bead_second_is_told_who_has_it(town, rig, doors):
    bead = rig.bead("Wanted", f"{adds('twice')}; {doors.make('twice')}")
    town.ask("sling", bead)
    doors.reached("twice")
    assert f"in session {bead}-1" in town.refused(5, "sling", bead)
    doors.open("twice")
    town.lands(bead)
    assert "landed" in town.refused(3, "sling", bead)
    town.ask("bead", "reopen", bead)
    assert town.show(bead)["state"] == "open"
    assert town.show(bead)["landed_commit"] is None


def test_a_bead_of_no_rig_can_be_slung_to_one(town, rig):
    bead = town.bead("Anywhere", adds("anywhere"))
    town.refused(2, "sling", bead)
    (slung,) = town.ask("sling", bead, "order")
    assert slung["bead"] == bead
    town.lands(bead)
    assert town.show(bead)["rig"] == "order"
    assert rig.landed()[-1] == bead
