"""Where the log stood at a moment."""

from typing import NamedTuple

from gastown.bus.event_log import LogReader
from gastown.errors import UsageError
from gastown.moments import Moment
from gastown.projections.rfc3339 import utc


class When(NamedTuple):
    """position: of the last message until then. time: seconds since the epoch; of a position, when it was written."""

    position: int
    time: float


async def when(log: LogReader, moment: Moment, now: float) -> When:
    """now: seconds since the epoch. Raises UsageError where the log has no such moment, LogUnavailableError."""
    last = await log.last_position()
    if isinstance(moment, int):
        if not 0 <= moment <= last:
            raise UsageError(f"the log has positions 0 to {last}, and no {moment}", f"--at {last} is now")
        return When(moment, await _time_of(log, moment) if moment else 0.0)
    if moment > now:
        raise UsageError(f"{_shown(moment)} is yet to come", f"--at {last} is now")
    position = await last_until(log, moment)
    if not position:
        begin = f"it begins at {utc(await _time_of(log, 1))}" if last else "it is empty"
        raise UsageError(f"the log has nothing at {_shown(moment)}: {begin}", "--at 1 is its first position")
    return When(position, moment)


async def last_until(log: LogReader, moment: float) -> int:
    """The position of the last message until then, 0 where there is none.

    The log is in the order of time, as far as the machine's clock was: a few dozen looks find the place.
    """
    found, beyond = 0, await log.last_position() + 1
    while beyond - found > 1:
        middle = (found + beyond) // 2
        if await _time_of(log, middle) <= moment:
            found = middle
        else:
            beyond = middle
    return found


async def _time_of(log: LogReader, position: int) -> float:
    return (await log.read_position(position))[-1].envelope.time


def _shown(moment: float) -> str:
    """A time that no calendar has is named by its distance."""
    try:
        return str(utc(moment))
    except (ValueError, OverflowError, OSError):
        return f"{moment:.0f} s before 1970" if moment < 0 else f"{moment:.0f} s after 1970"
