"""When may what has died be started again? Pure."""

FIRST_WAIT, LONGEST_WAIT, LONGEST_FOR_READY = 0.1, 5.0, 0.8
"""Seconds. Long waits are for what dies while it starts; what was ready was killed, and comes back soon."""
STABLE = 5.0
"""Seconds that it lives longer than it would be waited for, after which the waits begin anew."""


class Restarts:
    def __init__(self) -> None:
        self._waits: dict[str, float] = {}
        self._began: dict[str, float] = {}

    def remaining(self, name: str, now: float) -> float:
        """Seconds until it may be started; 0 or less: now."""
        return self._began.get(name, now) + self._waits.get(name, 0.0) - now

    def begin(self, name: str, now: float, *, was_ready: bool) -> None:
        """It is started. was_ready: the one before had been."""
        wait = self._waits.get(name, 0.0)
        if name not in self._began or now - self._began[name] >= wait + STABLE:
            self._waits[name] = FIRST_WAIT
        else:
            self._waits[name] = min(wait * 2, LONGEST_FOR_READY if was_ready else LONGEST_WAIT)
        self._began[name] = now
