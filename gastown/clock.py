"""The edge where time and randomness come in: whoever is pure is handed what these return."""

import time

from ulid import ULID


def now() -> float:
    """Seconds since the epoch, UTC."""
    return time.time()  # noqa: TID251  the one place that reads the clock


def now_ns() -> int:
    """Nanoseconds since the epoch, UTC."""
    return time.time_ns()


def monotonic() -> float:
    """Seconds since some moment; never goes back."""
    return time.monotonic()


def new_id() -> str:
    """A ULID: sorts by the time it was made."""
    return str(ULID())
