"""The Mayor's rules."""

from typing import Any

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from gastown.actors.commands import accounts
from gastown.actors.commands import mayor as told
from gastown.actors.commands.command import Owner
from gastown.actors.effects import Tell
from gastown.actors.kernel.role import Change, Rejected
from gastown.actors.mayor import ROLE
from gastown.actors.mayor.phases import Blocked, Closed, Open, Slung, Submitted, Working
from gastown.events import agent, bead, convoy, gate, rig, settings
from gastown.events.ids import Entity

MAYOR = Owner("mayor", "town")
CONFIG = rig.RigConfig(origin="/o", target="main", landing="main", prefix="ap")
BASE = [
    ("rig/app", rig.RigAdded(config=CONFIG)),
    ("agent/sh", agent.AgentAdded(spec=agent.AgentSpec(name="sh", vendor="shell", command="true"))),
]


def created(key: str, *needs: str, priority: int = 2) -> tuple[str, Any]:
    return f"bead/{key}", bead.BeadCreated(title=f"do {key}", rig="app", needs=needs, priority=priority)


@pytest.fixture
def town(spec):
    return lambda *happened: spec(ROLE, MAYOR, [*BASE, *happened])


def sling(*keys: str) -> told.SlingBeads:
    return told.SlingBeads(beads=keys, convoy="cv-1")


def working(town, key="ap-1", *more):
    return town(created(key), *more).when(sling(key))


def attempt(key="ap-1", session="ap-1-1", outcome="failed", **fields) -> told.ReportAttempt:
    return told.ReportAttempt(bead=key, session=session, outcome=outcome, reason="it said so", **fields)


def test_a_created_bead_gets_an_id_with_the_prefix_of_its_rig(town):
    told_it = told.CreateBead(title="Fix login", rig="app", creator="me", created_ns=7)
    events = town().when(told_it).decision
    assert isinstance(events, tuple)
    assert events[0].entity.id.startswith("ap-")
    assert len(events[0].entity.id) == len("ap-") + 3


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (told.CreateBead(title="  "), "usage", "title"),
        (told.CreateBead(title="x" * 501), "usage", "500"),
        (told.CreateBead(title="x", priority=5), "usage", "priority 5"),
        (told.CreateBead(title="x", rig="nope"), "unknown", "nope"),
        (told.CreateBead(title="x", needs=("ap-9",)), "unknown", "ap-9"),
        (told.CreateBead(title="x", description="y" * (4 * 1024 * 1024 + 1)), "usage", "4 MiB"),
        (told.CloseBead(bead="ap-9"), "unknown", "ap-9"),
        (told.SlingBeads(beads=("ap-9",)), "unknown", "ap-9"),
        (told.RetryBead(bead="ap-9"), "unknown", "ap-9"),
        (told.ExtendConvoy(convoy="cv-9", beads=()), "unknown", "cv-9"),
        (told.LiftHold(cause="pause", rig="nope"), "unknown", "nope"),
        (told.PlaceHold(cause="estop", rig="nope", reason="r"), "unknown", "nope"),
        (accounts.RemoveAgent(agent="nope"), "unknown", "nope"),
        (told.ChangeSetting(name="nope", value=1), "unknown", "nope"),
        (told.ChangeSetting(name="limit.red_gates", value=0), "usage", "limit.red_gates"),
        (told.ChangeSetting(name="disk.min_free", value=1024), "usage", "16 MB"),
        (told.AddRig(rig="app", config=CONFIG), "taken", "app"),
        (told.AddRig(rig="b", config=CONFIG), "taken", "prefix"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(town, command, code, words):
    town().when(command).rejected(code, words)


def test_a_cycle_of_needs_is_refused_however_long(town):
    beads = town(created("ap-1"), created("ap-2", "ap-1"), created("ap-3", "ap-2"))
    beads.when(told.UpdateBead(bead="ap-1", add_needs=("ap-3",))).rejected("refused", "ap-3")
    beads.when(told.UpdateBead(bead="ap-1", add_needs=("ap-1",))).rejected("refused", "ap-1")


def test_sling_opens_a_convoy_and_gives_the_bead_a_place(town):
    working(town).then(
        ("convoy/cv-1", convoy.ConvoyOpened(title="do ap-1", beads=("ap-1",))),
        ("bead/ap-1", bead.BeadSlung(rig="app", convoy="cv-1")),
        ("bead/ap-1", bead.BeadAssigned(session="ap-1-1", number=1, agent="sh", account="agent.sh")),
    )


def test_sling_is_all_or_nothing(town):
    beads = town(created("ap-1"), created("ap-2")).when(sling("ap-2"))
    beads.when(sling("ap-1", "ap-2")).rejected("taken", "ap-2")
    assert isinstance(beads.state.beads["ap-1"].phase, Open)


def test_one_decision_stays_small_enough_for_one_atomic_batch(town):
    keys = [f"ap-{number:04}" for number in range(900)]
    beads = town(("settings/town", settings.SettingChanged(name="max_polecats", value=0)), *map(created, keys))
    beads.when(sling(*keys)).rejected("usage", "900 beads")
    for first in (0, 300, 600):
        beads.when(told.SlingBeads(beads=tuple(keys[first : first + 300]), convoy=f"cv-{first}"))
    beads.when(told.ChangeSetting(name="max_polecats", value=900))
    assert len({change.entity for change in beads.decision}) <= 1000
    report = told.ReportStarted(bead=keys[0], session=f"{keys[0]}-1", polecat="nux")
    beads.when(report)  # the next decision goes on with the rest
    assert len({change.entity for change in beads.decision}) > 100


def test_without_an_agent_nothing_can_be_slung(spec):
    spec(ROLE, MAYOR, [BASE[0], created("ap-1")]).when(sling("ap-1")).rejected("refused", "no agent")


def test_a_bead_waits_for_its_needs_and_starts_by_itself(town):
    beads = town(created("ap-1"), created("ap-2", "ap-1")).when(sling("ap-1", "ap-2"))
    assert isinstance(beads.state.beads["ap-2"].phase, Slung)
    submit(beads, "ap-1")
    beads.when(landed("ap-1")).then_events(bead.BeadLanded, bead.BeadAssigned)
    assert isinstance(beads.state.beads["ap-2"].phase, Working)


def submit(beads, key, session=None):
    session = session or f"{key}-1"
    return beads.when(attempt(key, session, "submitted", submission=f"app.{session}", commit="c", base="b"))


def landed(key, session=None) -> told.ReportLanded:
    session = session or f"{key}-1"
    return told.ReportLanded(bead=key, session=session, submission=f"app.{session}", commit="c", target_commit="t")


def test_the_end_of_a_submission_may_be_told_before_the_submission(town):
    beads = town(created("ap-1")).when(sling("ap-1"))
    beads.when(refused("conflict")).then_events(bead.BeadSubmitted, bead.BeadReturned, bead.BeadAssigned)
    submit(beads, "ap-1").then_events(gate.TurnSettled)
    beads.when(landed("ap-1", "ap-1-2")).then_events(bead.BeadSubmitted, bead.BeadLanded, convoy.ConvoyCompleted)
    submit(beads, "ap-1", "ap-1-2").then_events(gate.TurnSettled)
    submit(beads, "ap-1", "ap-1-2").then()


def test_places_go_by_priority_and_then_by_age(town):
    beads = town(
        ("settings/town", settings.SettingChanged(name="max_polecats", value=1)),
        created("ap-1"),
        created("ap-2"),
        created("ap-3", priority=0),
    )
    beads.when(sling("ap-2", "ap-1", "ap-3"))
    order = []
    for _ in range(3):
        (key,) = [key for key, one in beads.state.beads.items() if isinstance(one.phase, Working)]
        order.append(key)
        beads.when(told.CloseBead(bead=key))
        beads.when(attempt(key, f"{key}-1", "withdrawn"))
    assert order == ["ap-3", "ap-1", "ap-2"]


def test_a_convoy_is_done_when_all_of_it_is_landed_or_closed(town):
    beads = town(created("ap-1"), created("ap-2")).when(sling("ap-1", "ap-2"))
    submit(beads, "ap-1")
    beads.when(landed("ap-1")).then_events(bead.BeadLanded)
    beads.when(told.CloseBead(bead="ap-2", reason="not wanted")).then_events(bead.BeadClosed, convoy.ConvoyCompleted)
    beads.when(told.ReopenBead(bead="ap-1")).then_events(bead.BeadReopened, convoy.ConvoyReopened)


def test_failed_runs_are_retried_up_to_the_limit_then_a_person_is_asked(town):
    beads = working(town)
    beads.when(attempt(session="ap-1-1")).then_events(bead.BeadReturned, bead.BeadAssigned)
    beads.when(attempt(session="ap-1-2", outcome="no_commits")).then_events(bead.BeadReturned, bead.BeadAssigned)
    beads.when(attempt(session="ap-1-3", outcome="timed_out")).then_events(bead.BeadReturned, bead.BeadBlocked)
    assert isinstance(beads.state.beads["ap-1"].phase, Blocked)
    assert "tell:raise:ap-1.1" in beads.due()
    beads.when(told.RetryBead(bead="ap-1")).then_events(bead.BeadRetried, bead.BeadAssigned)
    assert "tell:lower:ap-1.1" in beads.due()


@pytest.mark.parametrize("outcome", ["interrupted", "setup_broke", "start_broke"])
def test_what_the_town_or_the_rig_did_counts_against_no_bead(town, outcome):
    beads = working(town)
    for number in range(1, 7):
        beads.when(told.LiftHold(cause="pause", rig="app"))
        beads.when(attempt(session=f"ap-1-{number}", outcome=outcome))
    assert beads.state.beads["ap-1"].failed_runs == 0
    assert not isinstance(beads.state.beads["ap-1"].phase, Blocked)


def test_sessions_that_start_and_are_broken_then_are_counted_too(town):
    """A host that fails on each of them would otherwise begin the next for ever."""
    beads = working(town)
    for number in range(1, 4):
        beads.when(told.ReportStarted(bead="ap-1", session=f"ap-1-{number}", polecat="nux"))
        beads.when(attempt(session=f"ap-1-{number}", outcome="start_broke"))
    assert "pause" in beads.state.rigs["app"].holds.now


def test_a_session_that_worked_begins_the_count_of_broken_ones_anew(town):
    beads = working(town)
    for number, outcome in enumerate(("start_broke", "start_broke", "interrupted", "start_broke", "start_broke"), 1):
        beads.when(attempt(session=f"ap-1-{number}", outcome=outcome))
    assert not beads.state.rigs["app"].holds.now


def test_a_rig_that_breaks_three_sessions_in_a_row_is_paused(town):
    beads = working(town)
    beads.when(attempt(session="ap-1-1", outcome="setup_broke"))
    beads.when(attempt(session="ap-1-2", outcome="setup_broke"))
    beads.when(attempt(session="ap-1-3", outcome="setup_broke")).then_events(bead.BeadReturned, rig.RigHeld)
    assert {"tell:hold:app.1", "tell:raise:rig.app.pause.1"} <= beads.due().keys()
    beads.when(told.LiftHold(cause="pause", rig="app")).then_events(rig.RigFreed, bead.BeadAssigned)


def test_the_next_attempt_starts_from_the_commits_of_the_last(town):
    beads = working(town)
    beads.when(attempt(session="ap-1-1", commit="c1", base="b1"))
    assign = beads.due()["tell:assign:ap-1-2"]
    assert isinstance(assign, Tell)
    earlier = assign.messages[0].command.earlier
    assert (earlier.session, earlier.commit, earlier.base) == ("ap-1-1", "c1", "b1")


def refused(charge: Any, session="ap-1-1") -> told.ReportRefused:
    return told.ReportRefused(
        bead="ap-1",
        session=session,
        submission=f"app.{session}",
        outcome="red",
        charge=charge,
        reason="gate unit is red",
        tail="boom",
        commit="c",
        base="b",
    )


@pytest.mark.parametrize(("charge", "limit"), [("red_gate", 3), ("conflict", 10)])
def test_red_gates_and_conflicts_have_limits_of_their_own(town, charge, limit):
    beads = working(town)
    for number in range(1, limit + 1):
        submit(beads, "ap-1", f"ap-1-{number}")
        beads.when(refused(charge, f"ap-1-{number}"))
    beads.then_events(bead.BeadReturned, bead.BeadBlocked)


def test_a_report_told_twice_changes_nothing(town):
    beads = working(town)
    beads.when(attempt(session="ap-1-1")).then_events(bead.BeadReturned, bead.BeadAssigned)
    beads.when(attempt(session="ap-1-1")).then_events()
    submit(beads, "ap-1", "ap-1-2")
    submit(beads, "ap-1", "ap-1-2").then_events()
    beads.when(landed("ap-1", "ap-1-2"))
    beads.when(landed("ap-1", "ap-1-2")).then_events()
    beads.when(refused("red_gate", "ap-1-2")).then_events()


def test_an_unslung_bead_keeps_its_place_until_its_session_has_ended(town):
    beads = working(town).when(told.UnslingBead(bead="ap-1")).then_events(bead.BeadUnslung)
    assert list(beads.due()) == ["hold:0", "tell:stop:ap-1-1"]
    beads.when(attempt(outcome="withdrawn")).then_events(bead.BeadReturned)
    assert beads.state.beads["ap-1"].phase == Open()
    assert list(beads.due()) == ["hold:0"]


def test_a_submitted_bead_is_taken_back_from_the_refinery(town):
    beads = submit(working(town), "ap-1").when(told.UnslingBead(bead="ap-1"))
    assert list(beads.due()) == ["hold:0", "tell:withdraw:app.ap-1-1"]
    beads.when(landed("ap-1")).then_events(bead.BeadLanded, convoy.ConvoyCompleted)


def test_closing_a_running_bead_stops_its_session_and_releases_its_dependents(town):
    beads = town(created("ap-1"), created("ap-2", "ap-1")).when(sling("ap-1", "ap-2"))
    beads.when(told.CloseBead(bead="ap-1", reason="obsolete")).then_events(bead.BeadClosed, bead.BeadAssigned)
    assert "tell:stop:ap-1-1" in beads.due()
    beads.when(attempt(outcome="withdrawn")).then_events(bead.BeadReturned)
    assert beads.state.beads["ap-1"].phase == Closed()


def test_a_bead_that_was_closed_keeps_its_place_until_its_session_has_ended(town):
    one_place = ("settings/town", settings.SettingChanged(name="max_polecats", value=1))
    beads = town(one_place, created("ap-1"), created("ap-2")).when(sling("ap-1", "ap-2"))
    beads.when(told.CloseBead(bead="ap-1", session="ap-1-1")).then_events(bead.BeadClosed)
    beads.when(attempt(outcome="withdrawn")).then_events(bead.BeadReturned, bead.BeadAssigned)
    assert isinstance(beads.state.beads["ap-2"].phase, Working)


def test_a_bead_that_was_blocked_before_takes_one_place_like_any_other(town):
    two_places = ("settings/town", settings.SettingChanged(name="max_polecats", value=2))
    beads = town(two_places, created("ap-1"), created("ap-2")).when(sling("ap-1"))
    for number in (1, 2, 3):
        beads.when(attempt(session=f"ap-1-{number}"))
    beads.when(told.RetryBead(bead="ap-1")).then_events(bead.BeadRetried, bead.BeadAssigned)
    beads.when(told.SlingBeads(beads=("ap-2",), convoy="cv-2"))
    beads.then_events(convoy.ConvoyOpened, bead.BeadSlung, bead.BeadAssigned)


def test_a_session_cannot_close_its_bead_over_commits_that_have_not_landed(town):
    working(town).when(told.CloseBead(bead="ap-1", session="ap-1-1", unlanded=2)).rejected("refused", "2 commits")


@pytest.mark.parametrize(("by", "itself"), [("ap-1-1", True), ("", False)])
def test_the_session_of_a_closed_bead_is_told_whether_that_was_its_own_word(town, by, itself):
    beads = working(town).when(told.CloseBead(bead="ap-1", session=by))
    (message,) = beads.due()["tell:stop:ap-1-1"].messages
    assert message.command.by_worker is itself


def test_a_submission_for_a_bead_that_was_closed_meanwhile_is_withdrawn(town):
    beads = working(town).when(told.CloseBead(bead="ap-1"))
    submit(beads, "ap-1").then_events(bead.BeadSubmitted)
    assert "tell:withdraw:app.ap-1-1" in beads.due()
    beads.when(refused("none"))
    assert beads.state.beads["ap-1"].phase == Closed()


def test_a_deferred_bead_is_open_again_and_an_escalated_one_waits_for_a_person(town):
    beads = working(town).when(attempt(outcome="deferred"))
    beads.then_events(bead.BeadReturned, bead.BeadUnslung)
    assert beads.state.beads["ap-1"].phase == Open()
    beads.when(sling("ap-1")).when(attempt(session="ap-1-2", outcome="escalated"))
    assert beads.state.beads["ap-1"].phase == Blocked(reason="it said so", escalated=True, number=1)


def test_a_bead_that_was_taken_back_is_open_however_its_session_ends(town):
    beads = working(town).when(told.UnslingBead(bead="ap-1")).when(attempt(outcome="escalated"))
    beads.then_events(bead.BeadReturned)
    assert beads.state.beads["ap-1"].phase == Open()


def test_an_agent_that_slung_beads_count_on_cannot_be_removed(town):
    working(town).when(accounts.RemoveAgent(agent="sh")).rejected("refused", "count on sh")


def test_a_rig_with_slung_beads_cannot_be_removed(town):
    working(town).when(told.RemoveRig(rig="app")).rejected("refused", "slung")


def test_a_rig_cannot_be_removed_while_the_session_of_a_closed_bead_still_runs(town):
    beads = working(town).when(told.CloseBead(bead="ap-1"))
    beads.when(told.RemoveRig(rig="app")).rejected("refused", "slung")
    beads.when(attempt(outcome="withdrawn")).when(told.RemoveRig(rig="app")).then_events(rig.RigRemoved)


KEYS = ("ap-1", "ap-2", "ap-3")
commands = st.one_of(
    st.builds(lambda keys: told.SlingBeads(beads=tuple(keys), convoy="cv-x"), st.lists(st.sampled_from(KEYS))),
    st.builds(lambda key: told.UnslingBead(bead=key), st.sampled_from(KEYS)),
    st.builds(lambda key: told.CloseBead(bead=key), st.sampled_from(KEYS)),
    st.builds(lambda key: told.ReopenBead(bead=key), st.sampled_from(KEYS)),
    st.builds(lambda key: told.RetryBead(bead=key), st.sampled_from(KEYS)),
    st.builds(
        lambda key, number, outcome: attempt(key, f"{key}-{number}", outcome),
        st.sampled_from(KEYS),
        st.integers(1, 5),
        st.sampled_from(["failed", "interrupted", "withdrawn", "deferred", "escalated", "setup_broke"]),
    ),
    st.builds(
        lambda key, number: attempt(
            key, f"{key}-{number}", "submitted", submission=f"app.{key}-{number}", commit="c", base="b"
        ),
        st.sampled_from(KEYS),
        st.integers(1, 5),
    ),
    st.builds(lambda key, number: landed(key, f"{key}-{number}"), st.sampled_from(KEYS), st.integers(1, 5)),
    st.builds(
        lambda placed, cause, key: (
            told.PlaceHold(cause=cause, rig=key, reason="r") if placed else told.LiftHold(cause=cause, rig=key)
        ),
        st.booleans(),
        st.sampled_from(["estop", "pause"]),
        st.sampled_from(["", "app"]),
    ),
)


@given_any(st.lists(commands, max_size=60))
def test_whatever_the_mayor_is_told_its_indexes_and_promises_hold(sequence):
    state = ROLE.initial(MAYOR)
    log: list[Change] = []
    for entity, event in [*BASE, created("ap-1"), created("ap-2", "ap-1"), created("ap-3")]:
        kind, _, key = entity.partition("/")
        log.append(Change(Entity(kind, key), event))
        state = ROLE.evolve(state, log[-1])
    for command in sequence:
        decision = ROLE.decide(state, command)
        if isinstance(decision, Rejected):
            continue
        for change in decision:
            log.append(change)
            state = ROLE.evolve(state, change)
    again = ROLE.initial(MAYOR)
    for change in log:
        again = ROLE.evolve(again, change)
    assert again == state
    phases = {key: one.phase for key, one in state.beads.items()}
    assert set(state.slung) == {key for key, phase in phases.items() if isinstance(phase, Slung)}
    assert set(state.active) == {key for key, phase in phases.items() if isinstance(phase, Working | Submitted)}
    at_work = [phase for phase in phases.values() if isinstance(phase, Working | Closed) and phase.session]
    assert len(at_work) <= state.setting("max_polecats")
    keys = [effect.key for effect in ROLE.due(state)]
    assert len(keys) == len(set(keys))
