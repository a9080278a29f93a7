from pathlib import Path

import pytest

from gastown.adapters.effects.bounds import some
from gastown.adapters.effects.brief import brief_for, in_parts, told_again
from gastown.adapters.effects.outcomes import NOTHING_LEFT, Ending, judge
from gastown.adapters.git.port import Leftovers, Sandbox
from gastown.events.session import Earlier, Outcome

AHEAD = Leftovers(head="c" * 40, ahead=2, changed=(), untracked=("notes",))
DIRTY = Leftovers(head="c" * 40, ahead=2, changed=tuple("abcdefg"), untracked=())
WELL = Ending(exit_code=0)


@pytest.mark.parametrize(
    ("ending", "left", "outcome", "reason"),
    [
        (WELL, AHEAD, "submitted", ""),
        (WELL, NOTHING_LEFT, "no_commits", "ended without a commit"),
        (WELL, DIRTY, "uncommitted", "uncommitted changes in a, b, c, d, e and 2 more"),
        (Ending(exit_code=2), AHEAD, "failed", "exit 2"),
        (Ending(signal=11), AHEAD, "died", "ended by SIGSEGV"),
        (
            Ending(signal=15, timed_out=True, seconds=7200.4),
            AHEAD,
            "timed_out",
            "did not end within its time limit (7200 s)",
        ),
        (
            Ending(exit_code=0, timed_out=True, seconds=1.0),
            AHEAD,
            "timed_out",
            "did not end within its time limit (1 s)",
        ),
        (Ending(prevented=("setup_broke", "setup: exit 1")), NOTHING_LEFT, "setup_broke", "setup: exit 1"),
    ],
)
def test_left_to_itself_it_is_judged_by_how_it_went(
    ending: Ending, left: Leftovers, outcome: Outcome, reason: str
) -> None:
    assert judge(ending, None, left) == (outcome, reason)


@pytest.mark.parametrize(
    "ending",
    [WELL, Ending(exit_code=1), Ending(signal=9), Ending(timed_out=True), Ending(prevented=("interrupted", "x"))],
)
def test_asked_to_end_it_ended_as_asked(ending: Ending) -> None:
    assert judge(ending, ("deferred", "later"), AHEAD) == ("deferred", "later")


@pytest.mark.parametrize(
    "ending", [WELL, Ending(exit_code=1), Ending(signal=9), Ending(prevented=("interrupted", "x"))]
)
def test_done_is_granted_by_the_repository_alone(ending: Ending) -> None:
    assert judge(ending, ("submitted", "done"), AHEAD)[0] == "submitted"
    assert judge(ending, ("submitted", "done"), DIRTY)[0] == "uncommitted"
    assert judge(ending, ("submitted", "done"), NOTHING_LEFT)[0] == "no_commits"


def test_who_takes_instructions_apart_gets_them_so_and_all_others_in_the_prompt() -> None:
    assert in_parts("Be kind.", "Do it.\n", apart=True) == ("Be kind.", "Do it.\n")
    assert in_parts("Be kind.", "Do it.\n", apart=False) == ("", "Be kind.\n\nDo it.\n")
    assert in_parts("", "Do it.\n", apart=False) == ("", "Do it.\n")


def test_what_is_told_again_comes_first_and_only_where_there_is_something() -> None:
    again = told_again("Go on.", "Be kind.", "Do it.\n", apart=False)
    assert again.startswith("Your context was compacted.")
    assert again.endswith("Be kind.\n\nDo it.\n\n---\n\nGo on.")
    assert "Be kind." not in told_again("Go on.", "Be kind.", "Do it.\n", apart=True)
    assert told_again("Go on.", "", "", apart=False) == "Go on."


def test_without_an_earlier_attempt_the_brief_is_the_brief() -> None:
    sandbox = _sandbox()

    assert brief_for("As it is.", sandbox, None) == "As it is."


@pytest.mark.parametrize(
    ("reapplied", "left", "says"),
    [
        (2, 0, "On this branch already, on top of the current target: 2 commits."),
        (0, 0, "All that they change is on the current target already."),
        (1, 2, "the first of them (Change x) conflicts with the current target: 2 commits."),
    ],
)
def test_what_became_of_the_earlier_commits_is_said(reapplied: int, left: int, says: str) -> None:
    earlier = Earlier(session="ap-1-1", commit="c" * 40, base="b" * 40)
    brief = brief_for("Do it.\n", _sandbox(reapplied, left), earlier)

    assert brief.startswith("Do it.\n")
    assert says in brief
    assert ("gt/kept/ap-1-1" in brief) == (left > 0)


def test_of_very_many_names_some_are_told() -> None:
    told = some(tuple(str(number) for number in range(1_000_000)))

    assert told[:2] == ("0", "1")
    assert told[-1] == "(and 999500 more)"
    assert some(("a", "b")) == ("a", "b")


def _sandbox(reapplied: int = 0, left: int = 0) -> Sandbox:
    conflict = "Change x" if left else ""
    return Sandbox(worktree=Path("/w"), branch="b", base="b" * 40, reapplied=reapplied, left=left, conflict=conflict)
