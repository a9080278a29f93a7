from collections.abc import Callable
from typing import Any

from gastown.events import submission as facts
from gastown.events.bead import BeadBlocked, BeadClosed
from gastown.events.ids import Entity
from gastown.events.rig import RigHeld
from gastown.projections import attempts, branches, report
from gastown.projections.kernel.store import Store

See = Callable[[], Store]

RED = facts.SubmissionRed(base="b" * 40, candidate="c" * 40, gate="test", exit_code=1, tail="1 failed")


def crashed(tale: Any, key: str) -> None:
    tale.created(key)
    tale.slung(key)
    tale.started(key)
    tale.ended(key, kept=f"kept/{key}-1", kept_commit="9" * 40, tail="Segmentation fault")


def reddened(tale: Any, key: str) -> None:
    tale.created(key)
    tale.slung(key)
    tale.started(key)
    tale.submitted(key, work="2" * 40)
    tale.came_back(key, RED, outcome="red", tail="1 failed", commit="2" * 40, base="1" * 40)


def test_what_a_crashed_session_left_is_listed(tale: Any, seen: See) -> None:
    crashed(tale, "ap-1")
    assert branches.listing(seen()) == [
        {
            "rig": "app",
            "branch": "kept/ap-1-1",
            "commit": "9" * 40,
            "bead": "ap-1",
            "reason": "failed: exit 1",
            "session": "ap-1-1",
            "ref": "refs/heads/kept/ap-1-1",
        }
    ]


def test_what_was_submitted_and_did_not_land_is_listed_and_what_landed_is_not(tale: Any, seen: See) -> None:
    tale.whole_life("ap-0")
    reddened(tale, "ap-1")
    (row,) = branches.listing(seen())
    assert (row["bead"], row["branch"], row["commit"]) == ("ap-1", "gastown/submitted/app.ap-1-1", "2" * 40)
    assert (row["reason"], row["ref"]) == ("red: gate test: exit 1", "refs/gastown/submitted/app.ap-1-1")
    assert branches.listing(seen(), bead="ap-0") == branches.listing(seen(), "other") == []


def test_everything_submitted_or_kept_must_be_pinned(tale: Any, seen: See) -> None:
    tale.whole_life("ap-0")
    reddened(tale, "ap-1")
    crashed(tale, "ap-2")
    assert branches.pins(seen(), "app") == [
        ("refs/gastown/submitted/app.ap-0-1", "0" * 39 + "2"),
        ("refs/gastown/submitted/app.ap-1-1", "2" * 40),
        ("refs/heads/kept/ap-2-1", "9" * 40),
    ]
    assert branches.pins(seen(), "other") == []


def test_attempts_tell_the_next_worker_how_the_earlier_ones_ended(tale: Any, seen: See) -> None:
    reddened(tale, "ap-1")
    tale.started("ap-1", 2)
    tale.ended("ap-1", 2, tail="boom", kept="kept/ap-1-2", kept_commit="8" * 40)
    first, second = attempts.of_bead(seen(), "ap-1")
    assert first == {
        "bead": "ap-1",
        "session": "ap-1-1",
        "outcome": "red",
        "reason": "sent back",
        "charge": "red_gate",
        "tail": "1 failed",
        "commit": "2" * 40,
        "base": "1" * 40,
        "kept": "",
        "returned_at": "2023-11-14T22:13:39.000Z",
    }
    assert (second["session"], second["outcome"], second["kept"]) == ("ap-1-2", "failed", "kept/ap-1-2")


def test_the_morning_page_tells_what_happened_since_and_what_needs_a_person_now(tale: Any, seen: See) -> None:
    tale.whole_life("ap-0")
    reddened(tale, "ap-1")
    midnight = tale.events[-1].envelope.time + 0.5
    tale.tell("bead", "ap-1", BeadBlocked(reason="3 red gates"))
    tale.asked("ap-1.1", Entity("bead", "ap-1"))
    tale.whole_life("ap-2")
    crashed(tale, "ap-3")
    tale.created("ap-4")
    tale.tell("bead", "ap-4", BeadClosed(reason="not wanted"))
    tale.tell("rig", "app", RigHeld(cause="pause", depth="pause", reason="setup broke", hint="gt rig check app"))
    page = report.since(seen(), midnight)
    assert [(one["bead"], one["title"], one["attempts"]) for one in page["landed"]] == [("ap-2", "Do ap-2", 1)]
    assert [(one["bead"], one["reason"]) for one in page["closed"]] == [("ap-4", "not wanted")]
    assert [(one["bead"], one["outcome"]) for one in page["returned"]] == [("ap-3", "failed")]
    needs = page["needs_you"]
    assert [(one["bead"], one["reason"]) for one in needs["blocked"]] == [("ap-1", "3 red gates")]
    assert [(one["rig"], one["reason"], one["hint"]) for one in needs["holds"]] == [
        ("app", "setup broke", "gt rig check app")
    ]
    assert [one["id"] for one in needs["escalations"]] == ["ap-1.1"]
    assert [one["bead"] for one in page["kept"]] == ["ap-3"]
    assert page["took"] == {"sessions": 2, "submitted": 1, "seconds": 14.0, "costs": None}


def test_nothing_happened_after_the_last_event(tale: Any, seen: See) -> None:
    tale.whole_life("ap-0")
    page = report.since(seen(), tale.events[-1].envelope.time + 1)
    assert page["landed"] == page["closed"] == page["returned"] == page["kept"] == []
    assert page["took"] == {"sessions": 0, "submitted": 0, "seconds": 0.0, "costs": None}


def test_what_waits_for_approval_needs_a_person(tale: Any, seen: See) -> None:
    tale.created("ap-1")
    tale.slung("ap-1")
    tale.started("ap-1")
    there = tale.submitted("ap-1")
    tale.tell("submission", there, facts.CandidateProven(number=1, base="b", candidate="c", land="hold"))
    assert [one["submission"] for one in report.since(seen(), 0.0)["needs_you"]["held"]] == [there]
    tale.tell("submission", there, facts.LandingApproved())
    assert report.since(seen(), 0.0)["needs_you"]["held"] == []
