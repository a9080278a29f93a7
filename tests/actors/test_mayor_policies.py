"""The Mayor's rules about policies."""

import pytest

from gastown.actors.commands import mayor as told
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.commands.policy import DropPolicy, SetPolicy
from gastown.actors.mayor import ROLE
from gastown.events import rig
from gastown.events.policy import Policy, PolicyDropped, PolicySet, Rule
from gastown.events.rig import RigConfig

CAREFUL = Policy(default="deny", rules=(Rule(decide="ask", tool="shell"),))


@pytest.fixture
def town(spec):
    added = rig.RigAdded(config=RigConfig(origin="/o", target="main", landing="main", prefix="ap"))
    return spec(ROLE, MAYOR, [("rig/app", added)])


def test_the_town_and_each_rig_has_one(town):
    town.when(SetPolicy(policy=CAREFUL)).then(("policy/town", PolicySet(policy=CAREFUL)))
    town.when(SetPolicy(policy=Policy(), rig="app")).then(("policy/rig.app", PolicySet(policy=Policy())))
    town.when(SetPolicy(policy=Policy(), rig="app")).then()
    town.when(DropPolicy(rig="app")).then(("policy/rig.app", PolicyDropped()))
    town.when(DropPolicy(rig="app")).rejected("unknown", "rig app has no policy")
    town.when(DropPolicy()).then(("policy/town", PolicyDropped()))
    town.when(DropPolicy()).rejected("unknown", "the town has no policy")


def test_a_rig_that_is_not_there_has_none(town):
    town.when(SetPolicy(policy=CAREFUL, rig="lib")).rejected("unknown", "no rig lib")
    town.when(told.RemoveRig(rig="app")).when(SetPolicy(policy=CAREFUL, rig="app")).rejected("unknown", "no rig app")
