"""The Mayor's rules about the town's membership of a hub."""

import pytest

from gastown.actors.commands import mayor as told
from gastown.actors.commands.membership import FenceTown, JoinHub, LeaveHub
from gastown.actors.effects import HoldWork, Tell
from gastown.actors.kernel.role import Rejected
from gastown.actors.mayor import ROLE
from gastown.actors.mayor.state import Membership
from gastown.events import agent, bead, membership, rig
from gastown.events.hold import TownFreed, TownHeld

JOIN = JoinHub(hub="north", name="a")


@pytest.fixture
def town(spec):
    return spec(
        ROLE,
        told.MAYOR,
        [
            ("agent/sh", agent.AgentAdded(spec=agent.AgentSpec(name="sh", vendor="shell", command="true"))),
            ("rig/app", rig.RigAdded(config=rig.RigConfig(origin="/o", target="main", landing="main", prefix="ap"))),
            ("bead/ap-1", bead.BeadCreated(title="do it", rig="app")),
        ],
    )


def test_she_knows_the_name_by_which_others_know_the_town(town):
    town.when(JOIN).then_events(membership.TownJoined)
    assert town.state.membership == Membership(hub="north", name="a")


def test_joining_again_is_no_news_and_a_new_epoch_is(town):
    town.when(JOIN).when(JOIN).then()
    town.when(JoinHub(hub="north", name="a", epoch=1)).then_events(membership.TownJoined)
    assert town.state.membership.epoch == 1


@pytest.mark.parametrize("other", [JoinHub(hub="south", name="a"), JoinHub(hub="north", name="b")])
def test_it_is_a_member_of_one_hub_under_one_name(town, other):
    town.when(JOIN).when(other).then_events(membership.TownLeft, membership.TownJoined)
    assert town.state.membership == Membership(hub=other.hub, name=other.name)


def test_who_leaves_keeps_its_epoch(town):
    town.when(JoinHub(hub="north", name="a", epoch=2)).when(LeaveHub())
    assert town.state.membership == Membership(epoch=2)


def test_who_is_no_member_has_nothing_to_leave(town):
    town.when(LeaveHub()).then()


def test_a_fenced_town_stops_and_nothing_lets_it_go_on(town):
    town.when(JOIN).when(FenceTown(by=1, adopted_at=12)).then_events(membership.TownFenced, TownHeld)
    assert town.state.depth("app") == "stop"
    for cause in ("fenced", "estop"):
        town.when(told.LiftHold(cause=cause))
    town.when(told.SlingBeads(beads=("ap-1",), convoy="cv-1"))
    town.when(LeaveHub()).then_events(membership.TownLeft)
    assert isinstance(town.when(JOIN).decision, Rejected)
    assert town.state.depth("app") == "stop"
    assert town.state.beads["ap-1"].sessions == 0
    (word,) = [one for one in town.due().values() if isinstance(one, HoldWork)]
    assert word.town


def test_a_person_is_told_of_the_fence_and_up_to_where_the_other_knows_the_log(town):
    town.when(JOIN).when(FenceTown(by=1, adopted_at=12))
    raised = town.due()["tell:raise:town.fenced.1"]
    assert isinstance(raised, Tell)
    command = raised.messages[0].command
    assert command.severity == "critical"
    assert "position 12" in command.reason
    assert "gt branches" in command.hint


def test_it_is_fenced_once(town):
    town.when(JOIN).when(FenceTown(by=1)).when(FenceTown(by=2)).then()


def test_the_town_that_goes_on_is_not_fenced_by_its_own_epoch(town):
    town.when(JoinHub(hub="north", name="a", epoch=1)).when(FenceTown(by=1)).then()
    town.when(FenceTown(by=2)).then_events(membership.TownFenced, TownHeld)


def test_who_was_never_a_member_cannot_be_fenced(town):
    town.when(FenceTown(by=1)).then()


def test_a_fork_of_a_fenced_town_is_a_town_of_its_own(town):
    town.when(JOIN).when(FenceTown(by=1))
    town.when(LeaveHub(reason="a fork", fork=True)).then_events(membership.TownLeft, TownFreed)
    town.when(JoinHub(hub="north", name="c")).then_events(membership.TownJoined)
