"""Processes that carry a town's mark, or sit in its cgroups, and belong to nothing that is at work."""

import msgspec

from gastown.adapters.processes import census
from gastown.adapters.processes.at_work import Note
from gastown.adapters.processes.census import Seen
from gastown.adapters.processes.cgroup import folder_of, town_cgroup
from gastown.adapters.processes.ending import end_all
from gastown.adapters.processes.family import Family, Mark, marked

_PATIENCE = 2.0


class Orphan(msgspec.Struct, frozen=True, kw_only=True):
    """pid, started: which process. since: seconds since the epoch. session: it came from; "" where it hides that."""

    pid: int
    started: int
    since: float
    command: str
    session: str


def orphans(mark: Mark, note: Note | None) -> list[Orphan]:
    """Of the town with this mark. note: its host's. Whoever asks, and those above, are none. It blocks."""
    alive = marked(mark, cgroup=f"/{town_cgroup(mark)}").alive()
    known = {seen.pid: seen for seen in alive}
    covered = _Covered(note, known)
    above = census.ancestors()
    found = [seen for seen in alive if seen.pid not in above and not covered(seen)]
    return sorted((_orphan(mark, seen) for seen in found), key=lambda one: one.since)


async def end_orphans(found: list[Orphan]) -> tuple[int, ...]:
    """End these very processes, and what they started. -> the pids ended."""
    wanted = {(one.pid, one.started) for one in found}
    return await end_all(Family(lambda seen: (seen.pid, seen.started) in wanted), patience=_PATIENCE)


class _Covered:
    """Whether a process belongs to something at work, or to a living host itself."""

    def __init__(self, note: Note | None, known: dict[int, Seen]) -> None:
        self._note = note if note is not None and note.holds else None
        self._known = known

    def __call__(self, seen: Seen) -> bool:
        """What descends from something at work, or from a guard of the host's own, is at work."""
        if self._note is None:
            return False
        chain: Seen | None = seen
        while chain is not None:
            if self._is_at_work(chain, self._note):
                return True
            chain = self._known.get(chain.parent)
        return False

    def _is_at_work(self, seen: Seen, note: Note) -> bool:
        mark = _session_mark(seen)
        paths = census.cgroup(seen.pid)
        return (
            mark in note.at_work
            or (not mark and seen.parent == note.host.pid and b"/gastown-" not in paths)  # guards and their like
            or any(f"/{folder_of(one)}-".encode() in paths for one in note.at_work)
        )


def _session_mark(seen: Seen) -> str:
    _, found, rest = census.environment(seen.pid).partition(b"\0GT_MARK=")
    return rest.partition(b"\0")[0].decode(errors="replace") if found else ""


def _orphan(mark: Mark, seen: Seen) -> Orphan:
    return Orphan(
        pid=seen.pid,
        started=seen.started,
        since=census.since(seen.started),
        command=census.command(seen.pid),
        session=_session_mark(seen).removeprefix(f"{mark[1]}/"),
    )
