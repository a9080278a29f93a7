from collections.abc import Callable
from typing import Any

from gastown.events.bead import BeadClosed
from gastown.events.convoy import ConvoyCompleted, ConvoyExtended, ConvoyOpened, ConvoyReopened
from gastown.projections import convoys
from gastown.projections.kernel.store import Store

See = Callable[[], Store]


def test_a_convoy_shows_its_beads_in_the_order_they_joined(tale: Any, seen: See) -> None:
    for key in ("ap-3", "ap-1", "ap-2"):
        tale.created(key)
    tale.tell("convoy", "cv-1", ConvoyOpened(title="Release", beads=("ap-3", "ap-1")))
    tale.tell("convoy", "cv-1", ConvoyExtended(beads=("ap-2", "ap-3")))
    assert convoys.show(seen(), "cv-1") == {
        "id": "cv-1",
        "title": "Release",
        "state": "open",
        "beads": [
            {"id": key, "title": f"Do {key}", "state": "open", "landed_commit": None}
            for key in ("ap-3", "ap-1", "ap-2")
        ],
        "total": 3,
        "done": 0,
        "landed": 0,
        "opened_at": "2023-11-14T22:13:28.000Z",
        "completed_at": None,
    }


def test_closed_without_code_counts_as_done_but_not_as_landed(tale: Any, seen: See) -> None:
    tale.whole_life("ap-1")
    tale.created("ap-2")
    tale.tell("convoy", "cv-x", ConvoyOpened(title="x", beads=("ap-1", "ap-2")))
    tale.tell("bead", "ap-2", BeadClosed(reason="no"))
    shown = convoys.show(seen(), "cv-x")
    assert shown
    assert (shown["total"], shown["done"], shown["landed"]) == (2, 2, 1)
    assert [one["state"] for one in shown["beads"]] == ["landed", "closed"]


def test_a_convoy_is_done_until_it_is_reopened(tale: Any, seen: See) -> None:
    tale.tell("convoy", "cv-1", ConvoyOpened(title="a", beads=()))
    tale.tell("convoy", "cv-2", ConvoyOpened(title="b", beads=()))
    tale.tell("convoy", "cv-1", ConvoyCompleted())
    store = seen()
    assert [one["id"] for one in convoys.listing(store)] == ["cv-1", "cv-2"]
    (done,) = convoys.listing(store, "done")
    assert (done["id"], done["completed_at"]) == ("cv-1", "2023-11-14T22:13:27.000Z")
    tale.tell("convoy", "cv-1", ConvoyReopened())
    again = convoys.show(seen(), "cv-1")
    assert again
    assert (again["state"], again["completed_at"]) == ("open", None)


def test_there_is_no_convoy_of_an_unknown_id(seen: See) -> None:
    assert convoys.show(seen(), "cv-9") is None
