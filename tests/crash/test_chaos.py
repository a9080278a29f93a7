"""Chaos: ten workers, a hundred beads and more, and somebody who kills and freezes at random until all have landed."""

import os
import random  # noqa: TID251  whom it hits is chance, from a seed that is printed
import signal
import subprocess  # noqa: TID251  the canary is a process that the town did not start
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from gastown import clock
from gastown.adapters.processes.census import environment, runs, see, start_time

WORKERS = 10
COMMAND = 'cat > /dev/null; exec sh -eu "$STORY/work.sh"'
WORK = """
for part in 1 2; do
  test -f $GT_BEAD.$part || { sleep 0.5; echo $part > $GT_BEAD.$part; git add .; git commit -qm "part $part"; }
done
"""
"""Two commits, each made once: what an interrupted attempt committed is there when the next one begins."""

ALL = ("daemon", "nats", "town", "host")
VICTIMS = {"daemon": 4, "nats": 4, "town": 4, "host": 4, "agent": 8, "freeze": 2, "stall": 1, "all": 1}
"""How often each is hit, relative to the others. freeze: one of the four stands still for a while. stall: for good."""
PAUSE = {"long": 3.0, "short": 1.0}  # seconds between hits, on average
FROZEN = (0.5, 4.0)  # seconds for which a process is frozen; after 6 it is replaced
STALLED = 15.0  # seconds in which one that stands still is replaced, and the work goes on
WORST = {"long": 5.0, "short": 20.0}
"""Seconds from a kill to the next productive event, at most, in 99 of 100 cases; a short run has a case or two a kind,
and may have to share its machine."""
BACKLOG = 60  # beads under way, at which no more are added


class Chaos:
    """Somebody who means harm to one town, and to nothing else."""

    def __init__(self, town: Any, dice: random.Random, make_hit: Callable[..., Any]) -> None:
        self.hits: list[Any] = []
        self._town, self._dice, self._make_hit = town, dice, make_hit
        self._thawing: list[threading.Timer] = []

    def rage(self, over: threading.Event, seconds: float, pause: float) -> None:
        """Until it is over, or for `seconds`."""
        end = clock.monotonic() + seconds
        while clock.monotonic() < end and not over.wait(self._dice.expovariate(1 / pause)):
            self._hit(self._dice.choices(list(VICTIMS), list(VICTIMS.values()))[0])
        for timer in self._thawing:
            timer.join()

    def _hit(self, kind: str) -> None:
        at, pause = clock.now(), self._dice.uniform(*FROZEN)
        match kind:
            case "agent":
                agents = [pid for pid in self._town.running() if b"\0GT_SESSION=" in environment(pid)]
                done = bool(agents) and self._signal(self._dice.choice(agents), signal.SIGKILL)
            case "freeze":
                done = self._freeze(self._pids().get(self._dice.choice(ALL), 0), pause)
            case "stall":
                kind, pause = f"stall {self._dice.choice(ALL)}", STALLED
                done = self._signal(self._pids().get(kind.split()[1], 0), signal.SIGSTOP)
            case "all":
                hit = [self._signal(self._pids().get(name, 0), signal.SIGKILL) for name in ALL]
                done = all(hit)
            case _:
                done = self._signal(self._pids().get(kind, 0), signal.SIGKILL)
        if done:
            self.hits.append(self._make_hit(kind, at, at + pause if kind.startswith(("freeze", "stall")) else 0.0))

    def _freeze(self, pid: int, seconds: float) -> bool:
        started = start_time(pid)
        thaw = threading.Timer(seconds, lambda: runs(pid, started) and self._signal(pid, signal.SIGCONT))
        if not self._signal(pid, signal.SIGSTOP):
            return False
        thaw.start()
        self._thawing.append(thaw)
        return True

    def _signal(self, pid: int, number: signal.Signals) -> bool:
        """To a process of this town, or to none."""
        seen = see(pid) if pid else None
        if seen is None or seen.zombie or f"\0HOME={self._town.home}\0".encode() not in environment(pid):
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            return True
        return False

    def _pids(self) -> dict[str, int]:
        with suppress(OSError, ValueError):  # a file that is just being written
            return self._town.pids()
        return {}


class Person(threading.Thread):
    """Somebody who works with the town meanwhile: creates beads, slings them, and waits until all have landed.

    The daemon starts the town again, the town the daemon. Where both are gone, a person is told so and says `gt up`.
    """

    def __init__(self, town: Any, rigs: list[Any], count: int, seconds: float) -> None:
        super().__init__()
        self.over = threading.Event()
        self.beads: list[str] = []
        self.refusals: list[str] = []  # of `gt up`
        self.trouble: BaseException | None = None
        self._town, self._rigs, self._count = town, rigs, count
        self._end = clock.monotonic() + seconds

    def run(self) -> None:
        try:
            while len(self.beads) < self._count or clock.monotonic() < self._end:
                if self._under_way(1) < BACKLOG:
                    self._add(10)
            while self._under_way(10):
                continue
        except BaseException as trouble:
            self.trouble = trouble
        finally:
            self.over.set()

    def _add(self, count: int) -> None:
        rig = self._rigs[len(self.beads) // count % len(self._rigs)]
        titles = [f"Bead {len(self.beads) + number}" for number in range(count)]
        new = [self._created(title, rig) for title in titles]
        while (slung := self._town.answer("sling", *new)).exit == 6:
            self._up()
        assert slung.exit in (0, 5), slung  # 5: it was done, and then there was nobody left to say so
        self.beads += new

    def _up(self) -> None:
        if (said := self._town.answer("up")).exit != 0:
            self.refusals.append(said.error["message"])

    def _created(self, title: str, rig: Any) -> str:
        while (made := self._town.answer("bead", "create", title, "--rig", rig.name)).exit == 6:
            self._up()
            there = self._town.answer("bead", "list", "--rig", rig.name)
            if known := [bead["id"] for bead in there.data or () if bead["title"] == title]:
                return known[0]
        assert made.exit == 0, made
        return made.data["id"]

    def _under_way(self, seconds: float) -> int:
        """How many have not landed; waits up to `seconds` for all of them."""
        recent = self.beads[-2 * BACKLOG :]
        found = self._town.answer("wait", *recent, "--timeout", str(seconds)) if recent else None
        if found is None:
            return 0
        if found.exit == 6:
            self._up()
            return len(recent)
        assert not found.data["needs_you"], found
        return sum(one["state"] != "landed" for one in found.data["beads"])


@contextmanager
def canaries(folder: Path) -> Iterator[Callable[[], bool]]:
    """Two processes with the command line of a worker, one with another town's mark. -> whether both still sing."""
    story = folder / "canary"
    story.mkdir()
    (story / "work.sh").write_text("while :; do sleep 1; done\n")
    birds = [
        subprocess.Popen(
            ["/bin/sh", "-c", COMMAND],
            env={"PATH": os.environ["PATH"], "STORY": str(story), "GT_BEAD": "canary", "GT_TOWN_MARK": mark},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        for mark in ("", "01J0000000000000000000000")
    ]
    try:
        yield lambda: all(bird.poll() is None for bird in birds)
    finally:
        for bird in birds:
            os.killpg(bird.pid, signal.SIGKILL)
            bird.wait()


def content(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below a folder: when it was changed, and what is in it."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {str(file.relative_to(folder)): (file.stat().st_mtime_ns, file.read_bytes()) for file in files}


@pytest.fixture
def seed(pytestconfig: pytest.Config, say: Callable[[str], None]) -> int:
    given = pytestconfig.getoption("--seed", None)
    chosen = int.from_bytes(os.urandom(4)) if given is None else given
    say(f"chaos: --seed {chosen}")
    return chosen


@pytest.fixture
def seconds(pytestconfig: pytest.Config) -> float:
    return pytestconfig.getoption("--chaos-seconds", None) or (3600.0 if pytestconfig.getoption("--long") else 10.0)


@pytest.fixture
def arena(make_town: Callable[..., Any]) -> Any:
    """A town with ten places. What is killed counts as a failed run, so that limit is out of the way."""
    town = make_town().install().up()
    (town.story / "work.sh").write_text(WORK)
    town.ask("agent", "remove", "script")
    command = ("--vendor", "shell", "--command", COMMAND, "--env", f"STORY={town.story}")
    town.ask("agent", "add", "worker", *command, "--default")
    town.ask("config", "set", "max_polecats", str(WORKERS))
    town.ask("config", "set", "limit.failed_runs", "10000")
    return town


@pytest.mark.timeout(0)
def test_whoever_is_killed_or_frozen_every_bead_lands_once_and_nothing_else_is_touched(
    arena, seed, seconds, recovery, make_hit, say, pytestconfig, tmp_path
):
    length = "long" if pytestconfig.getoption("--long") else "short"
    rigs = [arena.rig(f"chaos{number}") for number in range(2)]
    bystander = arena.rig("bystander")
    before, begin = content(bystander.origin), clock.monotonic()
    person = Person(arena, rigs, pytestconfig.getoption("--chaos-beads", None) or 100, seconds if seconds > 60 else 0)
    chaos = Chaos(arena, random.Random(seed), make_hit)
    with canaries(tmp_path) as sing, recovery.watching(arena):
        person.start()
        chaos.rage(person.over, seconds, PAUSE[length])
        person.join()
        assert person.trouble is None, person.trouble
        took = clock.monotonic() - begin
        assert sorted(bead for rig in rigs for bead in rig.landed()) == sorted(person.beads)
        assert arena.ask("verify")["complaints"] == []
        recovery.measure(chaos.hits, arena.events())
        arena.end()
        assert sing()
    assert content(bystander.origin) == before
    hits = dict(Counter(hit.kind for hit in chaos.hits))
    say(f"chaos: {len(person.beads)} beads landed once in {took:.0f} s; hits {hits}")
    for line in (*recovery.lines(), *(f"chaos: gt up said: {said}" for said in person.refusals)):
        say(line)
    if file := pytestconfig.getoption("--recovery-json", None):
        recovery.write(file, seed=seed, seconds=round(took), beads=len(person.beads))
    figures = recovery.figures()
    assert all(figures[kind]["p99"] < WORST[length] for kind in figures.keys() & ALL), figures
