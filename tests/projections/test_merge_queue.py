from collections.abc import Callable
from typing import Any

import pytest

from gastown.events import submission as facts
from gastown.events.fact import Fact
from gastown.events.target import QueuePaused, QueueResumed
from gastown.projections import merge_queue
from gastown.projections.kernel.store import Store

See = Callable[[], Store]

PROVEN = facts.CandidateProven(number=1, base="b" * 40, candidate="c" * 40)
HELD = facts.CandidateProven(number=1, base="b" * 40, candidate="c" * 40, land="hold")
INTENDED = facts.LandingIntended(expected="b" * 40, candidate="c" * 40)
APPROVED = facts.LandingApproved()
RED = facts.SubmissionRed(base="b" * 40, candidate="c" * 40, gate="test", exit_code=2, tail="1 failed")
BROKE = facts.ProofBroke(number=1, what="gate test", reason="exit 127", tail="not found", retry_at=1_700_000_100.0)


def submitted(tale: Any, key: str, number: int = 1, **said: Any) -> str:
    tale.created(key)
    tale.slung(key)
    tale.started(key, number)
    there: str = tale.submitted(key, number, **said)
    return there


def test_what_is_queued_has_the_fields_that_scripts_rely_on(tale: Any, seen: See) -> None:
    there = submitted(tale, "ap-1", work="2" * 40)
    (row,) = merge_queue.queue(seen())
    assert row == merge_queue.show(seen(), there) | {"place": 1}  # type: ignore[operator]
    assert {name: row[name] for name in ("submission", "bead", "rig", "branch", "commit", "state", "enqueued_at")} == {
        "submission": "app.ap-1-1",
        "bead": "ap-1",
        "rig": "app",
        "branch": "gastown/ap-1-1",
        "commit": "2" * 40,
        "state": "queued",
        "enqueued_at": "2023-11-14T22:13:34.000Z",
    }
    assert (row["candidate"], row["target_commit"], row["landed_at"], row["gates"]) == (None, None, None, [])


@pytest.mark.parametrize(
    ("then", "state", "waits"),
    [
        ([PROVEN], "proven", True),
        ([HELD], "held", True),
        ([HELD, APPROVED], "proven", True),
        ([APPROVED, HELD], "proven", True),
        ([PROVEN, INTENDED], "landing", True),
        ([PROVEN, INTENDED, facts.LandingRaced(found="d" * 40)], "queued", True),
        ([PROVEN, INTENDED, facts.LandingRefused(reason="protected")], "refused", True),
        ([BROKE], "broke", True),
        ([BROKE, facts.ProofRetried()], "queued", True),
        ([PROVEN, facts.ProposalOpened(branch="pr", candidate="c" * 40)], "proposed", True),
        ([PROVEN, INTENDED, facts.SubmissionLanded(commit="2" * 40, target_commit="c" * 40)], "landed", False),
        ([facts.SubmissionConflicted(base="b" * 40, files=("a.py", "b.py"))], "conflicted", False),
        ([RED], "red", False),
        ([facts.SubmissionWithdrawn(reason="unslung")], "withdrawn", False),
    ],
)  # fmt: skip
def test_what_a_submission_becomes(tale: Any, seen: See, then: list[Fact], state: str, waits: bool) -> None:
    there = submitted(tale, "ap-1")
    for fact in then:
        tale.tell("submission", there, fact)
    store = seen()
    shown = merge_queue.show(store, there)
    assert shown
    assert shown["state"] == state
    assert [row["submission"] for row in merge_queue.queue(store)] == ([there] if waits else [])
    assert [row["submission"] for row in merge_queue.ended(store)] == ([] if waits else [there])


@pytest.mark.parametrize("stopped", [[BROKE], [PROVEN, INTENDED, facts.LandingRefused(reason="protected")]])
def test_what_stopped_is_queued_again_when_the_queue_is_resumed(tale: Any, seen: See, stopped: list[Fact]) -> None:
    there = submitted(tale, "ap-1")
    tale.tell("target", "app", QueuePaused(reason="earlier"))
    tale.tell("target", "app", QueueResumed())
    for fact in stopped:
        tale.tell("submission", there, fact)
    tale.tell("target", "app", QueuePaused(reason="stopped"))
    (before,) = merge_queue.queue(seen())
    tale.tell("target", "app", QueueResumed())
    (after,) = merge_queue.queue(seen())
    assert before["state"] in ("broke", "refused")
    assert after["state"] == "queued"


def test_why_a_submission_is_where_it_is(tale: Any, seen: See) -> None:
    there = submitted(tale, "ap-1")
    tale.tell("submission", there, BROKE)
    broke = merge_queue.show(seen(), there)
    assert broke
    assert (broke["reason"], broke["tail"], broke["retry_at"]) == (
        "gate test: exit 127",
        "not found",
        "2023-11-14T22:15:00.000Z",
    )
    tale.tell("submission", there, PROVEN)
    proven = merge_queue.show(seen(), there)
    assert proven
    assert (proven["reason"], proven["tail"], proven["retry_at"], proven["candidate"]) == ("", "", None, "c" * 40)
    tale.tell(
        "submission", there, facts.SubmissionRed(base="", candidate="", gate="test", exit_code=2, tail="1 failed")
    )
    red = merge_queue.show(seen(), there)
    assert red
    assert (red["reason"], red["tail"]) == ("gate test: exit 2", "1 failed")


def test_the_queue_is_in_the_order_in_which_it_will_land(tale: Any, seen: See) -> None:
    for key, priority in (("ap-1", 2), ("ap-2", 0), ("ap-3", 2), ("ap-4", 0)):
        submitted(tale, key, priority=priority)
    rows = merge_queue.queue(seen())
    assert [(row["bead"], row["place"]) for row in rows] == [("ap-2", 1), ("ap-4", 2), ("ap-1", 3), ("ap-3", 4)]
    assert merge_queue.queue(seen(), "other") == []


def test_a_landing_keeps_what_proved_it(tale: Any, seen: See) -> None:
    tale.whole_life("ap-1")
    (row,) = merge_queue.of_bead(seen(), "ap-1")
    assert row["gates"] == [{"name": "test", "seconds": 1.5, "exit_code": 0}]
    assert row["landed_at"] == row["ended_at"]
    assert merge_queue.landed_on(seen(), "app") == [
        {"submission": "app.ap-1-1", "bead": "ap-1", "commit": row["commit"], "target_commit": row["target_commit"]}
    ]
