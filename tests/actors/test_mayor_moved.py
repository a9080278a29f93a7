"""The Mayor's rules for a town that goes on elsewhere."""

from typing import Any

import msgspec
import pytest

from gastown.actors.commands import mayor as told
from gastown.actors.commands.command import Owner
from gastown.actors.effects import FindLandings, Tell
from gastown.actors.mayor import ROLE
from gastown.actors.mayor.phases import Landed, Open, Slung
from gastown.events import agent, bead, gate, rig

MAYOR = Owner("mayor", "town")
CONFIG = rig.RigConfig(origin="/o", target="main", landing="main", prefix="ap")
BASE = [
    ("rig/app", rig.RigAdded(config=CONFIG)),
    ("agent/sh", agent.AgentAdded(spec=agent.AgentSpec(name="sh", vendor="shell", command="true"))),
]
RESTORED = told.MoveRig(rig="app", mark="k7xq", reason="restored", since="5" * 40)
FORKED = told.MoveRig(rig="app", mark="k7xq", reason="forked", detach=True)


def created(key: str) -> tuple[str, Any]:
    return f"bead/{key}", bead.BeadCreated(title=f"do {key}", rig="app")


def found(key: str, session: str) -> told.FoundLanding:
    return told.FoundLanding(bead=key, submission=f"app.{session}", commit="7" * 40, target_commit="8" * 40)


def report(*landings: told.FoundLanding) -> told.ReportLandings:
    return told.ReportLandings(rig="app", found=landings)


def searches(one: Any) -> list[FindLandings]:
    return [effect for effect in one.due().values() if isinstance(effect, FindLandings)]


@pytest.fixture
def town(spec):
    return lambda *happened: spec(ROLE, MAYOR, [*BASE, *happened])


def sling(*keys: str) -> told.SlingBeads:
    return told.SlingBeads(beads=keys, convoy="cv-1")


def returned(key: str) -> told.ReportAttempt:
    return told.ReportAttempt(bead=key, session=f"{key}-1", outcome="interrupted", reason="restored")


def test_a_restored_rig_starts_nothing_before_its_target_was_searched(town):
    one = town(created("ap-1")).when(RESTORED).then_events(rig.RigMoved, rig.RigHeld)
    one.when(sling("ap-1"))
    assert isinstance(one.state.beads["ap-1"].phase, Slung)
    (search,) = searches(one)
    assert (search.rig, search.since) == ("app", "5" * 40)

    one.when(report()).then_events(rig.LandingsFound, rig.RigFreed, bead.BeadAssigned)
    assert one.decision[-1].event.session == "ap-1-1-k7xq"
    assert searches(one) == []


def test_a_rig_that_is_given_another_origin_is_searched_there(town):
    one = town().when(RESTORED)
    (before,) = searches(one)
    one.when(told.ChangeRig(rig="app", config=rig.RigConfig(origin="/p", target="main", landing="main", prefix="ap")))
    (after,) = searches(one)
    assert before.key != after.key


def test_told_twice_it_moves_once_and_searches_once(town):
    one = town().when(RESTORED).when(RESTORED).then()
    one.when(report()).when(report()).then()


def test_a_rig_that_a_person_paused_stays_paused(town):
    one = town().when(told.PlaceHold(cause="pause", rig="app", reason="holiday")).when(RESTORED)
    one.then_events(rig.RigMoved, rig.RigHeld)
    one.when(report()).then_events(rig.LandingsFound, rig.RigFreed)
    assert set(one.state.rigs["app"].holds.now) == {"pause"}


def test_what_landed_behind_the_logs_back_is_done_wherever_it_stood(town):
    one = town(*(created(f"ap-{number}") for number in range(1, 5))).when(sling("ap-2", "ap-3"))
    one.when(told.CloseBead(bead="ap-4")).when(RESTORED).when(returned("ap-2"))
    landings = [found(f"ap-{number}", f"ap-{number}-7") for number in (1, 2, 3, 4, 9)]
    one.when(report(*landings))
    assert [change.entity.id for change in one.decision if isinstance(change.event, bead.BeadLanded)] == [
        "ap-1",
        "ap-2",
        "ap-3",
    ]
    assert all(isinstance(one.state.beads[f"ap-{number}"].phase, Landed) for number in (1, 2, 3))
    one.when(returned("ap-3")).then_events(gate.TurnSettled)
    one.when(returned("ap-3")).then()


def test_a_landing_that_the_log_knows_and_a_person_undid_is_not_taken_for_a_new_one(town):
    one = town(created("ap-1")).when(sling("ap-1"))
    one.when(told.ReportAttempt(bead="ap-1", session="ap-1-1", outcome="submitted", reason="", submission="app.ap-1-1"))
    one.when(
        told.ReportLanded(
            bead="ap-1", session="ap-1-1", submission="app.ap-1-1", commit="7" * 40, target_commit="8" * 40
        )
    )
    one.when(told.ReopenBead(bead="ap-1")).when(RESTORED).when(report(found("ap-1", "ap-1-1")))
    one.then_events(rig.LandingsFound, rig.RigFreed)
    assert isinstance(one.state.beads["ap-1"].phase, Open)


def test_what_landed_as_another_submission_takes_the_one_under_way_back(town):
    one = town(created("ap-1")).when(sling("ap-1"))
    submitted = told.ReportAttempt(
        bead="ap-1", session="ap-1-1", outcome="submitted", reason="", submission="app.ap-1-1"
    )
    one.when(submitted).when(RESTORED).when(report(found("ap-1", "ap-1-2")))
    assert one.state.beads["ap-1"].phase == Landed(submission="app.ap-1-1")
    assert isinstance(one.due()["tell:withdraw:app.ap-1-1"], Tell)
    back = told.ReportRefused(
        bead="ap-1", session="ap-1-1", submission="app.ap-1-1", outcome="withdrawn", charge="none", reason="done",
        tail="", commit="7" * 40, base="1" * 40,
    )  # fmt: skip
    one.when(back).then_events(bead.BeadReturned)
    assert one.state.beads["ap-1"].phase == Landed()
    assert "tell:withdraw:app.ap-1-1" not in one.due()


def test_a_forked_rig_has_no_origin_and_does_not_go_on_without_one(town):
    one = town(created("ap-1")).when(FORKED).then_events(rig.RigMoved, rig.RigChanged, rig.RigHeld)
    assert one.state.rigs["app"].config.origin == ""
    assert searches(one) == []
    one.when(told.LiftHold(cause="pause", rig="app")).rejected("refused", "no origin")
    one.when(told.ChangeRig(rig="app", config=CONFIG)).when(told.LiftHold(cause="pause", rig="app")).then_events(
        rig.RigFreed
    )
    one.when(sling("ap-1"))
    assert one.decision[-1].event.session == "ap-1-1-k7xq"


@pytest.mark.parametrize("bare", [True, False])
def test_commits_that_stayed_where_the_town_was_lost_are_not_gone_on_from(town, bare):
    one = town(created("ap-1")).when(sling("ap-1"))
    one.when(msgspec.structs.replace(RESTORED, bare=bare))
    one.when(
        told.ReportAttempt(
            bead="ap-1", session="ap-1-1", outcome="red", reason="exit 1", commit="7" * 40, base="1" * 40
        )
    )
    one.when(report())
    (assigned,) = (message.command for message in one.due()["tell:assign:ap-1-2-k7xq"].messages)
    assert (assigned.earlier is None) == bare
    one.when(
        told.ReportAttempt(
            bead="ap-1", session="ap-1-2-k7xq", outcome="red", reason="exit 1", commit="8" * 40, base="1" * 40
        )
    )
    (assigned,) = (message.command for message in one.due()["tell:assign:ap-1-3-k7xq"].messages)
    assert assigned.earlier.commit == "8" * 40
