"""From a sling to the start of its worker's process, beside a script that makes a worktree and starts a program."""

import os
import time
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import msgspec
from anyio.abc import TaskStatus

from gastown.adapters.processes.census import HAS_PROC
from gastown.bench.figure import Budget, Figure, NotMeasuredError, figure, median, percentile
from gastown.bench.origin import make_origin, worktrees_by_hand
from gastown.bench.size import Size
from gastown.bench.towns import TownClient, new_town, with_workers
from gastown.clock import now

ONE_FLOOR = "git worktree add, and a program started, by a script"
ALL_FLOOR = "the same script, one after another: half way, and all"
PATIENCE = 30.0  # seconds until a worker counts as never started
_AT_WORK = "exec sleep 600"
_P50, _P99 = Budget(150.0, of="value"), Budget(500.0, of="value")


class Sessions:
    """What the log tells of sessions, by their beads."""

    def __init__(self, client: TownClient) -> None:
        self._client = client
        self._started: dict[str, float] = {}
        self._settled: dict[str, float] = {}
        self._news = anyio.Event()

    async def follow(self, *, task_status: TaskStatus[None]) -> None:
        """Until cancelled."""
        after, _ = await self._client.answer("status")
        task_status.started()
        async with aclosing(self._client.stream("events", after=after, follow=True, kind="session")) as messages:
            async for message in messages:
                self._note(message["params"])
                self._news.set()
                self._news = anyio.Event()

    def _note(self, event: dict[str, Any]) -> None:
        bead = event.get("entity", "").rpartition("-")[0]
        if event.get("type") == "session.started":
            self._started[bead] = _seconds(event["data"]["started"])
        elif event.get("type") == "session.settled":
            self._settled[bead] = _clock()

    async def starts(self, beads: list[str]) -> list[float]:
        """When the process of each started, once all have; seconds of the clock that `_clock` reads."""
        return await self._all(self._started, beads, "a worker's start")

    async def ends(self, beads: list[str]) -> None:
        """Returns when nobody works on them any more."""
        await self._all(self._settled, beads, "a worker's end")

    async def _all(self, known: dict[str, float], beads: list[str], what: str) -> list[float]:
        """Raises NotMeasuredError."""
        with anyio.move_on_after(PATIENCE):
            while not known.keys() >= set(beads):
                await self._news.wait()
        missing = [bead for bead in beads if bead not in known]
        if missing:
            raise NotMeasuredError(f"{PATIENCE:g} s brought no {what} for {', '.join(missing[:5])}")
        return [known[bead] for bead in beads]


def _clock() -> float:
    """The clock by which start times of processes are told."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if HAS_PROC else now()


def _seconds(started: int) -> float:
    """The end of the hundredth of a second in which a process started: never in our favour."""
    return (started + 1) / (os.sysconf("SC_CLK_TCK") if HAS_PROC else 100)


async def figures(folder: Path, size: Size) -> list[Figure]:
    by_hand, took = folder / "by-hand", _Seconds()
    await make_origin(by_hand)
    origin = await make_origin(folder / "rig")
    async with new_town(folder / "town") as client, anyio.create_task_group() as tasks:
        await with_workers(client, origin, _AT_WORK, size.workers)
        sessions = Sessions(client)
        await tasks.start(sessions.follow)
        for turn in range(size.sling_rounds):
            first = 1 + turn * (size.workers + 1)
            took.one += await _one_by_one(client, sessions, size.workers)
            took.floor_of_one.append(await worktrees_by_hand(by_hand, first, first))
            took.all += await _at_once(client, sessions, size.workers)
            took.floor_of_all.append(await worktrees_by_hand(by_hand, first + 1, first + size.workers))
        tasks.cancel_scope.cancel()
    return _figures(took, size.workers)


class _Seconds(msgspec.Struct):
    one: list[float] = []
    floor_of_one: list[float] = []
    all: list[float] = []
    floor_of_all: list[float] = []


def _figures(took: _Seconds, workers: int) -> list[Figure]:
    one, together = "sling to process started", f"{workers} slung at once, to process started"
    floor, floor_of_all = median(took.floor_of_one), median(took.floor_of_all)
    return [
        _figure(f"{one}, p50", percentile(took.one, 50), floor, ONE_FLOOR, _P50),
        _figure(f"{one}, p99", percentile(took.one, 99), floor, ONE_FLOOR, _P99),
        _figure(f"{together}, p50", percentile(took.all, 50), floor_of_all / 2, ALL_FLOOR, None),
        _figure(f"{together}, p99", percentile(took.all, 99), floor_of_all, ALL_FLOOR, None),
    ]


def _figure(name: str, value: float, floor: float, floor_is: str, budget: Budget | None) -> Figure:
    return figure(name, "ms", value=value * 1000, floor=floor * 1000, floor_is=floor_is, budget=budget)


class Begun(msgspec.Struct, frozen=True):
    """Seconds from the sling of each bead to its process."""

    beads: list[str]
    seconds: list[float]


async def slung_one_by_one(client: TownClient, sessions: Sessions, workers: int, agent: str = "") -> Begun:
    """Each is slung when the one before has started, and all stay at work: the last one joins `workers` - 1."""
    beads, given = await client.make_beads(workers, "app"), {"agent": agent} if agent else {}
    seconds: list[float] = []
    for bead in beads:
        begin = _clock()
        await client.call("sling", words=[bead], **given)
        (started,) = await sessions.starts([bead])
        seconds.append(started - begin)
    return Begun(beads, seconds)


async def _one_by_one(client: TownClient, sessions: Sessions, workers: int) -> list[float]:
    begun = await slung_one_by_one(client, sessions, workers)
    await _dismiss(client, sessions, begun.beads)
    return begun.seconds


async def _at_once(client: TownClient, sessions: Sessions, workers: int) -> list[float]:
    beads = await client.make_beads(workers, "app")
    begin = _clock()
    await client.call("sling", words=beads)
    seconds = [started - begin for started in await sessions.starts(beads)]
    await _dismiss(client, sessions, beads)
    return seconds


async def _dismiss(client: TownClient, sessions: Sessions, beads: list[str]) -> None:
    """Close them, and wait until nobody is at work any more."""
    for bead in beads:
        await client.call("bead.close", bead=bead, reason="measured")
    await sessions.ends(beads)
