"""Which processes belong together, and the pursuit of all of them.

A process belongs to whatever its environment is marked with: a mark is inherited over fork, exec and daemonising,
which process groups and parents are not. Nobody can look at all processes in one moment, so a look that may have
missed one that forked and ended while it was looked at is *blind*, and is taken again.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec

from gastown.adapters.processes import census
from gastown.adapters.processes.census import HAS_PROC, Seen, environment_if_told, pids, see
from gastown.loggers import get_logger

_log = get_logger("gastown.host")

Mark: TypeAlias = tuple[str, str]
"""Name and value of the environment variable by which processes are known."""

Belongs: TypeAlias = Callable[[Seen], bool | None]
"""None: cannot be told at the moment."""

_LOOKING = 2.0
"""Seconds until one settles for a blind look: processes come and go faster than one can ask who they are."""
_EXEC = 1.0 if HAS_PROC else 0.05
"""Seconds that a process may be in the middle of exec. Without /proc, who has no environment looks like it as well."""


class Look(msgspec.Struct):
    """blind: it may have missed one. unclear: it did, or not: somebody is there of whom it cannot be told."""

    alive: list[Seen]
    blind: bool
    unclear: bool = False


def _only_look(_: Seen) -> None:
    """Nothing is done to whoever is seen."""


class Family:
    """The living processes that belong, and all their descendants. It blocks; used from a thread."""

    def __init__(self, belongs: Belongs, cgroups: tuple[Path, ...] = ()) -> None:
        """cgroups: folders of those that hold only members of it."""
        self.cgroups = cgroups
        self._belongs = belongs
        self._judged: dict[int, tuple[int, bool]] = {}  # pid -> started, whether it belongs
        self._unclear: dict[int, float] = {}  # pid -> until when it is asked again

    def belongs(self, seen: Seen) -> bool | None:
        """None: cannot be told at the moment."""
        return self._belongs(seen)

    def alive(self) -> list[Seen]:
        """All who were there when this was called; empty only when a look that missed nobody found nobody."""
        deadline = time.monotonic() + _LOOKING
        while True:
            look = self.look()
            if not look.blind or (look.alive and not look.unclear):
                return look.alive
            if time.monotonic() > deadline:
                _log.warning("processes.blind_look")
                return look.alive

    def pursue(self, end: Callable[[Seen], None], *, seconds: float) -> list[Seen]:
        """Call `end` on each the moment it is seen, and look on until nobody is left. -> who is, after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            look = self.look(end)
            if not look.alive and not look.blind:
                return []
            if time.monotonic() > deadline:
                return look.alive
            time.sleep(0.001 if look.alive else 0)  # what was ended takes a moment to be gone

    def look(self, seen_alive: Callable[[Seen], None] = _only_look) -> Look:
        """All of them as they are now; `seen_alive` is called on each the moment it is seen."""
        listed = pids()
        known = self._judged
        listed.sort(key=lambda pid: pid in known)  # newcomers first: they may be gone the soonest
        look = Look([], blind=False)
        family, strangers = set[int](), list[Seen]()
        for pid in listed:
            seen = see(pid)
            verdict = self._judge(pid, seen, look)
            if seen and verdict and not seen.zombie:
                seen_alive(seen)
                family.add(pid)
                look.alive.append(seen)
            elif seen and not seen.zombie:
                strangers.append(seen)
        self._adopt(family, strangers, look, seen_alive)
        return look

    def _judge(self, pid: int, seen: Seen | None, look: Look) -> bool:
        started, belonged = self._judged.get(pid, (0, None))
        if seen is None:
            look.blind |= belonged is not False  # it may have forked after the list was made
            return False
        if belonged is not None and started == seen.started:
            return belonged
        verdict = False if seen.zombie else self._belongs(seen)
        if verdict is None and time.monotonic() < self._unclear.setdefault(pid, time.monotonic() + _EXEC):
            look.blind = look.unclear = True
            return False
        look.blind |= seen.zombie  # likewise
        self._judged[pid] = (seen.started, bool(verdict))
        return bool(verdict)

    def _adopt(self, family: set[int], strangers: list[Seen], look: Look, seen_alive: Callable[[Seen], None]) -> None:
        """Whose parent is of the family is of the family, whatever its environment says."""
        children: dict[int, list[Seen]] = {}
        for seen in strangers:
            children.setdefault(seen.parent, []).append(seen)
        waiting = list(family)
        while waiting:
            for child in children.pop(waiting.pop(), []):
                seen_alive(child)
                self._judged[child.pid] = (child.started, True)
                look.alive.append(child)
                waiting.append(child.pid)


def united(families: Sequence[Family]) -> Family:
    """All of these in one, looked at in one go."""

    def belongs(seen: Seen) -> bool | None:
        verdicts = [family.belongs(seen) for family in families]
        return True if True in verdicts else None if None in verdicts else False

    return Family(belongs, tuple(cgroup for family in families for cgroup in family.cgroups))


def marked(
    mark: Mark,
    *,
    group: int = 0,
    parent: int = 0,
    cgroup: str = "",
    folder: Path | None = None,
    since: int = 0,
    spared: frozenset[int] = frozenset(),
) -> Family:
    """Everything that carries `mark`, and all that descends from it.

    group, parent, cgroup: so does whatever is in this process group or session, every child of this process, and
    whatever is in a cgroup with these folders in its path.
    folder: of a cgroup that is all its own.
    since: what started before (see `census.start_time`) does not. spared: pids that do not, whatever they carry.
    """
    wanted = f"\0{mark[0]}={mark[1]}\0".encode()

    def belongs(seen: Seen) -> bool | None:
        if seen.started < since or seen.pid in spared or seen.group == 0:  # group 0: the kernel's own
            return False
        if (group and group in (seen.group, seen.session)) or (parent and parent == seen.parent):
            return True
        if cgroup and f"{cgroup}/".encode() in census.cgroup(seen.pid).replace(b"\n", b"/"):
            return True
        found = environment_if_told(seen.pid)
        return None if found is None else wanted in found

    return Family(belongs, (folder,) if folder else ())


def below(pid: int) -> Family:
    """Everything that descends from process `pid`."""
    return Family(lambda seen: seen.parent == pid)
