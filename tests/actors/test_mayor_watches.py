"""Needs in other towns, as the Mayors of both decide."""

import pytest
from towns import Towns

from gastown.actors.commands import mayor as told
from gastown.actors.commands.membership import LeaveHub
from gastown.actors.kernel.role import Rejected
from gastown.actors.mayor import ROLE
from gastown.actors.mayor.phases import Landed, Slung, Working
from gastown.events import watch


@pytest.fixture
def towns() -> Towns:
    """Bead ap-1 of a needs zz-1 of b, and is slung."""
    made = Towns("a", "b")
    made["b"].create("zz-1")
    made["a"].tell(told.CreateBead(title="after it", rig="app", needs=("b.zz-1",), created_ns=1))
    return made


def waiting(towns: Towns) -> str:
    (key,) = towns["a"].state.beads
    return key


def test_a_bead_waits_for_one_that_lands_in_another_town(towns):
    key = waiting(towns)
    towns["a"].sling(key)
    towns.settle()
    assert towns["a"].state.watches["b.zz-1"].standing == "open"
    assert isinstance(towns["a"].phase(key), Slung)
    towns["b"].sling("zz-1")
    towns["b"].lands("zz-1")
    assert isinstance(towns["a"].phase(key), Slung)
    towns.settle()
    assert isinstance(towns["a"].phase(key), Working)
    assert towns.hear_all_again() == []


def test_a_bead_that_is_closed_there_is_as_done(towns):
    key = waiting(towns)
    towns["a"].sling(key)
    towns["b"].tell(told.CloseBead(bead="zz-1"))
    towns.settle()
    assert isinstance(towns["a"].phase(key), Working)


def test_a_bead_that_is_opened_again_there_is_waited_for_again(towns):
    key = waiting(towns)
    towns["b"].tell(told.CloseBead(bead="zz-1"))
    towns.settle()
    towns["b"].tell(told.ReopenBead(bead="zz-1"))
    towns.settle()
    towns["a"].sling(key)
    assert isinstance(towns["a"].phase(key), Slung)
    assert towns.hear_all_again() == []


def test_each_bead_is_asked_for_once_however_many_wait(towns):
    towns["a"].tell(told.CreateBead(title="another", rig="app", needs=("b.zz-1",), created_ns=2))
    assert len(towns["a"].facts(watch.WatchAsked)) == 1


def test_a_bead_that_nobody_knows_there_is_said_to_a_person(towns):
    towns["a"].tell(told.UpdateBead(bead=waiting(towns), add_needs=("b.no-1",)))
    towns.settle()
    raised = {effect.key: effect for effect in ROLE.due(towns["a"].state)}["tell:raise:need.b.no-1.1"].messages[0]
    assert raised.command.reason == f"b knows no bead no-1, which {waiting(towns)} waits for"
    assert raised.command.hint == f"gt bead update {waiting(towns)} --drop b/no-1"
    towns["b"].create("no-1")
    towns["b"].tell(told.UpdateBead(bead="no-1", notes="here it is"))
    towns.settle()
    assert "tell:lower:need.b.no-1.1" in {effect.key for effect in ROLE.due(towns["a"].state)}


def test_its_own_beads_are_needed_by_whatever_name(towns):
    key = waiting(towns)
    towns["a"].tell(told.CreateBead(title="third", rig="app", needs=(f"a.{key}",), created_ns=3))
    assert len(towns["a"].facts(watch.WatchAsked)) == 1
    assert [one.needs for one in towns["a"].state.beads.values() if one.title == "third"] == [(key,)]


def test_a_needed_bead_that_has_come_here_is_looked_at_here(towns):
    key = waiting(towns)
    towns["a"].sling(key)
    towns["b"].sling("zz-1", "a")
    towns.settle()
    towns["a"].lands("b.zz-1")
    assert isinstance(towns["a"].phase(key), Working)
    towns.settle()
    assert isinstance(towns["b"].phase("zz-1"), Landed)
    assert towns["a"].state.watches["b.zz-1"].standing == "landed"


def test_a_bead_is_offered_to_a_third_town_once_what_it_needs_elsewhere_is_done():
    towns = Towns("a", "b", "c")
    towns["b"].create("zz-1")
    towns["a"].tell(told.CreateBead(title="after it", rig="app", needs=("b.zz-1",)))
    key = waiting(towns)
    towns["a"].sling(key, "c")
    towns.settle()
    assert isinstance(towns["a"].phase(key), Slung)
    towns["b"].tell(told.CloseBead(bead="zz-1"))
    towns.settle()
    assert isinstance(towns["c"].phase(f"a.{key}"), Working)


@pytest.mark.parametrize("need", ["a.no-1", "no-1", "*.x"])
def test_what_can_be_no_bead_of_another_town_is_unknown(towns, need):
    found = towns["a"].tell(told.UpdateBead(bead=waiting(towns), add_needs=(need,)))
    assert isinstance(found, Rejected)
    assert found.code == "unknown"


def test_who_is_no_member_waits_for_nobody_elses_beads(towns):
    towns["a"].tell(LeaveHub())
    found = towns["a"].tell(told.UpdateBead(bead=waiting(towns), add_needs=("b.x-1",)))
    assert isinstance(found, Rejected)
    assert found.hint == "gt join INVITATION"


def told_of_rings(towns: Towns, name: str) -> list[str]:
    keys = (effect.key for effect in ROLE.due(towns[name].state))
    return [key for key in keys if key.startswith(("tell:raise:ring", "tell:lower:ring"))]


def test_beads_of_three_towns_that_wait_for_each_other_are_said_to_a_person_until_one_does_not():
    towns = Towns("a", "b", "c")
    towns["c"].create("cc-1")
    towns["b"].create("bb-2")
    towns["b"].create("bb-1", "bb-2")
    towns["a"].create("aa-1")
    for name, key, need in (("a", "aa-1", "b.bb-1"), ("b", "bb-2", "c.cc-1")):
        towns[name].tell(told.UpdateBead(bead=key, add_needs=(need,)))
        towns.settle()
    assert towns["a"].state.watches["b.bb-1"].behind == ("c.cc-1",)
    assert not any(told_of_rings(towns, name) for name in "abc")
    towns["c"].tell(told.UpdateBead(bead="cc-1", add_needs=("a.aa-1",)))
    towns.settle()
    assert [told_of_rings(towns, name) for name in "abc"] == [
        ["tell:raise:ring.b.bb-1.1"],
        ["tell:raise:ring.c.cc-1.1"],
        ["tell:raise:ring.a.aa-1.1"],
    ]
    assert towns["b"].state.watches["c.cc-1"].ring == "bb-1"
    towns["b"].tell(told.UpdateBead(bead="bb-1", remove_needs=("bb-2",)))
    towns.settle()
    assert [told_of_rings(towns, name) for name in "abc"] == [
        ["tell:lower:ring.b.bb-1.1"],
        ["tell:lower:ring.c.cc-1.1"],
        ["tell:lower:ring.a.aa-1.1"],
    ]
    assert towns.hear_all_again() == []


def test_beads_that_wait_for_one_another_in_a_line_are_no_ring():
    towns = Towns("a", "b")
    towns["b"].create("bb-1")
    towns["a"].create("aa-1")
    towns["a"].create("aa-2")
    towns["a"].tell(told.UpdateBead(bead="aa-1", add_needs=("b.bb-1",)))
    towns["b"].tell(told.UpdateBead(bead="bb-1", add_needs=("a.aa-2",)))
    towns.settle()
    assert not any(told_of_rings(towns, name) for name in "ab")
    towns["a"].tell(told.CloseBead(bead="aa-2"))
    towns.settle()
    assert towns["a"].state.watches["b.bb-1"].behind == ()
