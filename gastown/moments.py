"""What people call a moment: a position of the log, a time, or how long ago. All times are UTC, as they are shown."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import TypeAlias

from gastown.errors import UsageError

Moment: TypeAlias = int | float
"""A position of the log (int), or a time (float): seconds since the epoch."""

FORMS = "a position, 2026-11-22T14:05:00Z, 2026-11-22, 14:05, or how long ago: 90s, 15m, 2h, 3d"

_POSITION = re.compile(r"-?\d{1,18}", re.ASCII)
_AGO = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)\s*([smhd])(?:\s+ago)?", re.ASCII)
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_MILLISECOND = 0.000_999_5
"""Times are shown to the millisecond, cut off: what happened within it belongs to it."""


def moment(text: str, now: float) -> Moment:
    """now: seconds since the epoch. A time of day is the last such one, a day is its beginning. Raises UsageError."""
    text = text.strip()
    if _POSITION.fullmatch(text):
        return int(text)
    if ago := _AGO.fullmatch(text):
        return now - float(ago[1]) * _SECONDS[ago[2]]
    try:
        at = _of_day(text, now) if _CLOCK.fullmatch(text) else datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() + _MILLISECOND
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{text[:80]!r} is no moment", f"it is {FORMS}") from error


def _of_day(text: str, now: float) -> datetime:
    today = datetime.fromtimestamp(now, UTC)
    at = datetime.combine(today, time.fromisoformat(text.rjust(len(text) + (text[1] == ":"), "0")), UTC)
    return at if at <= today else at - timedelta(days=1)
