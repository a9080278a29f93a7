"""Beads that go from town to town, as the Mayors of all of them decide."""

import pytest
from towns import OneTown, Towns

from gastown.actors.commands import mayor as told
from gastown.actors.commands.abroad import HearHandover, RecallBead
from gastown.actors.commands.membership import LeaveHub
from gastown.actors.effects import Effect
from gastown.actors.kernel.role import Rejected
from gastown.actors.mayor import ROLE
from gastown.actors.mayor.phases import Away, Blocked, Closed, Landed, Offered, Open, Slung, Working
from gastown.actors.mayor.state import Origin
from gastown.events import bead, convoy, handover
from gastown.events.handover import Parcel


@pytest.fixture
def towns() -> Towns:
    return Towns("a", "b", "c")


@pytest.fixture
def away(towns) -> Towns:
    """Bead ap-1 of town a is being worked on in b."""
    towns["a"].create("ap-1")
    towns["a"].sling("ap-1", "b")
    towns.settle()
    assert isinstance(towns["b"].phase("a.ap-1"), Working)
    return towns


def refusal(decision) -> Rejected:
    assert isinstance(decision, Rejected)
    assert decision.hint
    return decision


def offered(towns: Towns, *to: str) -> None:
    towns["a"].create("ap-1")
    towns["a"].sling("ap-1", *to)
    towns["a"].pack()


def test_a_bead_is_offered_accepted_handed_over_and_worked_on_there(towns):
    towns["a"].create("ap-1")
    towns["a"].sling("ap-1", "b")
    assert towns["a"].phase("ap-1") == Slung(to=("b",), there="app")
    assert towns["a"].pack()
    assert isinstance(towns["a"].phase("ap-1"), Offered)
    assert "a.ap-1" not in towns["b"].state.beads

    towns.hear("b", "a")
    assert "a.ap-1" not in towns["b"].state.beads
    towns.hear("a", "b")
    assert towns["a"].phase("ap-1") == Away(town="b", epoch=1)
    towns.hear("b", "a")
    one = towns["b"].state.beads["a.ap-1"]
    assert (one.title, one.rig, one.origins) == ("do ap-1", "app", (Origin(town="a", epoch=1),))
    assert one.phase.session == "a.ap-1-1"
    (received,) = towns["b"].facts(bead.BeadReceived)
    assert received.parcel.description == "all about ap-1"
    assert towns["a"].log[received.position - 1].event == towns["a"].facts(handover.BeadHandedOver)[0]


def test_what_landed_there_has_landed_here_and_its_convoy_is_done(away):
    away["b"].lands("a.ap-1")
    assert len(away["b"].facts(convoy.ConvoyCompleted)) == 1
    away.settle()
    assert away["a"].phase("ap-1") == Landed()
    (ended,) = away["a"].facts(bead.BeadEndedAbroad)
    assert (ended.town, ended.commit, ended.target_commit) == ("b", "7" * 40, "8" * 40)
    assert (ended.where, ended.rig) == ("b", "app")
    assert len(away["a"].facts(convoy.ConvoyCompleted)) == 1
    assert away["b"].state.beads["a.ap-1"].origins == ()


def test_what_is_closed_there_is_closed_here_with_its_reason(away):
    away["b"].tell(told.CloseBead(bead="a.ap-1", reason="not needed"))
    away.settle()
    assert isinstance(away["a"].phase("ap-1"), Closed)
    assert away["a"].facts(bead.BeadEndedAbroad)[0].reason == "not needed"


def test_hearing_all_of_it_again_from_the_beginning_changes_nothing(away):
    away["b"].lands("a.ap-1")
    away.settle()
    assert away.hear_all_again() == []


def test_it_takes_no_place_and_no_money_at_home(away):
    assert not away["a"].state.turns
    assert away["a"].state.beads["ap-1"].sessions == 0
    away["a"].create("ap-2")
    away["a"].tell(told.ChangeSetting(name="max_polecats", value=1))
    away["a"].sling("ap-2")
    assert isinstance(away["a"].phase("ap-2"), Working)


def test_needs_are_waited_for_before_it_is_offered(towns):
    towns["a"].create("ap-1")
    towns["a"].create("ap-2", "ap-1")
    towns["a"].sling("ap-2", "b")
    assert not towns["a"].pack()
    towns["a"].sling("ap-1")
    towns["a"].lands("ap-1")
    assert towns["a"].pack()


def test_a_stopped_town_offers_nothing(towns):
    towns["a"].create("ap-1")
    towns["a"].tell(told.PlaceHold(cause="estop", reason="fire"))
    towns["a"].sling("ap-1", "b")
    assert not towns["a"].pack()
    towns["a"].tell(told.LiftHold(cause="estop"))
    assert towns["a"].pack()


def no_rig(town: OneTown) -> None:
    town.tell(told.RemoveRig(rig="app"))


def paused(town: OneTown) -> None:
    town.tell(told.PlaceHold(cause="pause", rig="app", reason="holiday"))


def stopped(town: OneTown) -> None:
    town.tell(told.PlaceHold(cause="estop", reason="fire"))


def closed(town: OneTown) -> None:
    town.tell(told.ChangeSetting(name="max_polecats", value=0))


def unwilling(town: OneTown) -> None:
    town.tell(told.ChangeTextSetting(name="towns.accept", text="none"))


def choosy(town: OneTown) -> None:
    town.tell(told.ChangeTextSetting(name="towns.accept", text="c"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (no_rig, "there is no rig app"),
        (paused, "rig app is paused: holiday"),
        (stopped, "the town is stopped: fire"),
        (closed, "it lets nobody work: max_polecats is 0"),
        (unwilling, "it takes no beads from a"),
        (choosy, "it takes no beads from a"),
    ],
)
def test_a_refusal_says_why_the_next_town_is_asked_and_a_person_when_none_is_left(towns, change, reason):
    change(towns["b"])
    change(towns["c"])
    if change is choosy:
        towns["c"].tell(told.ChangeTextSetting(name="towns.accept", text="b"))
    offered(towns, "b", "c")
    towns.settle()
    assert towns["a"].phase("ap-1") == Open(nowhere=f"b: {reason}; c: {reason}")
    raised = {effect.key: effect for effect in _due(towns["a"])}["tell:raise:ap-1.1"]
    assert reason in raised.messages[0].command.reason
    towns["a"].sling("ap-1")
    assert "tell:lower:ap-1.1" in {effect.key for effect in _due(towns["a"])}
    assert isinstance(towns["a"].phase("ap-1"), Working)


def _due(town: OneTown) -> tuple[Effect, ...]:
    return ROLE.due(town.state)


def test_the_first_town_that_accepts_has_it(towns):
    paused(towns["b"])
    offered(towns, "b", "c")
    towns.settle()
    assert towns["a"].phase("ap-1") == Away(town="c", epoch=2)
    assert "a.ap-1" not in towns["b"].state.beads


def test_an_unknown_agent_is_refused(towns):
    towns["a"].create("ap-1")
    towns["a"].sling("ap-1", "b", agent="claude")
    towns.settle()
    assert towns["a"].phase("ap-1") == Open(nowhere="b: there is no agent claude")


def test_towns_that_are_named_are_accepted_from(towns):
    towns["b"].tell(told.ChangeTextSetting(name="towns.accept", text="c, a"))
    assert towns["b"].state.text("towns.accept") == "a,c"
    offered(towns, "b")
    towns.settle()
    assert isinstance(towns["a"].phase("ap-1"), Away)


@pytest.mark.parametrize("text", ["", "all,b", "none b", "a/b", "a.b"])
def test_what_is_no_list_of_towns_is_no_policy(towns, text):
    assert refusal(towns["b"].tell(told.ChangeTextSetting(name="towns.accept", text=text))).code == "usage"


def test_nobody_answers_in_time(towns):
    offered(towns, "b", "c")
    assert towns["a"].phase("ap-1").until == 1_700_000_600.0
    towns["a"].expire()
    assert towns["a"].phase("ap-1").to == ("c",)
    towns["a"].pack()
    towns["a"].expire()
    assert "b: it has not answered in time; c: it has" in towns["a"].phase("ap-1").nowhere
    towns.settle()
    assert isinstance(towns["a"].phase("ap-1"), Open)
    assert not towns["b"].facts(bead.BeadReceived)


def test_an_answer_to_an_older_offer_is_no_answer_to_this_one(towns):
    offered(towns, "b")
    towns.hear("b", "a")
    towns["a"].tell(RecallBead(bead="ap-1"))
    towns["a"].sling("ap-1", "b")
    towns["a"].pack()
    assert towns["a"].phase("ap-1").epoch == 2
    towns.hear("a", "b")
    assert isinstance(towns["a"].phase("ap-1"), Offered)
    paused(towns["b"])
    towns.settle()
    assert isinstance(towns["a"].phase("ap-1"), Open)
    assert "a.ap-1" not in towns["b"].state.beads


def test_only_an_offer_can_be_recalled(towns):
    offered(towns, "b")
    towns.hear("b", "a")
    towns["a"].tell(RecallBead(bead="ap-1", reason="second thoughts"))
    assert towns["a"].phase("ap-1") == Open()
    towns.settle()
    assert towns["a"].phase("ap-1") == Open()
    assert "a.ap-1" not in towns["b"].state.beads
    assert refusal(towns["a"].tell(RecallBead(bead="ap-1"))).reason == "ap-1 is open, and offered to no other town"


def test_a_bead_that_is_to_go_and_waits_for_its_needs_is_recalled_too(towns):
    towns["a"].create("ap-1")
    towns["a"].create("ap-2", "ap-1")
    towns["a"].sling("ap-2", "b")
    towns["a"].tell(RecallBead(bead="ap-2"))
    assert towns["a"].phase("ap-2") == Open()


@pytest.mark.parametrize(
    "command",
    [
        RecallBead(bead="ap-1"),
        told.UnslingBead(bead="ap-1"),
        told.SlingBeads(beads=("ap-1",), convoy="cv-9"),
        told.SlingBeads(beads=("ap-1",), convoy="cv-9", to=("c",)),
    ],
)
def test_what_another_town_has_is_not_taken_back_from_here(away, command):
    found = refusal(away["a"].tell(command))
    assert found.reason == "ap-1 is away at b"
    assert found.hint == "in b: gt unsling a/ap-1, then gt sling a/ap-1 --to a"


@pytest.mark.parametrize("command", [told.CloseBead(bead="ap-1"), told.UpdateBead(bead="ap-1", title="else")])
def test_what_another_town_has_is_changed_there(away, command):
    assert refusal(away["a"].tell(command)).hint == "the same, in b, with a/ap-1"


def test_unsling_of_an_offer_takes_it_back_and_close_closes_it(towns):
    offered(towns, "b")
    towns["a"].tell(told.UnslingBead(bead="ap-1"))
    assert towns["a"].phase("ap-1") == Open()
    towns["a"].sling("ap-1", "b")
    towns["a"].pack()
    assert (
        refusal(towns["a"].tell(told.UpdateBead(bead="ap-1", notes="n"))).hint == "take it back first: gt recall ap-1"
    )
    towns["a"].tell(told.CloseBead(bead="ap-1"))
    assert isinstance(towns["a"].phase("ap-1"), Closed)
    towns.settle()
    assert "a.ap-1" not in towns["b"].state.beads


def test_it_can_be_sent_back_from_there(away):
    away["b"].tell(told.UnslingBead(bead="a.ap-1"))
    away["b"].comes_back("a.ap-1", "withdrawn")
    away["b"].sling("a.ap-1", "a")
    away.settle()
    assert away["b"].phase("a.ap-1") == Away(town="a", epoch=2)
    assert away["a"].session("ap-1") == "ap-1-1"
    assert len(away["a"].state.beads["ap-1"].convoys) == 1
    away["a"].lands("ap-1")
    away.settle()
    assert isinstance(away["b"].phase("a.ap-1"), Landed)
    assert isinstance(away["a"].phase("ap-1"), Landed)
    assert away.hear_all_again() == []


def on_to(towns: Towns, key: str, here: str, there: str) -> None:
    towns[here].tell(told.UnslingBead(bead=key))
    towns[here].comes_back(key, "withdrawn")
    towns[here].sling(key, there)
    towns.settle()


def test_it_goes_on_to_a_third_town_and_all_hear_of_its_end(away):
    on_to(away, "a.ap-1", "b", "c")
    away["c"].lands("a.ap-1")
    away.settle()
    assert [away[name].phase(key) for name, key in (("a", "ap-1"), ("b", "a.ap-1"), ("c", "a.ap-1"))] == [Landed()] * 3
    (ended,) = away["a"].facts(bead.BeadEndedAbroad)
    assert (ended.town, ended.where, ended.rig) == ("b", "c", "app")
    assert away.hear_all_again() == []


def test_it_goes_round_and_comes_home(away):
    on_to(away, "a.ap-1", "b", "c")
    on_to(away, "a.ap-1", "c", "a")
    assert away["a"].session("ap-1") == "ap-1-1"
    away["a"].lands("ap-1")
    away.settle()
    assert isinstance(away["b"].phase("a.ap-1"), Landed)
    assert isinstance(away["c"].phase("a.ap-1"), Landed)


def test_a_town_that_had_it_twice_tells_both_it_had_it_from(away):
    on_to(away, "a.ap-1", "b", "c")
    on_to(away, "a.ap-1", "c", "b")
    assert [origin.town for origin in away["b"].state.beads["a.ap-1"].origins] == ["a", "c"]
    away["b"].lands("a.ap-1")
    away.settle()
    assert isinstance(away["a"].phase("ap-1"), Landed)
    assert isinstance(away["c"].phase("a.ap-1"), Landed)


def test_where_it_was_born_it_is_opened_again_and_may_go_anywhere_anew(away):
    on_to(away, "a.ap-1", "b", "c")
    away["c"].lands("a.ap-1")
    away.settle()
    found = refusal(away["c"].tell(told.ReopenBead(bead="a.ap-1")))
    assert found == Rejected("a/ap-1 has been given back", "in a: gt bead reopen ap-1")
    away["a"].tell(told.ReopenBead(bead="ap-1"))
    away["a"].sling("ap-1", "c")
    away.settle()
    assert away["c"].session("a.ap-1") == "a.ap-1-2"
    assert away["a"].phase("ap-1") == Away(town="c", epoch=3)


def test_a_bead_that_comes_again_opens_its_convoy_there_again(away):
    away["b"].tell(told.CloseBead(bead="a.ap-1"))
    away.settle()
    away["a"].tell(told.ReopenBead(bead="ap-1"))
    away["a"].sling("ap-1", "b")
    away.settle()
    (known,) = away["b"].state.convoys.values()
    assert not known.done
    assert away.hear_all_again() == []


def test_a_bead_that_blocks_there_is_seen_here_and_when_it_moves_again(away):
    for _ in range(3):
        away["b"].comes_back("a.ap-1")
    assert isinstance(away["b"].phase("a.ap-1"), Blocked)
    away.settle()
    assert away["a"].phase("ap-1").stuck == "3 failed runs; the last: exit 1"
    assert "tell:raise:a.ap-1.1" in {effect.key for effect in _due(away["b"])}
    assert not [effect for effect in _due(away["a"]) if effect.key.startswith("tell:raise")]
    away["b"].tell(told.RetryBead(bead="a.ap-1"))
    away.settle()
    assert away["a"].phase("ap-1").stuck == ""
    assert away.hear_all_again() == []


def test_what_happens_in_the_third_town_is_seen_in_the_first(away):
    on_to(away, "a.ap-1", "b", "c")
    away["c"].comes_back("a.ap-1", "escalated", "which one?")
    away.settle()
    assert away["a"].phase("ap-1").stuck == "in c: which one?"


def test_what_was_accepted_and_can_be_worked_on_no_more_waits_for_a_person_there(towns):
    offered(towns, "b")
    towns.hear("b", "a")
    no_rig(towns["b"])
    towns.settle()
    assert isinstance(towns["b"].phase("a.ap-1"), Blocked)
    assert towns["a"].phase("ap-1").stuck == "there is no rig app any more"


def test_a_bead_that_is_at_home_here_is_nobody_elses_to_offer_or_to_hand_over(towns):
    towns["a"].create("ap-1")
    parcel = Parcel(title="mine")
    forged = handover.HandoverOffered(bead="a.ap-1", epoch=9, rig="app", until=0.0, parcel=parcel)
    towns["a"].tell(HearHandover(town="c", bead="a.ap-1", position=1, fact=forged))
    (answer,) = towns["a"].facts(handover.OfferRefused)
    assert answer.reason == "it is here already"
    over = handover.BeadHandedOver(bead="a.ap-1", epoch=9, rig="app", parcel=parcel)
    assert towns["a"].tell(HearHandover(town="c", bead="a.ap-1", position=2, fact=over)) == ()
    assert towns["a"].state.beads["ap-1"].title == "do ap-1"


def test_what_a_town_says_of_a_bead_that_another_has_is_not_believed(away):
    forged = handover.HandoverEnded(bead="a.ap-1", epoch=1, last=1, outcome="closed")
    assert away["a"].tell(HearHandover(town="c", bead="a.ap-1", position=1, fact=forged)) == ()


def test_earlier_work_goes_along_by_the_name_of_where_it_was_done(towns):
    towns["a"].create("ap-1")
    towns["a"].sling("ap-1")
    session = towns["a"].session("ap-1")
    towns["a"].tell(told.UnslingBead(bead="ap-1"))
    towns["a"].tell(
        told.ReportAttempt(bead="ap-1", session=session, outcome="withdrawn", reason="", commit="5" * 40, base="1" * 40)
    )
    towns["a"].sling("ap-1", "b")
    towns.settle()
    earlier = towns["b"].state.beads["a.ap-1"].earlier
    assert (earlier.session, earlier.commit, earlier.base) == ("a.ap-1-1", "5" * 40, "1" * 40)


@pytest.mark.parametrize(
    ("to", "code", "words"),
    [(("a",), "usage", "a is this town itself"), (("b", "x/y"), "usage", "cannot be a town's name")],
)
def test_a_bead_cannot_be_slung_to_what_is_no_other_town(towns, to, code, words):
    towns["a"].create("ap-1")
    found = refusal(towns["a"].sling("ap-1", *to))
    assert found.code == code
    assert words in found.reason


def test_a_bead_of_no_rig_needs_one_named_there(towns):
    towns["a"].happened("bead/hq-1", bead.BeadCreated(title="do"))
    assert refusal(towns["a"].sling("hq-1", "b")).hint == "name one: gt sling hq-1 --to b/RIG"
    towns["a"].sling("hq-1", "b", rig="app")
    towns.settle()
    assert isinstance(towns["b"].phase("a.hq-1"), Working)
    assert towns["a"].state.beads["hq-1"].rig == ""


def test_a_town_that_is_no_member_sends_nothing(towns):
    towns["a"].create("ap-1")
    towns["a"].tell(LeaveHub())
    assert refusal(towns["a"].sling("ap-1", "b")).hint == "gt join INVITATION"
