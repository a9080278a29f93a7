from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gastown.bus.memory_texts import MemoryTexts
from gastown.errors import UnknownThingError
from gastown.projections import briefing
from gastown.projections.brief import LIMIT, REST, render_brief
from gastown.projections.kernel.store import Store

See = Callable[[], Store]

RIG = {"name": "app", "target": "main", "landing": "main", "gates": [{"name": "test", "command": "make test"}]}
SESSION = {"id": "ap-1-3", "polecat": "toast", "branch": "", "reapplied": 0, "left": 0}
BEAD = {"id": "ap-1", "title": "Mend it", "description": "All of it."}


def attempt(number: int, **said: Any) -> dict[str, Any]:
    left = {"reason": "exit 1", "tail": "", "commit": "", "base": "", "kept": ""}
    return {"session": f"ap-1-{number}", "outcome": "failed", **left, **said}


def brief(bead: Any = BEAD, needs: Any = (), attempts: Any = (), rig: Any = RIG, session: Any = SESSION) -> str:
    return render_brief(bead, list(needs), list(attempts), rig, session)


def test_a_brief_says_who_what_and_how_to_finish() -> None:
    text = brief({**BEAD, "acceptance_criteria": "It is green.", "notes": "Ask nobody."})
    for words in ("toast", "app", "ap-1-3", "ap-1: Mend it", "All of it.", "It is green.", "Ask nobody."):
        assert words in text
    for words in ("gt done", "Never push", "main", "make test", "gt bead close ap-1", "gt prime"):
        assert words in text


@settings(deadline=None)
@given(title=st.text(max_size=500), description=st.text(max_size=5000), tails=st.lists(st.text(), max_size=5))
def test_title_and_description_are_in_it_unaltered(title: str, description: str, tails: list[str]) -> None:
    text = brief({**BEAD, "title": title, "description": description}, attempts=[attempt(1, tail=t) for t in tails])
    assert title in text
    assert description in text


def test_a_description_of_any_length_is_never_cut() -> None:
    description = "Look at this. " * 200_000
    assert description in brief({**BEAD, "description": description}, attempts=[attempt(1, reason="it was red")])


def test_what_it_builds_on_is_named_with_its_state() -> None:
    needs = [{"id": "ap-0", "title": "The parser", "state": "landed"}]
    assert "ap-0 (landed): The parser" in brief(needs=needs)
    assert "builds on" not in brief()


def test_earlier_attempts_are_told_with_reason_output_and_branch() -> None:
    text = brief(
        attempts=[
            attempt(1, reason="exit 7", kept="kept/ap-1-1"),
            attempt(2, outcome="red", reason="gate test is red", tail="FAILED test_x", commit="c" * 40, base="b" * 40),
        ]
    )
    for words in ("ap-1-1: failed", "exit 7", "kept/ap-1-1", "ap-1-2: red", "gate test is red", "FAILED test_x"):
        assert words in text
    assert f"{'b' * 12}..{'c' * 12}" in text
    assert text.index("ap-1-2: red") < text.index("ap-1-1: failed")  # the newest first


@pytest.mark.parametrize(
    ("session", "said"),
    [
        (SESSION, "as far as it applies"),
        (SESSION | {"branch": "b", "reapplied": 2}, "2 commits of the last of them are re-applied on this branch."),
        (SESSION | {"branch": "b", "reapplied": 1, "left": 3}, "3 did not apply and are on its kept branch only"),
    ],
)
def test_what_was_taken_over_is_told_as_far_as_it_is_known(session: Any, said: str) -> None:
    assert said in brief(attempts=[attempt(1, commit="c" * 40)], session=session)


def test_with_nothing_left_behind_one_begins_anew() -> None:
    assert "you begin anew" in brief(attempts=[attempt(1)])


@settings(deadline=None)
@given(sizes=st.lists(st.integers(0, 40_000), min_size=1, max_size=40), length=st.integers(0, 2 * LIMIT))
def test_a_brief_is_bounded_and_the_oldest_attempts_go_first(sizes: list[int], length: int) -> None:
    attempts = [attempt(number, tail="x" * size) for number, size in enumerate(sizes, start=1)]
    plain = len(brief({**BEAD, "description": "d" * length}))
    text = brief({**BEAD, "description": "d" * length}, attempts=attempts)
    assert len(text) <= max(LIMIT, plain + REST) + 10
    shown = [number for number in range(1, len(sizes) + 1) if f"ap-1-{number}:" in text]
    assert shown == list(range(len(sizes) - len(shown) + 1, len(sizes) + 1))
    assert shown  # the last attempt is always told
    left_out = len(sizes) - len(shown)
    assert (f"({left_out} older left out)" in text) == bool(left_out)


def test_of_a_long_output_the_end_is_told() -> None:
    text = brief(attempts=[attempt(1, tail="begin" + "x" * 50_000 + "end")])
    assert "xend" in text
    assert "begin" + "x" not in text


async def test_a_session_is_briefed_from_the_views(tale: Any, seen: See) -> None:
    tale.created("ap-0", title="The parser")
    tale.created("ap-1", "ap-0", title="Mend it", description="All of it.", acceptance="It is green.")
    tale.slung("ap-1")
    tale.started("ap-1")
    tale.ended("ap-1", tail="Segmentation fault", kept="kept/ap-1-1", kept_commit="9" * 40)
    tale.started("ap-1", 2, name="nux")
    text = await briefing.for_session(seen(), MemoryTexts(), "ap-1-2")
    for words in ("nux", "ap-1: Mend it", "All of it.", "It is green.", "ap-0 (open): The parser"):
        assert words in text
    for words in ("Segmentation fault", "kept/ap-1-1", "gastown/ap-1-2", "make test"):
        assert words in text


async def test_nobody_briefs_a_session_that_there_is_not(seen: See) -> None:
    with pytest.raises(UnknownThingError, match="ap-9-1"):
        await briefing.for_session(seen(), MemoryTexts(), "ap-9-1")
