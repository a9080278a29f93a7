"""What a town takes while nothing happens, after a long past; beside a bare server and an empty Python program."""

import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread

from gastown.adapters.processes import child
from gastown.adapters.processes.child import Known
from gastown.bench.figure import Budget, Figure, NotMeasuredError, figure
from gastown.bench.size import Size
from gastown.bench.towns import TownClient, running
from gastown.bench.usage import cpu_seconds, resident_megabytes
from gastown.clock import monotonic
from gastown.config import TownConfig
from gastown.daemon import service
from gastown.daemon.children import names_of, read_children
from gastown.daemon.log_server import nats_server

SETTLING = 3.0
"""Seconds that a town has to come to rest after its start."""
_CORE, _SERVER = "% of a core", "a bare nats-server"
_SLEEPER = "import signal; signal.pause()"


async def figures(folder: Path, town: TownConfig, size: Size) -> list[Figure]:
    async with running(town) as client, nats_server(folder) as (server, _), _empty_python(folder) as python:
        await anyio.sleep(SETTLING)
        pids = _pids(town)
        before, _ = await client.answer("status")
        ours, floor = await _share_of_a_core([list(pids.values()), [server.pid]], size.idle_seconds)
        events = (await client.answer("status"))[0] - before
        memory = {name: resident_megabytes(pid) for name, pid in pids.items()}
        bare = {name: resident_megabytes(server.pid if name == "nats" else python.pid) for name in pids}
        past = await _events(client)
    return [
        figure(
            "idle: CPU of all four", _CORE, value=ours, floor=floor, floor_is=_SERVER, budget=Budget(1.0, of="value")
        ),
        figure(
            "idle: events", "events", value=events, floor=0, floor_is="nothing happens", budget=Budget(0.0, of="value")
        ),
        *(_of_memory(name, megabytes, bare[name], past) for name, megabytes in memory.items()),
    ]


def _of_memory(name: str, megabytes: float, floor: float, past: int) -> Figure:
    floor_is = _SERVER if name == "nats" else "an empty Python program"
    budget = Budget(120.0, of="value") if name == "town" else None
    title = f"RSS of {name}" + (f", {past:,} events" if name == "town" else "")
    return figure(title, "MB", value=megabytes, floor=floor, floor_is=floor_is, budget=budget)


def _pids(town: TownConfig) -> dict[str, int]:
    """Of the town's processes. Raises NotMeasuredError when one is missing."""
    daemon, names = service.daemon(town), ("daemon", *names_of(town, own_log=True))
    found = {"daemon": daemon, **read_children(town)} if daemon else read_children(town)
    missing = [name for name in names if name not in found or not child.is_alive(found[name])]
    if missing:
        raise NotMeasuredError(f"not running: {', '.join(missing)}")
    return {name: found[name].pid for name in names}


async def _share_of_a_core(groups: list[list[int]], seconds: float) -> list[float]:
    """What the processes of each group together take of one core, in percent."""
    begin = monotonic()
    before = [sum(map(cpu_seconds, pids)) for pids in groups]
    await anyio.sleep(seconds)
    after = [sum(map(cpu_seconds, pids)) for pids in groups]
    passed = monotonic() - begin
    return [100 * (late - early) / passed for early, late in zip(before, after, strict=True)]


async def _events(client: TownClient) -> int:
    """How many there are in its log."""
    return int((await client.call("rebuild"))["events"])


@asynccontextmanager
async def _empty_python(folder: Path) -> AsyncGenerator[Known]:
    """A Python program that does nothing."""
    argv = (sys.executable, "-I", "-c", _SLEEPER)
    process = child.start(argv, environment=os.environ, log=folder / "python.log", cwd=folder)
    try:
        yield process
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(child.end, process, 2.0)
