from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gastown.events import bead, budget, handoff, letter, place, rig, session, submission, turn, watch
from gastown.events.adoption import AdoptionEvent
from gastown.events.codec import classes
from gastown.events.fact import Fact
from gastown.events.hub_invitation import HubInvitationEvent
from gastown.events.hub_member import HubMemberEvent
from gastown.events.target import QueueFreed, QueueHeld
from gastown.events.unreadable import Unreadable
from gastown.projections.requests import requests
from gastown.projections.rfc3339 import utc
from gastown.projections.views import VIEWS
from gastown.projections.words import WORDS, words

SEEN_BY_NONE: set[type[Fact]] = {
    *(session.SessionSettled, submission.SubmissionSettled, QueueHeld, QueueFreed),
    budget.DayBegan,
    *(rig.LandingsFound, turn.TurnRequested, turn.TurnOrdered, session.EndOrdered),
    session.WorkSaved,
    *(bead.BeadAddressed, bead.BeadMailSettled),
    *(turn.ContextCompacted, handoff.HandoffOrdered),
    *(letter.LetterSent, letter.LetterTaken, letter.LetterRefused),
    watch.WatchAnswered,
    *get_args(AdoptionEvent),
    place.PlaceChanged,
    *get_args(HubInvitationEvent),
    *get_args(HubMemberEvent),
}
"""Facts between owners, and of a hub's log: no reader of a town asks for them."""


def test_every_event_changes_some_view_but_those_known_to_change_none() -> None:
    telling = [view for view in VIEWS if view is not requests]
    unseen = {cls for cls in classes().values() if not any(view.fold_of(cls) for view in telling)}
    assert unseen == SEEN_BY_NONE


def test_every_event_is_told_in_words_of_its_own_fields() -> None:
    assert WORDS.keys() == {*classes().values(), Unreadable}


def test_an_event_without_a_trace_is_part_of_no_request(tale: Any) -> None:
    tale.tell("bead", "ap-1", submission.SubmissionSettled(), trace="")
    assert list(requests.fold(tale.events[-1])) == []


@pytest.mark.parametrize(
    ("fact", "line"),
    [
        (submission.SubmissionConflicted(base="b", files=("a.py", "b.py")), "conflicts with the target in a.py, b.py"),
        (
            submission.CandidateProven(number=1, base="a" * 40, candidate="b" * 64),
            "proven on aaaaaaaaaaaa as bbbbbbbbbbbb: nothing",
        ),
        (session.DoneDeclared(status="completed"), "worker says completed"),
        (session.StopRequested(reason="two\nlines {and} braces"), "told to stop: two lines {and} braces"),
        (
            turn.TurnEnded(number=1, end="done", text="So be it.", denied=("Bash: rm x",)),
            "turn 1 done, and was not let use Bash: rm x: So be it.",
        ),
        (session.StopRequested(reason="x" * 1000), f"told to stop: {'x' * 286}…"),
    ],
)
def test_one_line_an_event(fact: Fact, line: str) -> None:
    assert words(fact) == line


def test_times_are_in_utc_to_the_millisecond() -> None:
    assert utc(1_700_000_000.0) == "2023-11-14T22:13:20.000Z"
    assert utc(1_704_164_645.006) == "2024-01-02T03:04:05.006Z"
    assert utc(None) is None


@hypothesis_settings(deadline=None)
@given(st.lists(st.floats(0, 4e9), min_size=2, max_size=2))
def test_times_sort_as_they_are_written(moments: list[float]) -> None:
    earlier, later = sorted(moments)
    assert str(utc(earlier)) <= str(utc(later))
