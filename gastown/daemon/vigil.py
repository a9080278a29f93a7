"""When is a process that exists no longer of use? Pure: what was seen goes in, the reason to replace it comes out.

Only the watcher's own awake time counts. Whoever looks late was frozen, suspended or starved itself, and so probably
was everybody: a look counts for LOOK seconds at most.
"""

import msgspec

from gastown.adapters.processes.child import Known

LOOK = 2.0
"""Seconds between two looks."""
FROZEN = 6.0
"""Seconds stopped by a signal (SIGSTOP). Long enough to type the other half of a pair of commands."""
HUNG = 90.0
"""Seconds without a beat, after the first. A rebuild of all views keeps beating; this is a loop that has stopped."""


class _Watched(msgspec.Struct):
    """frozen, silent: seconds; None: not. beats: how many it had given at the last look; None: none yet."""

    who: Known
    frozen: float | None = None
    silent: float | None = None
    beats: int | None = None


class Vigil:
    def __init__(self) -> None:
        self._watched: dict[str, _Watched] = {}

    def look(self, name: str, who: Known, *, frozen: bool, beats: int | None, passed: float) -> str:
        """Why it is to be replaced, "" if it is not. passed: seconds since the last look at it.

        beats: signs of life it has ever given; None while it has given none: it may be busy with a long log.
        """
        watched = self._watched.get(name)
        if watched is None or watched.who != who:
            watched = self._watched[name] = _Watched(who)
        watched.frozen = _longer(watched.frozen, passed) if frozen else None
        watched.silent = _longer(watched.silent, passed) if beats is not None and beats == watched.beats else None
        watched.beats = beats
        if (watched.frozen or 0.0) >= FROZEN:
            return f"frozen for {watched.frozen:g} s"
        if (watched.silent or 0.0) >= HUNG:
            return f"no sign of life for {watched.silent:g} s"
        return ""


def _longer(so_far: float | None, passed: float) -> float:
    return 0.0 if so_far is None else so_far + min(passed, LOOK)
