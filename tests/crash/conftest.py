"""What the crash tests share: the real town of the scenarios, what is measured after each kill, and the flags."""

import importlib.util
import json
import math
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gastown import clock
from gastown.adapters.processes.census import start_time

_source = importlib.util.spec_from_file_location("scenarios", Path(__file__).parents[1] / "scenarios" / "conftest.py")
scenarios = importlib.util.module_from_spec(_source)  # one Town for both: tests are no packages to import from
_source.loader.exec_module(scenarios)

make_town = scenarios.make_town

BOOKKEEPING = ("town", "host")
"""Kinds of events by which the town records that its own processes come and go."""

_said = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("crash")
    group.addoption("--chaos-seconds", type=float, help="for how long processes are killed (30, with --long 3600)")
    group.addoption("--chaos-beads", type=int, help="how many beads have to land at least (100)")
    group.addoption("--seed", type=int, help="of what is killed when; a new one each time, printed")
    group.addoption("--recovery-json", type=Path, help="a file for the recovery times")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_said] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash[_said]:
        terminalreporter.write_line(line)


@pytest.fixture
def say(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Print a line at the end of the run, whatever came of it."""
    return pytestconfig.stash[_said].append


class Hit(NamedTuple):
    """kind: a process of the town, "agent", "all" four at once, "freeze" (one of them stood still for a while), or
    "stall NAME" (it stood still for good). at: seconds since the epoch.

    until: when one that stood still went on, or was certainly replaced; 0 for all others.
    """

    kind: str
    at: float
    until: float = 0.0


class Recovery:
    """How long each kill stopped the work: seconds to the next productive event after a successor began.

    Productive is what is not about the town itself; of a host, only what a host reported. A kill that was followed by
    the next one before the work went on is not counted: the next one is.
    """

    def __init__(self) -> None:
        self.seconds: list[tuple[Hit, float | None]] = []
        self._began: dict[tuple[str, int], float] = {}

    @contextmanager
    def watching(self, town: Any) -> Iterator[None]:
        """Look at who runs all the time."""
        over = threading.Event()
        thread = threading.Thread(target=self._look, args=(town, over))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _look(self, town: Any, over: threading.Event) -> None:
        while not over.wait(0.01):
            with suppress(OSError, ValueError):  # a file that is just being written
                for name, pid in town.pids().items():
                    if (name, pid) not in self._began and start_time(pid):
                        self._began[name, pid] = clock.now()

    def measure(self, hits: list[Hit], events: list[dict[str, Any]]) -> None:
        told = [
            (datetime.fromisoformat(one["time"]).timestamp(), one["actor"]) for one in events if one["kind"] != "town"
        ]
        felt = [hit for hit in hits if hit.kind != "agent"]
        self.seconds = [(hit, self._recovery(hit, told, felt)) for hit in hits]

    def _recovery(self, hit: Hit, told: list[tuple[float, str]], others: list[Hit]) -> float | None:
        """None: nothing was left to do, an agent was hit, or the town was hit again before the work went on."""
        if hit.kind in ("agent", "freeze"):
            return None
        kind = "town" if hit.kind == "all" else hit.kind.split()[-1]
        began = min((at for (name, _), at in self._began.items() if name == kind and at > hit.at), default=hit.at)
        found = next((at for at, actor in told if at >= began and (kind != "host" or actor == "host")), None)
        if found is None or any(hit.at < max(one.at, one.until) and one.at < found for one in others if one != hit):
            return None
        return found - hit.at

    def figures(self) -> dict[str, dict[str, float]]:
        """By kind."""
        by_kind: dict[str, list[float]] = defaultdict(list)
        for hit, seconds in self.seconds:
            if seconds is not None:
                by_kind[hit.kind].append(seconds)
        return {
            kind: {
                "kills": len(found),
                "p50": round(_percentile(found, 50), 3),
                "p99": round(_percentile(found, 99), 3),
                "worst": round(max(found), 3),
            }
            for kind, found in sorted(by_kind.items())
        }

    def lines(self) -> list[str]:
        return [
            f"recovery {kind:<13}{one['kills']:5} kills   p50 {one['p50']:5.2f} s   p99 {one['p99']:5.2f} s   "
            f"worst {one['worst']:5.2f} s"
            for kind, one in self.figures().items()
        ]

    def write(self, file: Path, **more: object) -> None:
        hits = [(hit.kind, hit.at, seconds) for hit, seconds in self.seconds]
        file.write_text(json.dumps({**more, "recovery": self.figures(), "hits": hits}, indent=1) + "\n")


def _percentile(found: list[float], percent: int) -> float:
    """The smallest of `found` that at least so many percent do not exceed."""
    return sorted(found)[max(0, math.ceil(len(found) * percent / 100) - 1)]


@pytest.fixture
def recovery() -> Recovery:
    return Recovery()


@pytest.fixture
def make_hit() -> type[Hit]:
    return Hit
