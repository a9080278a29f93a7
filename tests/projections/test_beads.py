from collections.abc import Callable
from typing import Any

import pytest

from gastown.events import bead
from gastown.events.convoy import ConvoyExtended, ConvoyOpened
from gastown.events.fact import Fact
from gastown.projections import beads
from gastown.projections.kernel.store import Store

See = Callable[[], Store]


def state_of(store: Store, key: str = "ap-1") -> tuple[str, str]:
    shown = beads.show(store, key)
    assert shown
    return shown["state"], shown["status"]


def test_a_new_bead_has_the_fields_of_beads(tale: Any, seen: See) -> None:
    tale.created("ap-0")
    tale.created("ap-1", "ap-0", by="ann", description="Why", acceptance="Tests pass", priority=0, issue_type="bug")
    assert beads.show(seen(), "ap-1") == {
        "id": "ap-1",
        "title": "Do ap-1",
        "description": "Why",
        "acceptance_criteria": "Tests pass",
        "status": "open",
        "priority": 0,
        "issue_type": "bug",
        "assignee": "",
        "created_at": "2023-11-14T22:13:26.000Z",
        "created_by": "ann",
        "updated_at": "2023-11-14T22:13:26.000Z",
        "dependencies": [
            {
                "issue_id": "ap-1",
                "depends_on_id": "ap-0",
                "type": "blocks",
                "created_at": "2023-11-14T22:13:26.000Z",
                "created_by": "ann",
            }
        ],
        "state": "open",
        "attempts": 0,
        "rig": "app",
        "convoy": None,
        "submission": None,
        "landed_commit": None,
    }


def test_there_is_no_bead_of_an_unknown_id(seen: See) -> None:
    assert beads.show(seen(), "ap-9") is None


def test_an_update_changes_what_it_names_and_nothing_else(tale: Any, seen: See) -> None:
    tale.created("ap-1", description="Why", priority=4)
    before = beads.show(seen(), "ap-1")
    tale.tell("bead", "ap-1", bead.BeadUpdated(title="New", notes="N", assignee="ann", priority=0, description=""))
    after = beads.show(seen(), "ap-1")
    assert before
    assert after
    said = {"title": "New", "notes": "N", "assignee": "ann", "priority": 0, "updated_at": "2023-11-14T22:13:26.000Z"}
    assert after == {**before, "description": "", **said}


def test_needs_come_and_go(tale: Any, seen: See) -> None:
    for key in ("ap-0", "ap-1", "ap-2"):
        tale.created(key)
    tale.tell("bead", "ap-2", bead.NeedAdded(need="ap-0"), bead.NeedAdded(need="ap-1"), by="ann")
    assert [need["id"] for need in beads.needs_of(seen(), "ap-2")] == ["ap-0", "ap-1"]
    tale.tell("bead", "ap-2", bead.NeedRemoved(need="ap-0"))
    shown = beads.show(seen(), "ap-2")
    assert shown
    assert [edge["depends_on_id"] for edge in shown["dependencies"]] == ["ap-1"]
    assert shown["dependencies"][0]["created_by"] == "ann"


def test_the_way_to_the_target_state_by_state(tale: Any, seen: See) -> None:
    tale.created("ap-1")
    assert state_of(seen()) == ("open", "open")
    tale.slung("ap-1")
    assert state_of(seen()) == ("slung", "hooked")
    tale.started("ap-1")
    assert state_of(seen()) == ("running", "in_progress")
    tale.submitted("ap-1")
    assert state_of(seen()) == ("submitted", "in_progress")
    target_commit = tale.landed("ap-1")
    shown = beads.show(seen(), "ap-1")
    assert shown
    assert state_of(seen()) == ("landed", "closed")
    assert shown["close_reason"] == f"Merged in {target_commit}"
    assert shown["landed_commit"] == target_commit
    assert shown["submission"] == "app.ap-1-1"
    assert shown["assignee"] == "app/polecats/toast"
    assert shown["convoy"] == "cv-ap-1"
    assert shown["attempts"] == 1
    assert shown["started_at"] < shown["closed_at"]


def test_submitted_is_not_landed_and_has_no_landed_commit(tale: Any, seen: See) -> None:
    tale.created("ap-1")
    tale.slung("ap-1")
    tale.started("ap-1")
    tale.submitted("ap-1")
    shown = beads.show(seen(), "ap-1")
    assert shown
    assert shown["landed_commit"] is None
    assert "closed_at" not in shown


def test_a_failed_attempt_waits_again_and_the_first_start_stays(tale: Any, seen: See) -> None:
    tale.created("ap-1")
    tale.slung("ap-1")
    tale.started("ap-1")
    first = beads.show(seen(), "ap-1")
    tale.ended("ap-1")
    waiting = beads.show(seen(), "ap-1")
    tale.started("ap-1", 2, name="nux")
    second = beads.show(seen(), "ap-1")
    assert first
    assert waiting
    assert second
    assert (waiting["state"], waiting["assignee"], waiting.get("session")) == ("slung", "", None)
    assert (second["state"], second["assignee"], second["session"]) == ("running", "app/polecats/nux", "ap-1-2")
    assert second["started_at"] == first["started_at"]
    assert second["attempts"] == 2


@pytest.mark.parametrize(
    ("then", "state"),
    [
        ([bead.BeadBlocked(reason="3 red gates")], "blocked"),
        ([bead.BeadBlocked(reason="which one?", escalated=True)], "escalated"),
        ([bead.BeadBlocked(reason="x"), bead.BeadRetried()], "slung"),
        ([bead.BeadBlocked(reason="x"), bead.BeadUnslung(reason="no")], "open"),
        ([bead.BeadUnslung(reason="no")], "open"),
        ([bead.BeadUnslung(reason="no"), bead.BeadBlocked(reason="x", escalated=True), bead.BeadRetried()], "slung"),
        ([bead.BeadClosed(reason="not wanted")], "closed"),
        ([bead.BeadClosed(reason="not wanted"), bead.BeadReopened()], "open"),
    ],
)
def test_what_a_waiting_bead_becomes(tale: Any, seen: See, then: list[Fact], state: str) -> None:
    tale.created("ap-1")
    tale.slung("ap-1")
    tale.started("ap-1")
    tale.ended("ap-1")
    for fact in then:
        tale.tell("bead", "ap-1", fact)
    assert state_of(seen())[0] == state


def test_why_a_bead_is_blocked_is_told_until_it_moves(tale: Any, seen: See) -> None:
    tale.created("ap-1")
    tale.slung("ap-1")
    tale.tell("bead", "ap-1", bead.BeadBlocked(reason="3 red gates"))
    blocked = beads.show(seen(), "ap-1")
    tale.tell("bead", "ap-1", bead.BeadRetried())
    moving = beads.show(seen(), "ap-1")
    assert blocked
    assert moving
    assert blocked["blocked_reason"] == "3 red gates"
    assert "blocked_reason" not in moving


def test_unslung_at_work_it_is_open_only_when_the_worker_has_ended(tale: Any, seen: See) -> None:
    tale.created("ap-1")
    tale.slung("ap-1")
    tale.started("ap-1")
    tale.tell("bead", "ap-1", bead.BeadUnslung(reason="no"))
    assert state_of(seen())[0] == "running"
    tale.ended("ap-1", outcome="withdrawn")
    assert state_of(seen())[0] == "open"


def test_closed_at_work_it_stays_closed_whatever_is_reported_later(tale: Any, seen: See) -> None:
    tale.created("ap-1")
    tale.slung("ap-1")
    tale.started("ap-1")
    tale.tell("bead", "ap-1", bead.BeadClosed(reason="by hand", session="ap-1-1"))
    tale.ended("ap-1", outcome="withdrawn")
    shown = beads.show(seen(), "ap-1")
    assert shown
    assert (shown["state"], shown["close_reason"], shown["closed_by_session"]) == ("closed", "by hand", "ap-1-1")


def test_a_reopened_bead_has_not_landed(tale: Any, seen: See) -> None:
    tale.whole_life("ap-1")
    tale.tell("bead", "ap-1", bead.BeadReopened(reason="it was wrong"))
    shown = beads.show(seen(), "ap-1")
    assert shown
    assert (shown["state"], shown["landed_commit"], shown["submission"]) == ("open", None, None)
    assert shown["assignee"] == ""
    assert not {"closed_at", "close_reason"} & shown.keys()
    assert shown["attempts"] == 1


def test_a_bead_knows_its_latest_convoy(tale: Any, seen: See) -> None:
    tale.created("ap-1")
    tale.tell("convoy", "cv-a", ConvoyOpened(title="a", beads=("ap-1",)))
    tale.tell("convoy", "cv-b", ConvoyOpened(title="b", beads=()))
    tale.tell("convoy", "cv-b", ConvoyExtended(beads=("ap-1",)))
    shown = beads.show(seen(), "ap-1")
    assert shown
    assert shown["convoy"] == "cv-b"


def test_a_list_is_by_priority_then_oldest_first_and_knows_filters(tale: Any, seen: See) -> None:
    tale.created("ap-1", priority=2)
    tale.created("ap-2", priority=1)
    tale.created("ap-3", priority=2, issue_type="bug")
    tale.created("ap-4", priority=1)
    tale.slung("ap-4")
    tale.started("ap-4")
    store = seen()

    def ids(**filters: Any) -> list[str]:
        return [one["id"] for one in beads.listing(store, **filters)]

    assert ids() == ["ap-2", "ap-4", "ap-1", "ap-3"]
    assert ids(limit=2) == ["ap-2", "ap-4"]
    assert ids(status="in_progress") == ids(state="running") == ["ap-4"]
    assert ids(status="open") == ["ap-2", "ap-1", "ap-3"]
    assert ids(priority=2, issue_type="bug") == ["ap-3"]
    assert ids(assignee="app/polecats/toast") == ids(convoy="cv-ap-4") == ["ap-4"]
    assert ids(rig="other") == ids(status="nonsense") == []


def test_a_list_shows_each_bead_as_show_does(tale: Any, seen: See) -> None:
    tale.created("ap-1")
    tale.created("ap-2", "ap-1")
    tale.whole_life("ap-3")
    store = seen()
    assert beads.listing(store) == [beads.show(store, key) for key in ("ap-1", "ap-2", "ap-3")]
