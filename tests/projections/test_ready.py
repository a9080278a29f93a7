from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gastown.events import bead
from gastown.projections.kernel.store import Store
from gastown.projections.ready import ready

See = Callable[[], Store]

KEYS = [f"ap-{number}" for number in range(6)]


def ids(store: Store, **filters: Any) -> list[str]:
    return [one["id"] for one in ready(store, **filters)]


def test_a_bead_is_ready_when_all_it_needs_is_done(tale: Any, seen: See) -> None:
    tale.created("ap-1")
    tale.created("ap-2")
    tale.created("ap-3", "ap-1", "ap-2")
    assert ids(seen()) == ["ap-1", "ap-2"]
    tale.tell("bead", "ap-1", bead.BeadClosed(reason="by hand"))
    assert ids(seen()) == ["ap-2"]
    tale.slung("ap-2")
    assert ids(seen()) == []
    tale.started("ap-2")
    tale.submitted("ap-2")
    assert ids(seen()) == []
    tale.landed("ap-2")
    assert ids(seen()) == ["ap-3"]
    tale.tell("bead", "ap-1", bead.BeadReopened())
    assert ids(seen()) == ["ap-1"]


def test_highest_priority_first_then_the_oldest(tale: Any, seen: See) -> None:
    for key, priority in (("ap-1", 3), ("ap-2", 0), ("ap-3", 3), ("ap-4", 0)):
        tale.created(key, priority=priority)
    assert ids(seen()) == ["ap-2", "ap-4", "ap-1", "ap-3"]
    assert ids(seen(), limit=3) == ["ap-2", "ap-4", "ap-1"]
    tale.tell("bead", "ap-3", bead.BeadUpdated(priority=0))
    assert ids(seen()) == ["ap-2", "ap-3", "ap-4", "ap-1"]


def test_what_is_no_work_is_ready_only_when_asked_for_by_its_type(tale: Any, seen: See) -> None:
    tale.created("ap-1", issue_type="gate")
    tale.created("ap-2", issue_type="bug")
    assert ids(seen()) == ["ap-2"]
    assert ids(seen(), issue_type="gate") == ["ap-1"]


def test_a_need_that_does_not_exist_holds_nothing_up(tale: Any, seen: See) -> None:
    tale.created("ap-1", "zz-404")
    assert ids(seen()) == ["ap-1"]


EDGES = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)), max_size=10)
PRIORITIES = st.lists(st.integers(0, 4), min_size=len(KEYS), max_size=len(KEYS))
THEN = st.lists(
    st.tuples(
        st.sampled_from(KEYS),
        st.sampled_from(
            [
                bead.BeadClosed(reason="done"),
                bead.BeadReopened(),
                bead.BeadSlung(rig="app", convoy="cv"),
                bead.BeadUnslung(reason="no"),
                bead.BeadBlocked(reason="stuck"),
                bead.BeadLanded(submission="s", commit="c", target_commit="t"),
            ]
        ),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(edges=EDGES, priorities=PRIORITIES, then=THEN, removed=EDGES)
def test_ready_is_what_the_definition_says(
    new_tale: Any, views: Any, edges: list[Any], priorities: list[int], then: list[Any], removed: list[Any]
) -> None:
    tale = new_tale()
    for key, priority in zip(KEYS, priorities, strict=True):
        tale.created(key, priority=priority)
    for dependent, need in edges:
        tale.tell("bead", dependent, bead.NeedAdded(need=need))
    for dependent, need in removed:
        tale.tell("bead", dependent, bead.NeedRemoved(need=need))
    for key, fact in then:
        tale.tell("bead", key, fact)
    needs = set(edges) - set(removed)
    facts = {key: [fact for other, fact in then if other == key] for key in KEYS}
    state = {key: naive_state(facts[key]) for key in KEYS}
    expected = [
        key
        for key in KEYS
        if state[key] == "open" and all(state[need] == "done" for dependent, need in needs if dependent == key)
    ]
    with views(tale.messages) as store:
        assert ids(store) == sorted(expected, key=lambda key: (priorities[KEYS.index(key)], KEYS.index(key)))


def naive_state(facts: list[Any]) -> str:
    """Closed beats blocked beats slung; each is undone by its own opposite, reopening undoes all."""
    closed = blocked = slung = False
    for fact in facts:
        match fact:
            case bead.BeadReopened():
                closed = blocked = slung = False
            case bead.BeadClosed() | bead.BeadLanded():
                closed = True
            case bead.BeadSlung():
                slung, blocked = True, False
            case bead.BeadUnslung():
                slung = blocked = False
            case _:
                blocked = True
    return "done" if closed else "held" if blocked or slung else "open"
