"""The Refinery's rules."""

from typing import Any

import pytest

from gastown.actors.commands import refinery as told
from gastown.actors.commands.command import Owner
from gastown.actors.commands.mayor import PlaceHold, ReportLanded, ReportRefused
from gastown.actors.effects import LandCandidate, ProveCandidate, Tell
from gastown.actors.refinery import ROLE
from gastown.events import submission as facts
from gastown.events.target import QueueFreed, QueueHeld, QueuePaused, QueueResumed, TargetMoved

RIG = Owner("refinery", "app")
ONE, TWO = "app.ap-1-1", "app.ap-2-1"


def submit(key: str = ONE, priority: int = 2) -> told.Submit:
    session = key.partition(".")[2]
    bead = session.rpartition("-")[0]
    return told.Submit(
        submission=key, rig="app", bead=bead, session=session, title="t", commit="c", base="b", priority=priority
    )


def proven(key: str = ONE, number: int = 1, land: Any = "push") -> told.ReportProven:
    return told.ReportProven(submission=key, number=number, base="b1", candidate="k1", land=land)


def broke(number: int) -> told.ReportBroke:
    return told.ReportBroke(submission=ONE, number=number, what="gate unit", reason="exit 127", at=100.0)


@pytest.fixture
def queue(spec):
    return lambda *keys: [begun := spec(ROLE, RIG), *[begun.when(submit(key)) for key in keys]][0]


def held(depth: Any, number: int, resumed: int = 0) -> told.HoldQueue:
    return told.HoldQueue(rig="app", number=number, depth=depth, resumed=resumed)


def proofs(begun) -> list[ProveCandidate]:
    return [effect for effect in begun.due().values() if isinstance(effect, ProveCandidate)]


def told_mayor(begun) -> Any:
    (tell,) = [effect for effect in begun.due().values() if isinstance(effect, Tell)]
    return tell.messages[0].command


def test_a_submission_is_queued_once_also_after_it_was_settled(queue):
    begun = queue(ONE).when(submit()).then_events()
    begun.when(told.ReportLanding(submission=ONE, target_commit="t"))
    begun.when(told.SettleSubmission(submission=ONE)).then_events(facts.SubmissionSettled)
    begun.when(submit()).then_events()


def test_one_proof_at_a_time_highest_priority_first_then_first_come(spec):
    begun = spec(ROLE, RIG).when(submit(ONE)).when(submit(TWO)).when(submit("app.ap-3-1", priority=0))
    (proof,) = proofs(begun)
    assert proof.submission == "app.ap-3-1"


def test_the_intent_is_written_with_the_proof_and_nothing_else_is_proven_until_it_is_settled(queue):
    begun = queue(ONE, TWO).when(proven()).then_events(facts.CandidateProven, facts.LandingIntended)
    assert not proofs(begun)
    (land,) = [effect for effect in begun.due().values() if isinstance(effect, LandCandidate)]
    assert (land.expected, land.candidate) == ("b1", "k1")


def test_a_landing_is_told_to_the_mayor_before_it_is_forgotten(queue):
    begun = queue(ONE).when(proven())
    begun.when(told.ReportLanding(submission=ONE, target_commit="k1")).then_events(facts.SubmissionLanded)
    assert told_mayor(begun) == ReportLanded(
        bead="ap-1", session="ap-1-1", submission=ONE, commit="c", target_commit="k1"
    )
    begun.when(told.SettleSubmission(submission=ONE))
    assert not begun.due()


def test_a_bead_that_landed_by_another_submission_has_landed_and_this_one_never_does(queue):
    report = told.ReportOvertaken(submission=ONE, number=1, by="app.ap-1-9", commit="c9", target_commit="t9")
    begun = queue(ONE, TWO).when(report)
    begun.then_events(facts.SubmissionOvertaken)
    landed = ReportLanded(bead="ap-1", session="ap-1-1", submission=ONE, commit="c9", target_commit="t9")
    assert told_mayor(begun) == landed
    assert [proof.submission for proof in proofs(begun)] == [TWO]
    begun.when(report).then()
    begun.when(told.SettleSubmission(submission=ONE)).then_events(facts.SubmissionSettled)


def test_a_lost_race_is_proven_anew_with_a_new_key(queue):
    begun = queue(ONE)
    first = proofs(begun)[0].key
    begun.when(proven())
    raced = told.ReportRaced(submission=ONE, expected="b1", found="b2")
    begun.when(raced).then_events(facts.LandingRaced, TargetMoved)
    assert proofs(begun)[0].key != first
    begun.when(raced).then_events()


def test_a_late_report_of_an_earlier_proof_changes_nothing(queue):
    begun = queue(ONE).when(proven()).when(told.ReportRaced(submission=ONE, expected="b1", found="b2"))
    begun.when(proven(number=1)).then_events()
    begun.when(told.ReportConflicted(submission=ONE, number=1, base="b", files=("f",))).then_events()


@pytest.mark.parametrize(
    ("report", "outcome", "charge"),
    [
        (told.ReportConflicted(submission=ONE, number=1, base="b", files=("a.py",)), "conflicted", "conflict"),
        (
            told.ReportRed(submission=ONE, number=1, base="b", candidate="k", gate="unit", exit_code=1, tail="boom"),
            "red",
            "red_gate",
        ),
    ],
)
def test_red_and_conflicting_go_back_to_a_worker(queue, report, outcome, charge):
    command = told_mayor(queue(ONE).when(report))
    assert isinstance(command, ReportRefused)
    assert (command.outcome, command.charge) == (outcome, charge)


def test_a_red_target_is_blamed_on_nobody_and_pauses_the_queue(queue):
    red = told.ReportRed(
        submission=ONE, number=1, base="b", candidate="k", gate="unit", exit_code=1, tail="", base_red=True
    )
    begun = queue(ONE).when(red).then_events(facts.ProofBroke, QueuePaused)
    assert not proofs(begun)
    assert isinstance(told_mayor(begun), PlaceHold)
    begun.when(held("", 1, resumed=1)).then_events(QueueResumed)
    assert proofs(begun)[0].number == 2


def test_a_broken_proof_is_tried_again_after_a_wait_and_then_pauses_the_queue(queue):
    begun = queue(ONE).when(broke(1)).then_events(facts.ProofBroke)
    assert not proofs(begun)
    begun.when(told.RetryProof(submission=ONE, number=1)).when(broke(2)).then_events(facts.ProofBroke)
    begun.when(told.RetryProof(submission=ONE, number=2)).when(broke(3)).then_events(facts.ProofBroke, QueuePaused)


def test_a_broken_proof_lets_the_next_in_the_queue_go_first(queue):
    begun = queue(ONE, TWO).when(broke(1))
    assert proofs(begun)[0].submission == TWO


def test_a_refused_landing_pauses_the_queue_and_is_proven_anew_when_it_resumes(queue):
    begun = queue(ONE).when(proven())
    refused = told.ReportLandingRefused(submission=ONE, reason="protected branch")
    begun.when(refused).then_events(facts.LandingRefused, QueuePaused)
    begun.when(held("", 1, resumed=1))
    assert proofs(begun)[0].number == 2


def test_where_the_rig_holds_a_person_approves(queue):
    begun = queue(ONE).when(proven(land="hold")).then_events(facts.CandidateProven)
    assert not any(isinstance(effect, LandCandidate) for effect in begun.due().values())
    begun.when(told.Approve(submission=ONE)).then_events(facts.LandingApproved, facts.LandingIntended)


def test_an_approval_given_early_holds(queue):
    begun = queue(ONE).when(told.Approve(submission=ONE)).when(proven(land="hold"))
    begun.then_events(facts.CandidateProven, facts.LandingIntended)


def test_for_a_pull_request_the_candidate_is_proposed_and_watched_until_it_is_on_the_target(queue):
    begun = queue(ONE, TWO).when(proven(land="branch"))
    assert f"propose:{ONE}:1" in begun.due()
    begun.when(told.ReportProposed(submission=ONE, branch="gastown/ap-1-1", candidate="k1"))
    assert f"watch:{ONE}:1" in begun.due()
    assert proofs(begun)[0].submission == TWO
    begun.when(told.ReportLanding(submission=ONE, target_commit="m")).then_events(facts.SubmissionLanded)


def test_what_may_have_landed_cannot_be_withdrawn(queue):
    begun = queue(ONE).when(proven())
    begun.when(told.WithdrawSubmission(submission=ONE, reason="unslung")).then_events()


def test_what_is_queued_can_be_withdrawn(queue):
    begun = queue(ONE).when(told.WithdrawSubmission(submission=ONE, reason="unslung"))
    begun.then_events(facts.SubmissionWithdrawn)
    assert told_mayor(begun).outcome == "withdrawn"


def test_an_unknown_submission_cannot_be_approved(queue):
    queue().when(told.Approve(submission=ONE)).rejected("unknown", ONE)


def test_held_it_proves_nothing_new_and_lands_what_is_proven(queue):
    begun = queue(ONE, TWO)
    begun.when(held("pause", 1)).then(("target/app", QueueHeld(number=1, depth="pause")))
    assert not proofs(begun)
    begun.when(proven()).then_events(facts.CandidateProven, facts.LandingIntended)  # it was under way
    assert f"land:{ONE}:1" in begun.due()
    begun.when(told.ReportLanding(submission=ONE, target_commit="m"))
    assert not proofs(begun)
    begun.when(held("", 2)).then(("target/app", QueueFreed(number=2)))
    assert proofs(begun)[0].submission == TWO


def test_stopped_it_touches_nothing_and_goes_on_where_it_was(queue):
    begun = queue(ONE, TWO).when(proven())
    before = begun.due()
    begun.when(held("stop", 1)).then_events(QueueHeld)
    assert begun.due() == {}
    begun.when(held("", 2)).then_events(QueueFreed)
    assert begun.due() == before


def test_stopped_it_still_tells_how_a_submission_ended(queue):
    begun = queue(ONE).when(held("stop", 1)).when(told.WithdrawSubmission(submission=ONE, reason="unslung"))
    assert told_mayor(begun).outcome == "withdrawn"


@pytest.mark.parametrize("word", [held("stop", 3), held("", 2), held("stop", 1)])
def test_a_word_that_is_no_news_or_not_the_last_changes_nothing(queue, word):
    queue(ONE).when(held("stop", 3)).when(word).then_events()


def test_trouble_of_the_queue_ends_only_when_a_person_has_resumed_just_that(queue):
    begun = queue(ONE).when(proven()).when(told.ReportLandingRefused(submission=ONE, reason="protected"))
    begun.when(held("pause", 1)).then_events(QueueHeld)
    begun.when(held("", 2)).then_events(QueueFreed)
    assert not proofs(begun)
    assert isinstance(told_mayor(begun), PlaceHold)
    begun.when(held("", 3, resumed=1)).then_events(QueueResumed)
    assert proofs(begun)[0].number == 2
