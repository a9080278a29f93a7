"""Whether what is waited for can still come, where it depends on other towns."""

from typing import Any

import pytest

from gastown.events import watch
from gastown.projections.waiting import outlook


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        (watch.WatchHeard(bead="b.zz-1", number=1, standing="unknown"), "b knows no bead b/zz-1"),
        (watch.RingSeen(bead="b.zz-1", through="ap-1"), "b/zz-1 waits for ap-1 in turn"),
    ],
)
def test_a_need_elsewhere_that_is_never_met_needs_a_person(tale: Any, seen: Any, fact: Any, reason: str) -> None:
    tale.created("ap-1", "b.zz-1")
    tale.slung("ap-1")
    tale.tell("watch", "b.b.zz-1", watch.WatchAsked(bead="b.zz-1"))
    assert not outlook(seen(), ["ap-1"]).needs_you
    tale.tell("watch", "b.b.zz-1", fact)
    (stuck,) = outlook(seen(), ["ap-1"]).needs_you
    assert (stuck.reason, stuck.hint) == (reason, "gt bead update ap-1 --drop b/zz-1")
