"""From `gt up` to the town's first answer, after a long past; beside a bare server that opens the same log."""

import signal
from pathlib import Path

import anyio
import anyio.to_thread

from gastown.adapters.processes import child
from gastown.bench.figure import Budget, Figure, figure, median
from gastown.bench.size import Size
from gastown.bench.towns import TownClient, seconds_to_ready
from gastown.clock import monotonic
from gastown.config import TownConfig
from gastown.daemon import service
from gastown.daemon.children import read_children
from gastown.daemon.log_connection import connected
from gastown.daemon.log_server import nats_server

FLOOR = "a bare nats-server on the same log, until it answers"
_GONE_PATIENCE = 10.0  # seconds


async def figures(folder: Path, town: TownConfig, size: Size) -> list[Figure]:
    """The first start makes the views, and leaves a snapshot when it ends."""
    try:
        await seconds_to_ready(town)
        events = (await TownClient(town).call("rebuild"))["events"]
        await _stop(town)
        clean, clean_floor, killed, killed_floor = await _turns(folder, town, size.start_rounds)
        town.snapshot.unlink(missing_ok=True)
        anew = await seconds_to_ready(town)
    finally:
        with anyio.CancelScope(shield=True):
            await _stop(town)
    rows = (
        ("after a clean stop", median(clean), median(clean_floor), Budget(3.0, of="value")),
        ("after SIGKILL of all", median(killed), median(killed_floor), Budget(3.0, of="value")),
        ("without a snapshot", anew, median(clean_floor), None),
    )
    return [
        figure(f"up {how}, {events:,} events", "s", value=value, floor=floor, floor_is=FLOOR, budget=budget)
        for how, value, floor, budget in rows
    ]


async def _turns(folder: Path, town: TownConfig, rounds: int) -> tuple[list[float], ...]:
    """Seconds after a clean stop, of the bare server then, after a kill of everything, of the bare server then."""
    clean, clean_floor, killed, killed_floor = list[float](), list[float](), list[float](), list[float]()
    for number in range(rounds):
        clean_floor.append(await _bare_server(folder / f"clean-{number}", town))
        clean.append(await seconds_to_ready(town))
        await _kill_after_a_write(town)
        killed.append(await seconds_to_ready(town))
        await _kill_after_a_write(town)
        killed_floor.append(await _bare_server(folder / f"killed-{number}", town))
    return clean, clean_floor, killed, killed_floor


async def _bare_server(folder: Path, town: TownConfig) -> float:
    """Seconds from its start to its first answer; it then ends cleanly."""
    begin = monotonic()
    async with nats_server(folder, town.path / "log") as (_, login), connected(login) as connection:
        await connection.round_trip()
        return monotonic() - begin


async def _kill_after_a_write(town: TownConfig) -> None:
    """The server has not noted that one in its index: it reads the whole log again at its next start."""
    await TownClient(town).make_beads(1, "")
    await _kill(town)


async def _stop(town: TownConfig) -> None:
    await anyio.to_thread.run_sync(service.stop, town)


async def _kill(town: TownConfig) -> None:
    """All four at once: none is left to start another. Returns when they are gone."""
    daemon = service.daemon(town)
    processes = [*([daemon] if daemon else []), *read_children(town).values()]
    for how in (signal.SIGSTOP, signal.SIGKILL):
        for one in processes:
            child.send(one, how)
    for one in processes:
        await anyio.to_thread.run_sync(child.wait, one, _GONE_PATIENCE)
