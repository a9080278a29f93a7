"""What people call a moment."""

from datetime import UTC, datetime

import pytest

from gastown.errors import UsageError
from gastown.moments import moment

NOW = datetime(2026, 11, 22, 14, 30, tzinfo=UTC).timestamp()


def at(*fields: int) -> float:
    return datetime(*fields, tzinfo=UTC).timestamp()


def test_a_number_is_a_position():
    assert moment("17", NOW) == 17 and isinstance(moment("17", NOW), int)
    assert moment(" 0 ", NOW) == 0
    assert moment("-1", NOW) == -1


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), ("2h ago", 7200), ("1.5h", 5400), ("3d", 259200)]
)
def test_how_long_ago(text, seconds):
    assert moment(text, NOW) == NOW - seconds


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-22T14:05:00Z", at(2026, 11, 22, 14, 5)),
        ("2026-11-22T14:05:00+02:00", at(2026, 11, 22, 12, 5)),
        ("2026-11-22T14:05", at(2026, 11, 22, 14, 5)),
        ("2026-11-22 14:05", at(2026, 11, 22, 14, 5)),
        ("2026-11-21", at(2026, 11, 21)),
        ("14:05", at(2026, 11, 22, 14, 5)),
        ("9:05", at(2026, 11, 22, 9, 5)),
        ("14:05:30", at(2026, 11, 22, 14, 5, 30)),
        ("14:31", at(2026, 11, 21, 14, 31)),
    ],
)
def test_times_are_utc_and_a_time_of_day_is_the_last_such_one(text, meant):
    assert meant <= moment(text, NOW) < meant + 0.001


def test_what_happened_within_the_millisecond_that_is_shown_belongs_to_it():
    assert moment("2026-11-22T14:05:00.123Z", NOW) > at(2026, 11, 22, 14, 5) + 0.123_9


@pytest.mark.parametrize(
    "text", ["", "now", "yesterday", "25:00", "14:5", "2026-13-01", "2h30m", "1e9", "٣h", "--", "9" * 40]
)
def test_what_is_no_moment_is_refused_with_what_is_one(text):
    with pytest.raises(UsageError) as refusal:
        moment(text, NOW)
    assert "is no moment" in refusal.value.message and "2h" in refusal.value.hint
