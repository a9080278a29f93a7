"""The Mayor's rules about holds."""

import pytest

from gastown.actors.commands import mayor as told
from gastown.actors.commands.command import Owner
from gastown.actors.effects import HoldWork, Tell
from gastown.actors.mayor import ROLE
from gastown.events import agent, bead, rig
from gastown.events.hold import HoldLifted, HoldPlaced, TownFreed, TownHeld

MB = 1024 * 1024
HOLDS = [
    (told.PlaceHold(cause="estop", reason="fire"), told.LiftHold(cause="estop")),
    (told.PlaceHold(cause="estop", rig="app", reason="fire"), told.LiftHold(cause="estop", rig="app")),
    (told.PlaceHold(cause="pause", rig="app", reason="holiday"), told.LiftHold(cause="pause", rig="app")),
    (told.ReportDisk(free=100 * MB, path="/t"), told.ReportDisk(free=600 * MB, path="/t")),
]
"""What places each kind of hold, and what lifts it."""


@pytest.fixture
def town(spec):
    """Two rigs, a bead of each."""
    happened = [("agent/sh", agent.AgentAdded(spec=agent.AgentSpec(name="sh", vendor="shell", command="true")))]
    for name, prefix in (("app", "ap"), ("lib", "li")):
        config = rig.RigConfig(origin="/o", target="main", landing="main", prefix=prefix)
        happened.append((f"rig/{name}", rig.RigAdded(config=config)))
        happened.append((f"bead/{prefix}-1", bead.BeadCreated(title="do it", rig=name)))
    return spec(ROLE, Owner("mayor", "town"), happened)


def sling(key: str) -> told.SlingBeads:
    return told.SlingBeads(beads=(key,), convoy=f"cv-{key}")


def to_refinery(town, name="app"):
    """What the rig's Refinery is told last: depth and what was resumed."""
    (tell,) = [one for key, one in town.due().items() if key.startswith(f"tell:hold:{name}.")]
    assert isinstance(tell, Tell)
    command = tell.messages[0].command
    return command.depth, command.resumed


def to_host(town):
    (word,) = [one for one in town.due().values() if isinstance(one, HoldWork)]
    return word


@pytest.mark.parametrize(("place", "lift"), HOLDS)
def test_what_is_slung_during_a_hold_waits_and_starts_by_itself_afterwards(town, place, lift):
    (held,) = town.when(place).decision
    assert isinstance(held.event, HoldPlaced)
    town.when(sling("ap-1"))
    assert town.state.beads["ap-1"].sessions == 0
    freed, assigned = town.when(lift).decision
    assert (isinstance(freed.event, HoldLifted), assigned.entity.id) == (True, "ap-1")


@pytest.mark.parametrize(("place", "lift"), HOLDS)
def test_placing_and_lifting_twice_is_no_error_and_no_news(town, place, lift):
    town.when(place).when(place).then_events()
    town.when(lift).when(lift).then_events()


def test_a_hold_of_one_rig_leaves_the_others_alone(town):
    town.when(told.PlaceHold(cause="estop", rig="app", reason="fire")).when(sling("ap-1")).when(sling("li-1"))
    assert (town.state.beads["ap-1"].sessions, town.state.beads["li-1"].sessions) == (0, 1)
    assert (to_refinery(town), to_refinery(town, "lib")) == (("stop", 0), ("", 0))
    assert (to_host(town).town, to_host(town).rigs) == (False, ("app",))


def test_lifting_one_hold_leaves_the_others(town):
    town.when(sling("ap-1")).when(told.ReportAttempt(bead="ap-1", session="ap-1-1", outcome="interrupted", reason=""))
    for place, _ in HOLDS:
        town.when(place)
    assert town.state.depth("app") == "stop"
    town.when(told.LiftHold(cause="estop")).then_events(TownFreed)
    assert (to_refinery(town), to_refinery(town, "lib")) == (("stop", 0), ("", 0))
    town.when(told.LiftHold(cause="estop", rig="app")).then_events(rig.RigFreed)
    assert to_refinery(town) == ("pause", 0)
    town.when(told.LiftHold(cause="pause", rig="app"))
    assert (to_refinery(town), town.state.depth("app")) == (("", 0), "intake")


def test_a_worker_that_comes_back_during_a_stop_is_not_sent_again_until_the_thaw(town):
    town.when(sling("ap-1")).when(told.PlaceHold(cause="estop", reason="fire"))
    returned = told.ReportAttempt(bead="ap-1", session="ap-1-1", outcome="interrupted", reason="the host died")
    town.when(returned).then_events(bead.BeadReturned)
    town.when(told.LiftHold(cause="estop")).then_events(TownFreed, bead.BeadAssigned)


def test_the_host_is_told_even_before_anything_was_ever_held_and_each_word_has_a_higher_number(town):
    assert (to_host(town).number, to_host(town).town, to_host(town).rigs) == (0, False, ())
    numbers = [to_host(town.when(command)).number for pair in HOLDS for command in pair]
    assert numbers == sorted(set(numbers))
    assert numbers[0] > 0


def test_every_hold_is_one_escalation_that_ends_with_it(town):
    for number in (1, 2):
        town.when(told.PlaceHold(cause="pause", rig="app", reason="holiday"))
        assert f"tell:raise:rig.app.pause.{number}" in town.due()
        town.when(told.PlaceHold(cause="pause", rig="app", reason="refused", number=number))
        town.when(told.LiftHold(cause="pause", rig="app"))
    keys = {key for key in town.due() if key.startswith(("tell:raise:", "tell:lower:"))}
    assert keys == {"tell:lower:rig.app.pause.2"}


def test_a_removed_rig_is_held_no_more(town):
    town.when(told.PlaceHold(cause="estop", rig="app", reason="fire")).when(told.RemoveRig(rig="app"))
    assert to_host(town).rigs == ()
    assert "tell:lower:rig.app.estop.1" in town.due()


def test_a_pause_of_the_queue_that_was_answered_is_not_answered_again_after_a_resume(town):
    def pause(number: int) -> told.PlaceHold:
        return told.PlaceHold(cause="pause", rig="app", reason="refused", number=number)

    town.when(pause(1)).then_events(rig.RigHeld)
    town.when(told.LiftHold(cause="pause", rig="app")).then_events(rig.RigFreed)
    assert to_refinery(town) == ("", 1)
    town.when(pause(1)).then_events()
    town.when(pause(2)).then_events(rig.RigHeld)
    assert to_refinery(town) == ("pause", 1)


def test_trouble_in_the_queue_of_a_paused_rig_is_news(town):
    town.when(told.PlaceHold(cause="pause", rig="app", reason="holiday"))
    town.when(told.PlaceHold(cause="pause", rig="app", reason="refused", number=1)).then_events(rig.RigHeld)
    assert town.state.rigs["app"].holds.now["pause"].reason == "refused"


@pytest.mark.parametrize("minimum", [None, 100])
def test_the_disk_guard_holds_below_the_least_and_lets_go_a_tenth_above_it(town, minimum):
    least = (minimum or 512) * MB
    if minimum:
        town.when(told.ChangeSetting(name="disk.min_free", value=least))
    town.when(told.ReportDisk(free=least, path="/t")).then_events()
    town.when(told.ReportDisk(free=least - 1, path="/t")).then_events(TownHeld)
    placed = town.decision[0].event
    assert (placed.depth, f"{least // MB} MB" in placed.reason, "/t" in placed.reason) == ("intake", True, True)
    assert to_refinery(town) == ("", 0)
    assert not to_host(town).town
    town.when(told.ReportDisk(free=least + 1, path="/t")).then_events()
    town.when(told.ReportDisk(free=least + least // 10, path="/t")).then_events(TownFreed)


def test_without_a_least_the_disk_may_fill(town):
    town.when(told.ReportDisk(free=1, path="/t")).then_events(TownHeld)
    town.when(told.ChangeSetting(name="disk.min_free", value=0))
    town.when(told.ReportDisk(free=1, path="/t")).then_events(TownFreed)
    town.when(told.ReportDisk(free=1, path="/t")).then_events()
