"""Commits that come along with a bead from another town."""

import pytest
from towns import Towns

from gastown.actors.commands import mayor as told
from gastown.actors.commands.abroad import ReportCommits
from gastown.actors.effects import FetchCommits
from gastown.actors.mayor import ROLE
from gastown.actors.mayor.phases import Blocked, Slung, Working
from gastown.events.bead import BeadReceived, CommitsBrought, CommitsMissed

COMMIT, BASE = "5" * 40, "1" * 40


@pytest.fixture
def towns() -> Towns:
    """Bead ap-1 of a was tried there; what came of it goes along with it to b."""
    made = Towns("a", "b", "c")
    one = made["a"]
    one.create("ap-1")
    one.sling("ap-1")
    session = one.session("ap-1")
    one.tell(told.UnslingBead(bead="ap-1"))
    one.tell(
        told.ReportAttempt(
            bead="ap-1", session=session, outcome="withdrawn", reason="", commit=COMMIT, base=BASE, kept="k"
        )
    )
    one.luggage = f"{COMMIT}.{BASE}"
    one.sling("ap-1", "b")
    made.settle()
    return made


def fetches(town) -> list[FetchCommits]:
    return [effect for effect in ROLE.due(town.state) if isinstance(effect, FetchCommits)]


def report(town, missed="", epoch=1):
    return town.tell(ReportCommits(bead="a.ap-1", epoch=epoch, missed=missed))


def test_nobody_begins_before_they_are_here(towns):
    b = towns["b"]
    assert b.phase("a.ap-1") == Slung()
    (fetch,) = fetches(b)
    assert (fetch.key, fetch.town, fetch.incarnation) == ("fetch:a.ap-1.1", "a", "01a")
    assert (fetch.rig, fetch.name, fetch.commit) == ("app", f"{COMMIT}.{BASE}", COMMIT)
    report(b)
    assert b.facts(CommitsBrought) == [CommitsBrought(epoch=1, commit=COMMIT)]
    assert isinstance(b.phase("a.ap-1"), Working)
    assert fetches(b) == []
    assert report(b) == ()


def test_what_cannot_be_had_is_said_and_the_bead_is_begun_without_it(towns):
    b = towns["b"]
    report(b, "rig app has another history here")
    (missed,) = b.facts(CommitsMissed)
    assert (missed.commit, missed.reason) == (COMMIT, "rig app has another history here")
    assert isinstance(b.phase("a.ap-1"), Working)
    assert fetches(b) == []


def test_whatever_else_comes_is_begun_meanwhile(towns):
    towns["a"].luggage = ""
    for name in ("a", "c"):
        towns[name].create("ap-2")
        towns[name].sling("ap-2", "b")
    towns.settle()
    assert isinstance(towns["b"].phase("a.ap-2"), Working)
    assert isinstance(towns["b"].phase("c.ap-2"), Working)
    assert isinstance(towns["b"].phase("a.ap-1"), Slung)


def test_what_is_said_of_an_earlier_coming_is_old_news(towns):
    assert report(towns["b"], epoch=0) == ()
    assert isinstance(towns["b"].phase("a.ap-1"), Slung)


def test_it_goes_on_to_no_third_town_without_them(towns):
    b = towns["b"]
    b.tell(told.UnslingBead(bead="a.ap-1"))
    b.sling("a.ap-1", "c")
    assert not b.pack()
    report(b)
    assert b.pack()


def test_of_a_rig_that_is_gone_nothing_is_fetched_before_it_is_there_again(towns):
    b = towns["b"]
    b.tell(told.UnslingBead(bead="a.ap-1"))
    b.tell(told.RemoveRig(rig="app"))
    assert fetches(b) == []


def test_it_may_be_closed_meanwhile(towns):
    b = towns["b"]
    b.tell(told.CloseBead(bead="a.ap-1"))
    report(b)
    assert fetches(b) == []
    towns.settle()
    assert towns.hear_all_again() == []


def test_what_was_received_by_a_version_that_fetched_them_at_once_waits_for_nothing(towns):
    b = towns["b"]
    (received,) = b.facts(BeadReceived)
    b.happened(
        "bead/a.ap-9",
        BeadReceived(town="a", epoch=1, position=received.position, rig="app", parcel=received.parcel),
    )
    assert [fetch.bead for fetch in fetches(b)] == ["a.ap-1"]


def test_the_log_tells_it_all(towns):
    report(towns["b"], "lost")
    state = ROLE.initial(told.MAYOR)
    for change in towns["b"].log:
        state = ROLE.evolve(state, change)
    assert state == towns["b"].state
    assert not isinstance(state.beads["a.ap-1"].phase, Blocked)


def moved(town, *, bare):
    return town.tell(told.MoveRig(rig="app", mark="m1", since="", reason="adopted", hint="", bare=bare))


def test_an_adopted_town_fetches_again_what_stayed_on_the_lost_machine(towns):
    b = towns["b"]
    report(b)
    assert isinstance(b.phase("a.ap-1"), Working)
    moved(b, bare=True)
    (fetch,) = fetches(b)
    assert (fetch.key, fetch.incarnation, fetch.commit) == ("fetch:a.ap-1.1", "01a", COMMIT)
    report(b, "it is not there any more")
    assert fetches(b) == []
    assert b.facts(CommitsMissed) == [CommitsMissed(epoch=1, commit=COMMIT, reason="it is not there any more")]


def test_a_restored_town_has_what_was_brought(towns):
    b = towns["b"]
    report(b)
    moved(b, bare=False)
    assert fetches(b) == []


def test_what_this_town_made_of_it_is_what_counts_when_it_is_adopted(towns):
    b = towns["b"]
    report(b)
    session = b.session("a.ap-1")
    b.tell(told.UnslingBead(bead="a.ap-1"))
    b.tell(
        told.ReportAttempt(
            bead="a.ap-1", session=session, outcome="withdrawn", reason="", commit="6" * 40, base=COMMIT, kept="k"
        )
    )
    moved(b, bare=True)
    assert fetches(b) == []
