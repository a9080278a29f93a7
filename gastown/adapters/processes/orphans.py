"""Processes that carry a town's mark, or sit in its cgroups, and belong to nothing that is at work.

What is told of a process is told of several moments: it is seen, its parents are, its environment is read, the host
notes what it starts. All of it goes on meanwhile, and who is taken for an orphan is ended; so who may be none is none.
"""

import time
from collections.abc import Callable

import msgspec

from gastown.adapters.processes import census
from gastown.adapters.processes.at_work import Note
from gastown.adapters.processes.census import Seen, see
from gastown.adapters.processes.cgroup import folder_of, town_cgroup
from gastown.adapters.processes.ending import end_all
from gastown.adapters.processes.family import Family, Mark, marked

_PATIENCE = 2.0
_DOUBTING = 1.0
"""Seconds until one of whom it cannot be told is let go: its parents end, or it execs, in every look."""


class Orphan(msgspec.Struct, frozen=True, kw_only=True):
    """pid, started: which process. since: seconds since the epoch. session: it came from; "" where it hides that."""

    pid: int
    started: int
    since: float
    command: str
    session: str


def orphans(mark: Mark, noted: Callable[[], Note | None]) -> list[Orphan]:
    """Of the town with this mark. noted: reads its host's note. Whoever asks, and those above, are none. It blocks.

    An orphan is one in two looks: who was there before a look began has no ancestor that this look did not come upon.
    """
    deadline = time.monotonic() + _DOUBTING
    suspects = {seen for seen, verdict in _verdicts(mark, noted) if verdict is not False}
    while suspects:
        verdicts = {_key(seen): (seen, verdict) for seen, verdict in _verdicts(mark, noted)}
        again = [verdicts[key] for key in map(_key, suspects) if key in verdicts]
        if time.monotonic() > deadline or all(verdict is not None for _, verdict in again):
            found = [_orphan(mark, seen) for seen, verdict in again if verdict]
            return sorted(found, key=lambda one: one.since)
    return []


async def end_orphans(found: list[Orphan]) -> tuple[int, ...]:
    """End these very processes, and what they started. -> the pids ended."""
    wanted = {(one.pid, one.started) for one in found}
    return await end_all(Family(lambda seen: _key(seen) in wanted), patience=_PATIENCE)


def _key(seen: Seen) -> tuple[int, int]:
    return seen.pid, seen.started


def _verdicts(mark: Mark, noted: Callable[[], Note | None]) -> list[tuple[Seen, bool | None]]:
    """Of each that is seen: is it an orphan? None: that cannot be told at the moment."""
    alive = marked(mark, cgroup=f"/{town_cgroup(mark)}").alive()
    note = noted()  # after the look: what is seen was noted before it started, and is until all of it is gone
    lone = _Lone(note, {seen.pid: seen for seen in alive}) if note is not None and note.holds else _everybody
    above = census.ancestors()
    return [(seen, lone(seen)) for seen in alive if seen.pid not in above]


def _everybody(_: Seen) -> bool:
    """Without a living host nothing is at work."""
    return True


class _Lone:
    """Whether a process belongs neither to something at work nor to a living host itself."""

    def __init__(self, note: Note, known: dict[int, Seen]) -> None:
        self._note = note
        self._known = known

    def __call__(self, seen: Seen) -> bool | None:
        """What descends from something at work, or from a guard of the host's own, is at work."""
        chain, others = [seen], self._known.copy()
        while chain[-1].parent in others:
            chain.append(others.pop(chain[-1].parent))  # once each: of two moments, two can be each other's parent
        verdicts = [self._is_at_work(link) for link in chain]
        if True in verdicts:
            return False
        return None if None in verdicts or not all(map(_is_as_seen, chain)) else True

    def _is_at_work(self, seen: Seen) -> bool | None:
        mark = _session_mark(seen)
        paths = census.cgroup(seen.pid)
        if any(f"/{folder_of(one)}-".encode() in paths for one in self._note.at_work):
            return True
        if mark is None:
            return None
        return mark in self._note.at_work or (
            not mark and seen.parent == self._note.host.pid and b"/gastown-" not in paths  # guards and their like
        )


def _is_as_seen(seen: Seen) -> bool:
    """It lives and its parent is the same: what was read meanwhile of both was theirs."""
    now = see(seen.pid)
    return now is not None and (now.started, now.parent, now.zombie) == (seen.started, seen.parent, False)


def _session_mark(seen: Seen) -> str | None:
    """ "" where it hides that; None: cannot be told at the moment."""
    environment = census.environment_if_told(seen.pid)
    if environment is None:
        return None
    _, found, rest = environment.partition(b"\0GT_MARK=")
    return rest.partition(b"\0")[0].decode(errors="replace") if found else ""


def _orphan(mark: Mark, seen: Seen) -> Orphan:
    return Orphan(
        pid=seen.pid,
        started=seen.started,
        since=census.since(seen.started),
        command=census.command(seen.pid),
        session=(_session_mark(seen) or "").removeprefix(f"{mark[1]}/"),
    )
