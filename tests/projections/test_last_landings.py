"""From where on another machine may have landed what this town is about to land."""

from collections.abc import Callable
from typing import Any

from gastown.events.bead import BeadEndedAbroad, BeadLanded, BeadReopened
from gastown.events.rig import RigMoved
from gastown.projections.kernel.store import Store
from gastown.projections.last_landings import look_from

See = Callable[[], Store]


def landed(number: int) -> BeadLanded:
    return BeadLanded(submission=f"app.ap-1-{number}", commit="7" * 40, target_commit=str(number) * 40)


def test_nobody_else_lands_for_a_town_that_is_where_it_was(tale: Any, seen: See) -> None:
    tale.founding()
    tale.created("ap-1")
    tale.tell("bead", "ap-1", landed(1))
    assert look_from(seen(), "app", "ap-1") is None


def test_a_town_that_moved_looks_behind_the_last_landing_that_it_knows(tale: Any, seen: See) -> None:
    tale.founding()
    tale.created("ap-1")
    tale.created("ap-2")
    tale.tell("bead", "ap-2", BeadEndedAbroad(town="b", epoch=1, last=1, outcome="closed"))
    tale.tell("rig", "app", RigMoved(mark="k7xq", since="5" * 40))
    assert look_from(seen(), "app", "ap-1") == look_from(seen(), "app", "ap-2") == "5" * 40
    tale.tell("bead", "ap-1", landed(1))
    tale.tell("bead", "ap-1", BeadReopened())
    assert look_from(seen(), "app", "ap-1") == "1" * 40
    tale.tell("bead", "ap-1", landed(2))
    assert look_from(seen(), "app", "ap-1") == "2" * 40
    ended = BeadEndedAbroad(town="b", epoch=1, last=1, outcome="landed", commit="7" * 40, target_commit="3" * 40)
    tale.tell("bead", "ap-2", ended)
    assert look_from(seen(), "app", "ap-2") == "3" * 40
