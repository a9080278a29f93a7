"""Trivial beads through a town's workers until they have landed, beside a script that does them one after another."""

from pathlib import Path

from gastown.bench.figure import Budget, Figure, NotMeasuredError, figure
from gastown.bench.origin import WORKER, demand_landed, land_by_hand, make_origin
from gastown.bench.size import Size
from gastown.bench.towns import TownClient, new_town, with_workers
from gastown.clock import monotonic

FLOOR = "a serial shell script: the same git work, the same fsync"
PATIENCE = 5.0  # seconds a bead


async def figures(folder: Path, size: Size) -> list[Figure]:
    """The script does one half before the town and one half after it: what slows the machine down meets both."""
    by_hand, half = folder / "by-hand", size.beads // 2
    await make_origin(by_hand)
    floor = await land_by_hand(by_hand, 1, half)
    ours = await _through_a_town(folder, size)
    floor += await land_by_hand(by_hand, half + 1, size.beads)
    await demand_landed(by_hand, size.beads, "the script")
    title = f"{size.beads} beads to landed, {size.workers} workers"
    return [figure(title, "s", value=ours, floor=floor, floor_is=FLOOR, budget=Budget(2.0))]


async def _through_a_town(folder: Path, size: Size) -> float:
    origin = await make_origin(folder / "rig")
    async with new_town(folder / "town") as client:
        await with_workers(client, origin, WORKER, size.workers)
        beads = await client.make_beads(size.beads, "app")
        seconds = await sling_and_wait(client, beads)
    await demand_landed(folder / "rig", size.beads, "the town")
    return seconds


async def sling_and_wait(client: TownClient, beads: list[str]) -> float:
    """Seconds until they have landed. Raises NotMeasuredError when one does not."""
    begin = monotonic()
    await client.call("sling", words=beads)
    answer = await client.call("wait", ids=beads, timeout=PATIENCE * len(beads))
    if not answer["done"]:
        stuck = [bead["id"] for bead in answer["beads"] if bead["state"] != "landed"]
        raise NotMeasuredError(f"{len(stuck)} of {len(beads)} beads did not land: {', '.join(stuck[:5])}")
    return monotonic() - begin
